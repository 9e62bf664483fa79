"""A server that is full for a while: SDKs must come again with everything, and nothing may be there twice.

A server whose data files cannot be written is filled until it refuses; that answer, byte for byte as it left the server, is what a
front gives each signal first, before it lets requests through to a server that has room.
"""

import contextlib
import http.client
import http.server
import json
import pathlib
import tempfile
import threading
import time
import urllib.parse

from . import compare
from .recorder import read_body
from .server import Server

PROTOBUF = "application/x-protobuf"
# SDKs that wait for their retries while they shut down. Rust's has five seconds for all of that, whatever it is told to wait.
PATIENT = ("python-2023", "python-current", "node")
# Encodings by the protocols that SDKs speak.
CONTENT_TYPES = {"http/protobuf": PROTOBUF, "http/json": "application/json"}
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "host", "content-length"}


def refusals(binary, status):
    """What a full server answers, by content type: (status, header fields, body)."""
    with tempfile.TemporaryDirectory(prefix="glasshive-sdk-") as data:
        data = pathlib.Path(data)
        flags = ["--flush-bytes", "64KiB", "--ingest-throttle-status", str(status)]
        with Server(binary, data, flags) as server:
            # Where the directory of data files would be stands a file, so that no flush can make room.
            (data / "data" / "events").touch()
            found = {content_type: fill(server, content_type) for content_type in CONTENT_TYPES.values()}
            (data / "data" / "events").unlink()
    wrong = {answer[0] for answer in found.values()} - {status}
    if wrong:
        raise compare.Mismatch(f"a full server answered {wrong} instead of {status}")
    return found


def fill(server, content_type):
    """Sends log records until one request is refused; returns that answer. The last ones have the content type asked for."""
    for number in range(1000):
        records = [{"timeUnixNano": str(time.time_ns()), "body": {"stringValue": f"filling {number} {line}"}} for line in range(200)]
        body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()
        answer = exchange(server.http, "/v1/logs", {"content-type": "application/json"}, body)
        if answer[0] != 200:
            # An empty request would be answered even now: one log record with a time is the least that is kept.
            least = bytes.fromhex("0a0d120b1209090100000000000000")
            return answer if "json" in content_type else exchange(server.http, "/v1/logs", {"content-type": content_type}, least)
    raise compare.Mismatch("the server took everything although it cannot write data files")


def exchange(base, path, headers, body):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        fields = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        return answer.status, fields, answer.read()


class Front:
    """Listens on a free port of loopback within its context and refuses the first request of each path."""

    def __init__(self, server, answers):
        self.server = server
        self.answers = answers
        # Paths, in the order in which requests were refused and let through.
        self.refused, self.passed = [], []
        handler = type("Handler", (_Handler,), {"front": self})
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http = self.grpc = f"http://127.0.0.1:{self.listener.server_port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()

    def answer(self, path, headers, body):
        if path not in self.refused:
            self.refused.append(path)
            return self.answers[headers["content-type"]]
        self.passed.append(path)
        return exchange(self.server.http, path, headers, body)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    front = None

    def do_POST(self):
        body = read_body(self)
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        status, fields, answer = self.front.answer(self.path, headers, body)
        self.send_response_only(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def comes_again(sdk, command, protocol, server, send, answers):
    """One program against a full server that has room again; returns how many rows were compared."""
    with Front(server, answers) as front:
        service, sent, complaints = send(sdk, command, protocol, front, "full")
        signals = sorted(front.refused)
        if signals != ["/v1/logs", "/v1/metrics", "/v1/traces"] or sorted(set(front.passed)) != signals:
            raise compare.Mismatch(f"refused {front.refused}, then came {front.passed}\n{complaints[-1500:]}")
    return compare.read_back_equal(server, service, sent)
