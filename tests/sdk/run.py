#!/usr/bin/env python3
"""Runs unmodified OpenTelemetry SDKs against the real server and compares what is read back with what they sent.

Needs nothing but Python's standard library, and each SDK's own toolchain. See README.md beside this file.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import compare, conventions, pressure, recorder, sdks, xray  # noqa: E402
from harness.server import Refused, Server  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
XRAY = [(xray.SDK, xray.run), (xray.API, xray.run_api)]
FIXTURES = ROOT / "crates" / "wire" / "otlp" / "tests" / "fixtures"


def send(sdk, command, protocol, receiver, *words):
    """Runs one program; returns the service's name, what the SDK says it sent, and what the program complained of."""
    service = "-".join(["sdk", sdk.name, protocol.replace("/", "-").replace("+", "-"), *words])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    wire, _, compression = protocol.partition("+")
    environment |= {
        "OTEL_SERVICE_NAME": service,
        "OTEL_EXPORTER_OTLP_PROTOCOL": wire,
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.grpc if wire == "grpc" else receiver.http,
    }
    if compression:
        environment["OTEL_EXPORTER_OTLP_COMPRESSION"] = compression
    command = subprocess.run(
        command,
        env=environment | sdk.environment,
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tempfile.gettempdir(),
        check=False,
    )
    if command.returncode != 0:
        raise compare.Mismatch(f"the program ended with {command.returncode}:\n{command.stderr[-2000:]}")
    try:
        return service, json.loads(command.stdout), command.stderr
    except json.JSONDecodeError as error:
        raise compare.Mismatch(f"the program printed no JSON ({error}):\n{command.stderr[-2000:]}") from error


def run_case(sdk, command, protocol, server):
    """One program over one protocol; returns how many rows were compared."""
    service, sent, complaints = send(sdk, command, protocol, server)
    try:
        return compare.read_back_equal(server, service, sent)
    except compare.Mismatch as mismatch:
        raise compare.Mismatch(f"{mismatch}\n{complaints[-1500:]}".rstrip()) from mismatch


def record(sdk, cache):
    """Keeps the bodies that the SDK sends over HTTP, uncompressed."""
    # Recorded bytes shall not describe the machine they were recorded on.
    quiet = dataclasses.replace(sdk, environment=sdk.environment | {"OTEL_NODE_RESOURCE_DETECTORS": "env"})
    command = quiet.install(cache)
    for protocol in [protocol for protocol in sdk.protocols if protocol in ("http/protobuf", "http/json")]:
        with recorder.Recorder(FIXTURES / sdk.fixture) as receiver:
            _, sent, _ = send(quiet, command, protocol, receiver)
        text = json.dumps(sent, indent=1, ensure_ascii=False)
        (FIXTURES / sdk.fixture / f"sent-{protocol.removeprefix('http/')}.json").write_text(text + "\n", encoding="utf-8")


def run_sdk(sdk, server, cache):
    """All protocols of one SDK, as table rows (sdk, protocol, result, words)."""
    missing = sdk.missing_tool()
    if missing:
        return [(sdk.name, "-", "skipped", f"no {missing} on this machine")]
    try:
        command = sdk.install(cache)
    except sdks.InstallFailed as error:
        return [(sdk.name, "-", "failed", f"could not be installed: {error}")]
    rows = []
    for protocol in sdk.protocols:
        try:
            count = run_case(sdk, command, protocol, server)
            rows.append((sdk.name, protocol, "ran", f"{count} rows equal"))
        except (compare.Mismatch, subprocess.TimeoutExpired) as error:
            print(f"--- {sdk.name} over {protocol}\n{error}\n", file=sys.stderr)
            rows.append((sdk.name, protocol, "failed", str(error).splitlines()[0]))
    return rows


def replay(server):
    """Sends the recorded bodies and compares with what the SDKs said of them; needs no SDK."""
    rows = []
    for path in sorted(FIXTURES.glob("*/sent-*.json")):
        name, encoding = path.parent.name, path.stem.removeprefix("sent-")
        try:
            rows.append((f"recorded {name}", f"http/{encoding}", "ran", f"{replay_one(server, path, encoding)} rows equal"))
        except (compare.Mismatch, Refused) as error:
            print(f"--- recorded {name}, {encoding}\n{error}\n", file=sys.stderr)
            rows.append((f"recorded {name}", f"http/{encoding}", "failed", str(error).splitlines()[0]))
    return rows


def replay_one(server, path, encoding):
    sent = json.loads(path.read_text(encoding="utf-8"))
    ending, content_type = ("json", "application/json") if encoding == "json" else ("pb", "application/x-protobuf")
    for signal in ("traces", "logs", "metrics"):
        server.send(f"/v1/{signal}", content_type, (path.parent / f"{signal}.{ending}").read_bytes())
    times = [int(span["start_ns"]) // 10**9 for span in sent["spans"]]
    first, last = (datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat() for at in (min(times) - 60, max(times) + 3600))
    return compare.read_back_equal(server, sent["resource"]["service.name"]["str"], sent, f"FROM {first} TO {last}".replace("+00:00", "Z"))


def run_mixed(chosen, server, cache):
    """One trace of old and new conventions, where the SDKs that send them are among those chosen."""
    needed = {name: sdk for sdk in chosen for name, _ in conventions.SENDERS if sdk.name == name}
    if needed.keys() != {name for name, _ in conventions.SENDERS}:
        return []
    what = ("mixed conventions", "http/protobuf")
    try:
        commands = {name: sdk.install(cache) for name, sdk in needed.items()}
        count = conventions.run(server, commands, next(iter(needed.values())).directory)
        return [(*what, "ran", f"{count} answers alike to either spelling")]
    except (compare.Mismatch, Refused, sdks.InstallFailed, subprocess.TimeoutExpired) as error:
        print(f"--- mixed conventions\n{error}\n", file=sys.stderr)
        return [(*what, "failed", str(error).splitlines()[0])]


def run_pressure(chosen, server, cache):
    """The SDKs that wait for their retries against a server that is full for a while, once over each plain encoding that they have."""
    rows = []
    if not any(sdk.name in pressure.PATIENT for sdk in chosen):
        return rows
    try:
        answers = pressure.refusals(server.binary, 503)
    except compare.Mismatch as error:
        return [("a full server", "-", "failed", str(error))]
    for sdk in (sdk for sdk in chosen if sdk.name in pressure.PATIENT):
        for protocol in (protocol for protocol in sdk.protocols if protocol in pressure.CONTENT_TYPES):
            what = (f"{sdk.name} after 503", protocol)
            try:
                count = pressure.comes_again(sdk, sdk.install(cache), protocol, server, send, answers)
                rows.append((*what, "ran", f"{count} rows equal"))
            except (compare.Mismatch, sdks.InstallFailed, subprocess.TimeoutExpired) as error:
                print(f"--- {sdk.name} after 503 over {protocol}\n{error}\n", file=sys.stderr)
                rows.append((*what, "failed", str(error).splitlines()[0]))
    return rows


def print_table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join([*(text.ljust(width) for text, width in zip(row, widths)), row[3]]).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=pathlib.Path, default=ROOT / "target" / "debug" / "glasshive", help="the server's binary")
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "target" / "sdk", help="where SDKs are installed, and found again")
    parser.add_argument("--only", action="append", choices=[sdk.name for sdk in [*sdks.ALL, *(sdk for sdk, _ in XRAY)]], help="this SDK; may be repeated")
    parser.add_argument("--record", action="store_true", help="only keep the request bodies, as fixtures of the wire crate")
    parser.add_argument("--install-only", action="store_true", help="install, run nothing")
    flags = parser.parse_args()
    chosen = [sdk for sdk in sdks.ALL if not flags.only or sdk.name in flags.only]
    of_xray = [(sdk, run) for sdk, run in XRAY if not flags.only or sdk.name in flags.only]
    if flags.install_only:
        for sdk in [*chosen, *(sdk for sdk, _ in of_xray)]:
            print(sdk.name, sdk.missing_tool() or sdk.install(flags.cache))
        return 0

    if flags.record:
        for sdk in chosen:
            record(sdk, flags.cache)
        return 0

    with tempfile.TemporaryDirectory(prefix="glasshive-sdk-") as data, Server(flags.server, pathlib.Path(data)) as server:
        rows = [] if flags.only else replay(server)
    # A server of its own: the recorded services have the names of the living ones.
    with tempfile.TemporaryDirectory(prefix="glasshive-sdk-") as data, Server(flags.server, pathlib.Path(data)) as server:
        rows += [row for sdk in chosen for row in run_sdk(sdk, server, flags.cache)]
        rows += run_mixed(chosen, server, flags.cache)
        rows += run_pressure(chosen, server, flags.cache)
    for _, run_xray in of_xray:
        with tempfile.TemporaryDirectory(prefix="glasshive-sdk-") as data:
            rows += run_xray(flags.server, pathlib.Path(data), flags.cache)
    print_table(rows)
    required = {sdk.name for sdk in chosen if sdk.required}
    passed = sum(row[2] == "ran" for row in rows)
    failed = sum(row[2] == "failed" or (row[2] == "skipped" and row[0] in required) for row in rows)
    skipped = len(rows) - passed - failed
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
