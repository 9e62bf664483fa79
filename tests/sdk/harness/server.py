"""The real server on free ports, and questions to it over HTTP."""

import json
import pathlib
import re
import subprocess
import threading
import urllib.error
import urllib.request


class Server:
    """Starts `glasshive serve` in a directory; a context manager that stops it again."""

    def __init__(self, binary, data, flags=()):
        if not pathlib.Path(binary).is_file():
            raise SystemExit(f"no server at {binary}: build it with `cargo build`")
        self.binary = binary
        self.data = data
        self.flags = flags
        self.http = None
        self.grpc = None
        self.xray = None

    def __enter__(self):
        self.log = open(self.data / "server.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data / "data", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", *self.flags],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.http, self.grpc, self.xray = read_addresses(self.process.stdout)
        # What it prints later must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def get(self, path):
        return self.ask(urllib.request.Request(self.http + path))

    def post(self, path, body):
        data = json.dumps(body).encode()
        return self.ask(urllib.request.Request(self.http + path, data=data, headers={"content-type": "application/json"}))

    def send(self, path, content_type, body):
        """Posts bytes; the answer must be a success."""
        request = urllib.request.Request(self.http + path, data=body, headers={"content-type": content_type})
        try:
            urllib.request.urlopen(request, timeout=60).close()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")) from error

    def ask(self, request):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")) from error


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status, text):
        super().__init__(f"HTTP {status}: {text[:500]}")
        self.status = status


def read_addresses(lines):
    """The HTTP and the gRPC address, from what the server prints until it is ready."""
    found = {}
    for line in lines:
        match = re.match(r"listening (HTTP|gRPC|X-Ray) (\S+)", line)
        if match:
            found[match[1]] = match[2]
        elif line.startswith("ready "):
            return found["HTTP"], found["gRPC"], found.get("X-Ray")
    raise SystemExit("the server ended before it was ready")
