#!/usr/bin/env python3
"""Runs unmodified OpenTelemetry SDKs against the real server and compares what is read back with what they sent.

Needs nothing but Python's standard library, and each SDK's own toolchain. See README.md beside this file.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import compare, recorder, sdks  # noqa: E402
from harness.server import Server  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "crates" / "wire" / "otlp" / "tests" / "fixtures"


def run_case(sdk, command, protocol, server, record):
    """One program over one protocol; returns how many rows were compared."""
    service = f"sdk-{sdk.name}-{protocol.replace('/', '-')}".replace("+", "-")
    environment = dict(os.environ)
    for name in [name for name in environment if name.startswith("OTEL_")]:
        del environment[name]
    wire, _, compression = protocol.partition("+")
    endpoint = server.grpc if wire == "grpc" else server.http
    environment.update(
        OTEL_SERVICE_NAME=service,
        OTEL_EXPORTER_OTLP_PROTOCOL=wire,
        OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
        **sdk.environment,
    )
    if compression:
        environment["OTEL_EXPORTER_OTLP_COMPRESSION"] = compression
    proxy = None
    if record and wire != "grpc" and not compression:
        proxy = recorder.Recorder(server.http, FIXTURES / sdk.fixture)
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = proxy.url
        # Recorded bytes shall not describe the machine they were recorded on.
        environment["OTEL_NODE_RESOURCE_DETECTORS"] = "env"
    try:
        program = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, cwd=tempfile.gettempdir(), check=False)
    finally:
        if proxy:
            proxy.close()
    if program.returncode != 0:
        raise compare.Mismatch(f"the program ended with {program.returncode}:\n{program.stderr[-2000:]}")
    try:
        sent = json.loads(program.stdout)
    except json.JSONDecodeError as error:
        raise compare.Mismatch(f"the program printed no JSON ({error}):\n{program.stderr[-2000:]}") from error
    try:
        return compare.read_back_equal(server, service, sent)
    except compare.Mismatch as mismatch:
        raise compare.Mismatch(f"{mismatch}\n{program.stderr[-1500:]}".rstrip()) from mismatch


def run_sdk(sdk, server, cache, record):
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
            count = run_case(sdk, command, protocol, server, record)
            rows.append((sdk.name, protocol, "ran", f"{count} rows equal"))
        except (compare.Mismatch, subprocess.TimeoutExpired) as error:
            print(f"--- {sdk.name} over {protocol}\n{error}\n", file=sys.stderr)
            rows.append((sdk.name, protocol, "failed", str(error).splitlines()[0]))
    return rows


def print_table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join([*(text.ljust(width) for text, width in zip(row, widths)), row[3]]).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=pathlib.Path, default=ROOT / "target" / "debug" / "glasshive", help="the server's binary")
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "target" / "sdk", help="where SDKs are installed, and found again")
    parser.add_argument("--only", action="append", choices=[sdk.name for sdk in sdks.ALL], help="this SDK; may be repeated")
    parser.add_argument("--record", action="store_true", help="keep the request bodies as fixtures of the wire crate")
    parser.add_argument("--install-only", action="store_true", help="install, run nothing")
    flags = parser.parse_args()
    chosen = [sdk for sdk in sdks.ALL if not flags.only or sdk.name in flags.only]
    if flags.install_only:
        for sdk in chosen:
            print(sdk.name, sdk.missing_tool() or sdk.install(flags.cache))
        return 0

    with tempfile.TemporaryDirectory(prefix="glasshive-sdk-") as data, Server(flags.server, pathlib.Path(data)) as server:
        rows = [row for sdk in chosen for row in run_sdk(sdk, server, flags.cache, flags.record)]
    print_table(rows)
    required = {sdk.name for sdk in chosen if sdk.required}
    passed = sum(row[2] == "ran" for row in rows)
    failed = sum(row[2] == "failed" or (row[2] == "skipped" and row[0] in required) for row in rows)
    skipped = len(rows) - passed - failed
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
