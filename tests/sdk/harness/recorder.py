"""A receiver that keeps request bodies as they came and accepts everything."""

import http.server
import pathlib
import threading


class Recorder:
    """Listens on a free port of loopback within its context. Bodies become `<directory>/<signal>.<pb|json>`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.seen = {}
        handler = type("Handler", (_Handler,), {"recorder": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def keep(self, path, content_type, body):
        signal = path.rstrip("/").rsplit("/", 1)[-1]
        ending = "json" if "json" in content_type else "pb"
        number = self.seen[path] = self.seen.get(path, 0) + 1
        name = f"{signal}.{ending}" if number == 1 else f"{signal}-{number}.{ending}"
        (self.directory / name).write_bytes(body)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorder = None

    def do_POST(self):
        content_type = self.headers.get("content-type", "")
        self.recorder.keep(self.path, content_type, read_body(self))
        answer = b"{}" if "json" in content_type else b""
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def read_body(handler):
    """The body of the request that a handler of the standard library is at, in pieces or of a known length."""
    if "chunked" not in handler.headers.get("transfer-encoding", "").lower():
        return handler.rfile.read(int(handler.headers.get("content-length", 0)))
    body = b""
    while True:
        size = int(handler.rfile.readline().split(b";")[0], 16)
        body += handler.rfile.read(size)
        handler.rfile.readline()
        if size == 0:
            return body
