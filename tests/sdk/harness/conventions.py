"""Old and new semantic conventions mixed in one trace: every question answers alike to either spelling."""

import json
import os
import secrets
import subprocess
import tempfile
import time

from .compare import PATIENCE_SECONDS, Mismatch

# Who answers requests of the trace: the SDK, and which conventions it is asked for.
SENDERS = (("python-2023", ""), ("python-current", ""), ("python-current", "http"), ("python-current", "http/dup"))
# Spellings of one column, the newest first. Those of the peers of a call mean a column on one side of it only.
SPELLINGS = (
    ("http.request.method", "http.method"),
    ("http.response.status_code", "http.status_code"),
    ("url.scheme", "http.scheme"),
    ("user_agent.original", "http.user_agent"),
    ("db.system.name", "db.system"),
    ("db.namespace", "db.name"),
    ("db.operation.name", "db.operation"),
    ("db.query.text", "db.statement"),
)
OF_SERVERS = (
    ("client.address", "net.peer.ip"),
    ("server.address", "http.server_name", "net.host.name", "http.host"),
    ("server.port", "net.host.port"),
)
OF_CLIENTS = (
    ("server.address", "net.peer.name"),
    ("server.port", "net.peer.port"),
)
PROGRAM = "mixed.py"


def run(server, commands, directory):
    """`commands` are those of the SDKs by name; returns how many answers were compared."""
    trace_id = secrets.token_hex(16)
    spans = [span for name, conventions in SENDERS for span in send(server, commands[name], directory, conventions, trace_id)]
    wait_for_spans(server, trace_id, len(spans))
    asker = Asker(server, trace_id)
    for names in SPELLINGS:
        asker.compare(names, spans, "")
    for names in OF_SERVERS:
        asker.compare(names, [span for span in spans if span["kind"] == "server"], "span.kind = server")
    for names in OF_CLIENTS:
        asker.compare(names, [span for span in spans if span["kind"] == "client"], "span.kind = client")
    return asker.answers


def send(server, command, directory, conventions, trace_id):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environment |= {
        "OTEL_SERVICE_NAME": "sdk-mixed",
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.http,
        "OTEL_SEMCONV_STABILITY_OPT_IN": conventions,
        "MIXED_TRACEPARENT": f"00-{trace_id}-00f067aa0ba902b7-01",
    }
    # The interpreter that runs the SDK's own program runs this one.
    done = subprocess.run(
        [command[0], directory / PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tempfile.gettempdir(),
        check=False,
    )
    if done.returncode != 0:
        raise Mismatch(f"{PROGRAM} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def wait_for_spans(server, trace_id, count):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = server.post("/hive/v1/e/local/query", {"text": f"COUNT WHERE trace.trace_id = {trace_id}"})
        seen = answer["results"][0]["values"][0]
        if seen == count:
            return
        if time.monotonic() > deadline:
            raise Mismatch(f"{seen} of {count} spans of the mixed trace can be read")
        time.sleep(0.05)


class Asker:
    def __init__(self, server, trace_id):
        self.server = server
        self.trace_id = trace_id
        self.answers = 0

    def compare(self, names, spans, where):
        """Asks everything by each name; `spans` are what the SDKs say they sent of what passes `where`."""
        values = [value for value in (first(span["attributes"], names) for span in spans) if value is not None]
        sent_old = sum(names[0] not in span["attributes"] and first(span["attributes"], names) is not None for span in spans)
        sent_new = sum(names[0] in span["attributes"] for span in spans)
        if not sent_old or not sent_new:
            raise Mismatch(f"the trace does not mix the spellings of {names[0]}: {sent_old} old, {sent_new} new")
        some = values[0]
        counted = {value: values.count(value) for value in values}
        for name in names:
            base = f"trace.trace_id = {self.trace_id}" + (f" AND {where}" if where else "")
            exists = f"{base} AND {name} exists"
            self.equal(f"COUNT, COUNT_DISTINCT({name}) WHERE {exists}", [[[], [len(values), len(counted)]]])
            self.equal(f"COUNT WHERE {base} AND {name} = {json.dumps(some)}", [[[], [counted[some]]]])
            self.equal(f"COUNT WHERE {base} AND {name} != {json.dumps(some)} AND {name} exists", [[[], [len(values) - counted[some]]]])
            groups = [[[value], [count]] for value, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]
            self.equal(f"COUNT WHERE {exists} GROUP BY {name}", groups)
            self.equal(f"WITH same = EQUALS(${name}, {json.dumps(some)}) COUNT WHERE {base} AND same = true", [[[], [counted[some]]]])
            if isinstance(some, int):
                self.equal(f"MIN({name}), MAX({name}), SUM({name}) WHERE {base}", [[[], [min(values), max(values), sum(values)]]])
            self.rows_equal(name, f"{exists} LIMIT 1000", values)
            self.completed(name, counted)

    def equal(self, text, expected):
        answer = self.server.post("/hive/v1/e/local/query", {"text": text})
        found = [[row["group"], row["values"]] for row in answer["results"]]
        if found != expected:
            raise Mismatch(f"{text}\nanswers {found}\nnot     {expected}")
        self.answers += 1

    def rows_equal(self, name, where, values):
        """Raw rows show the value under the name that they are asked for."""
        answer = self.server.post("/hive/v1/e/local/events", {"text": f"{name} WHERE {where}"})
        found = [row["fields"].get(name) for row in answer["rows"]]
        if sorted(found) != sorted(values):
            raise Mismatch(f"rows of {name} show {found}, sent were {values}")
        self.answers += 1

    def completed(self, name, counted):
        """Completion offers the name, if it was sent, and all values under either."""
        columns = self.server.get(f"/hive/v1/e/local/columns?prefix={name}")["columns"]
        if name not in [column["name"] for column in columns]:
            raise Mismatch(f"{name} is not among the columns {columns}")
        values = self.server.get(f"/hive/v1/e/local/columns/{name}/values")["values"]
        if not set(counted) <= {value["value"] for value in values}:
            raise Mismatch(f"values of {name} are {values}, sent were {counted}")
        self.answers += 1


def first(attributes, names):
    return next((attributes[name] for name in names if name in attributes), None)
