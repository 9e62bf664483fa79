#!/usr/bin/env python3
"""DuckDB and PyArrow read the files of a real store, which must count as Glasshive does. See README.md beside this file."""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "sdk"))
sys.path.insert(0, str(HERE))

import workload  # noqa: E402
from harness.server import Server  # noqa: E402


def install(cache):
    """A Python with both readers, made once; returns its path."""
    requirements = HERE / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp, python = cache / "installed", cache / "venv" / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != digest:
        subprocess.run([sys.executable, "-m", "venv", "--clear", cache / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", requirements], check=True)
        stamp.write_text(digest)
    return python


def ours(binary, data, query):
    """What Glasshive answers: {group: value}."""
    command = [binary, "query", "--data", data, "--json", query]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{query}\n{done.stderr}")
    answer = json.loads(done.stdout)
    return {(row["group"] or [None])[0]: row["values"][0] for row in answer["results"]}


def theirs(python, reader, data, checks):
    """What another reader finds: one {group: value} for each check."""
    command = [python, HERE / "readers.py", reader, data]
    done = subprocess.run(command, input=json.dumps(checks), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{reader}: {done.stderr}")
    return [dict(rows) for rows in json.loads(done.stdout)]


def is_equal(left, right):
    if left.keys() != right.keys():
        return False
    # A group without any value is null here and there, or not there.
    return all(a == b or (a is not None and b is not None and abs(a - b) <= 1e-9 * abs(a)) for a, b in ((left[key], right[key]) for key in left))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=pathlib.Path, default=ROOT / "target" / "debug" / "glasshive", help="the server's binary")
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "target" / "foreign", help="where the readers are installed, and found again")
    flags = parser.parse_args()
    python = install(flags.cache.resolve())
    binary = flags.server.resolve()
    with tempfile.TemporaryDirectory(prefix="glasshive-foreign-") as directory:
        directory = pathlib.Path(directory)
        # Each start ends with a flush, so each round is in files of its own.
        for bodies in workload.rounds():
            with Server(binary, directory) as server:
                for path, body in bodies:
                    server.send(path, "application/json", json.dumps(body).encode())
        data = directory / "data"
        checks = workload.checks()
        expected = [ours(binary, data, check["query"]) for check in checks]
        failed = 0
        for reader in ("duckdb", "pyarrow"):
            for check, left, right in zip(checks, expected, theirs(python, reader, data, checks)):
                if not left or not is_equal(left, right):
                    failed += 1
                    print(f"--- {reader}: {check['query'][:120]}\nglasshive {left}\n{reader} {right}", file=sys.stderr)
    passed = 2 * len(checks) - failed
    print(f"{passed} questions answered alike by DuckDB and PyArrow, {failed} not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
