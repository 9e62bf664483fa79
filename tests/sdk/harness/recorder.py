"""A proxy that keeps request bodies as they came and passes them on."""

import http.client
import http.server
import pathlib
import threading
import urllib.parse

KEPT_HEADERS = ("content-type", "content-encoding")


class Recorder:
    """Listens on a free port of loopback until closed. Bodies become `<directory>/<signal>.<pb|json>`."""

    def __init__(self, upstream, directory):
        self.upstream = urllib.parse.urlsplit(upstream)
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.seen = {}
        handler = type("Handler", (_Handler,), {"recorder": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
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
        body = self.read_body()
        self.recorder.keep(self.path, self.headers.get("content-type", ""), body)
        upstream = http.client.HTTPConnection(self.recorder.upstream.netloc, timeout=60)
        headers = {name: self.headers[name] for name in KEPT_HEADERS if name in self.headers}
        upstream.request("POST", self.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status, answer.reason)
        self.send_header("content-type", answer.getheader("content-type", "application/octet-stream"))
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    def read_body(self):
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return body

    def log_message(self, *_):
        pass
