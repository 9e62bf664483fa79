"""X-Ray's SDK for Python, unmodified, against the daemon's port."""

import json
import os
import subprocess
import sys
import time

from . import sdks
from .compare import Mismatch
from .server import Server

DIRECTORY = sdks.HERE / "xray"
# A datagram has no answer: what was sent is looked for until it is there, or until nobody would wait any longer.
PATIENCE_S = 30


def build(sdk, target):
    sdks.call(sys.executable, "-m", "venv", target / "venv")
    sdks.call(target / "venv/bin/pip", "install", "--quiet", "--no-deps", "--requirement", sdk.directory / "requirements.txt")


SDK = sdks.Sdk(
    name="xray-python",
    required=True,
    directory=DIRECTORY,
    locks=("requirements.txt",),
    tools=(),
    protocols=("udp",),
    fixture="",
    build=build,
    start=lambda sdk, target: [str(target / "venv/bin/python"), str(sdks.program(sdk, target, "program.py"))],
)


def build_api(sdk, target):
    sdks.call(sys.executable, "-m", "venv", target / "venv")
    sdks.call(target / "venv/bin/pip", "install", "--quiet", "--no-deps", "--requirement", sdk.directory / "requirements-api.txt")


def start_api(sdk, target):
    """The program, and the command line that it calls."""
    return [str(target / "venv/bin/python"), str(sdks.program(sdk, target, "api.py")), str(target / "venv/bin/aws")]


API = sdks.Sdk(
    name="xray-api",
    required=True,
    directory=DIRECTORY,
    locks=("requirements-api.txt",),
    tools=(),
    protocols=("open", "keys"),
    fixture="",
    build=build_api,
    start=start_api,
)
KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ID_ONLY = "AKIAONLYANIDISKNOWNX"


def run_api(binary, data, cache):
    """boto3 and aws-cli, as table rows."""
    try:
        command = API.install(cache)
    except sdks.InstallFailed as error:
        return [(API.name, "-", "failed", f"could not be installed: {error}")]
    rows = []
    for mode in API.protocols:
        (data / mode).mkdir()
        flags = ["--xray", "off"]
        if mode == "keys":
            flags += ["--auth", "keys", "--key", f"local:aws:{KEY[0]}:{KEY[1]}", "--key", f"local:aws-id:{ID_ONLY}"]
        with Server(binary, data / mode, flags) as server:
            try:
                rows.append((API.name, mode, "ran", f"{called(server, command, mode)} answers as they have to be"))
            except (Mismatch, subprocess.TimeoutExpired) as error:
                rows.append((API.name, mode, "failed", str(error).splitlines()[-1]))
    return rows


def called(server, command, mode):
    python, program, aws = command
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_ACCESS_KEY_ID": KEY[0], "AWS_SECRET_ACCESS_KEY": KEY[1], "API_ID_ONLY": ID_ONLY, "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [python, program, server.http, mode, aws], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise Mismatch(f"the program ended with {done.returncode}: {done.stderr[-2000:].strip()}")
    return json.loads(done.stdout)["calls"]


def run(binary, data, cache):
    """As table rows (sdk, protocol, result, words)."""
    try:
        command = SDK.install(cache)
    except sdks.InstallFailed as error:
        return [(SDK.name, "-", "failed", f"could not be installed: {error}")]
    with Server(binary, data, ["--xray", "127.0.0.1:0"]) as server:
        try:
            return [(SDK.name, "udp", "ran", f"{compared(server, command)} spans as the SDK told them")]
        except (Mismatch, subprocess.TimeoutExpired) as error:
            return [(SDK.name, "udp", "failed", str(error).splitlines()[0])]


def compared(server, command):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [*command, "shop"],
        env=environment | {"AWS_XRAY_DAEMON_ADDRESS": server.xray},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise Mismatch(f"the program ended with {done.returncode}: {done.stderr[-2000:]}")
    told = json.loads(done.stdout)
    outer, broken, many = (trace_id(request["trace"]) for request in told["sent"])
    count = check_outer(spans(server, outer, 4))
    count += check_broken(spans(server, broken, 1))
    count += check_many(spans(server, many, 101))
    check_sampling(told["sampling"])
    check_half_of_each(server, outer, told["sent"][0]["id"])
    return count


def trace_id(text):
    return text.removeprefix("1-").replace("-", "")


def spans(server, trace, expected):
    """The trace's spans by name, once there are so many."""
    until = time.monotonic() + PATIENCE_S
    while True:
        question = {"text": f"WHERE trace.trace_id = {trace} AND trace.span_id exists LAST 1h", "limit": 1000}
        rows = [row["fields"] for row in server.post("/hive/v1/e/local/events", question)["rows"]]
        if len(rows) >= expected:
            return rows
        if time.monotonic() > until:
            raise Mismatch(f"{len(rows)} of {expected} spans of {trace} came; refused: {server.get('/hive/v1/e/local/refusals')}")
        time.sleep(0.05)


def expect(row, **fields):
    for name, value in fields.items():
        name = name.replace("__", ".")
        if row.get(name) != value:
            raise Mismatch(f"{name} is {row.get(name)!r}, not {value!r}, of {row}")


def named(rows, name):
    found = [row for row in rows if row["name"] == name]
    if len(found) != 1:
        raise Mismatch(f"{len(found)} spans are called {name!r}: {[row['name'] for row in rows]}")
    return found[0]


def check_outer(rows):
    root = named(rows, "GET /outer/7")
    expect(root, service__name="shop", span__kind="server", xray__kind="segment", telemetry__sdk__language="python")
    root_id = root["trace.span_id"]
    work = named(rows, "work")
    expect(work, trace__parent_id=root_id, item="7", weight=2.5, span__kind="internal", service__name="shop")
    expect(work, **{"metadata.default.basket.owner": "ann"})
    call = next(row for row in rows if row.get("xray.namespace") == "remote")
    expect(call, trace__parent_id=root_id, span__kind="client")
    # The application calls itself: the segment of the inner request hangs under the call.
    expect(named(rows, "GET /inner"), trace__parent_id=call["trace.span_id"])
    return len(rows)


def check_broken(rows):
    root = named(rows, "GET /broken")
    expect(root, **{"http.response.status_code": 500, "xray.fault": True, "error": True, "exception.type": "ValueError"})
    expect(root, **{"exception.message": "as told"})
    return len(rows)


def check_many(rows):
    root = named(rows, "GET /many")
    for number in range(100):
        expect(named(rows, f"step {number}"), trace__parent_id=root["trace.span_id"])
    return len(rows)


def check_sampling(sampling):
    if sampling["rules"] != ["Default"] or sampling["decision"] != "Default":
        raise Mismatch(f"the sampler was told {sampling}")
    target = sampling["targets"].get("Default", {})
    if target.get("quota") != 1 or target.get("rate") != 0.05:
        raise Mismatch(f"the sampler's target is {target}")


def check_half_of_each(server, trace, parent):
    """A span of OpenTelemetry's under the segment: one trace, one tree."""
    now_ns = time.time_ns()
    span = {
        "traceId": trace,
        "spanId": "00000000000000aa",
        "parentSpanId": parent,
        "name": "from otlp",
        "startTimeUnixNano": str(now_ns),
        "endTimeUnixNano": str(now_ns + 1_000_000),
    }
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    server.send("/v1/traces", "application/json", json.dumps(body).encode())
    answer = server.get(f"/hive/v1/e/local/traces/{trace}")
    tops = [node for node in answer["nodes"] if node["depth"] == 0]
    sources = sorted({node["source"] for node in answer["nodes"]})
    if len(tops) != 1 or sources != ["otlp", "xray"] or len(answer["nodes"]) != 5:
        raise Mismatch(f"the trace of both is {answer}")
