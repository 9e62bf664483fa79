#!/usr/bin/env python3
"""First readings: what the server costs to feed, keep, ask and start. See README.md one directory above.

Appends one JSON line for each repetition to results.jsonl beside this file, and rewrites the tables of README.md from them.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from common import ROOT, commit, machine, probe, write_tables  # noqa: E402

RESULTS = HERE / "results.jsonl"
TICKS = os.sysconf("SC_CLK_TCK")
DAY_SECONDS = 25 * 3600
MOST_STOPS = 5

SPANS_ONLY = "trace.span_id exists"
QUERIES = {
    "count by service": f"COUNT WHERE {SPANS_ONLY} GROUP BY service.name",
    "P99 of duration by service": f"P99(duration_ms) WHERE {SPANS_ONLY} GROUP BY service.name",
    "heatmap of duration": f"HEATMAP(duration_ms) WHERE {SPANS_ONLY}",
    "50 busiest of 200,000 users": f"COUNT WHERE {SPANS_ONLY} GROUP BY app.user_id LIMIT 50",
    "errors: count and P99 by route": f"COUNT, P99(duration_ms) WHERE error = true AND {SPANS_ONLY} GROUP BY http.route",
}


class Process:
    """The server, and what the kernel says of it."""

    def __init__(self, binary, data):
        self.started = time.monotonic()
        self.child = subprocess.Popen(
            [binary, "serve", "--data", data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--query-time", "120s", "--log", "error"],
            stdout=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("GLASSHIVE_")},
        )
        self.recovered = 0
        for line in self.child.stdout:
            if line.startswith("listening HTTP "):
                self.http = line.split()[2]
            elif line.startswith("listening gRPC "):
                self.grpc = line.split()[2]
            elif line.startswith("recovered "):
                self.recovered = int(line.split()[1])
            elif line.startswith("ready "):
                self.ready_ms = (time.monotonic() - self.started) * 1000
                return
        raise SystemExit("the server ended before it was ready")

    def cpu_seconds(self):
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, name):
        """VmRSS or VmHWM, MiB."""
        return int(re.search(rf"{name}:\s+(\d+) kB", self.proc("status"))[1]) / 1024

    def written_bytes(self):
        return int(re.search(r"^write_bytes: (\d+)", self.proc("io"), re.MULTILINE)[1])

    def proc(self, name):
        return pathlib.Path(f"/proc/{self.child.pid}/{name}").read_text()

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.http + path, data=data, headers={"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)

    def stop(self):
        """SIGTERM, which flushes; returns the CPU seconds of its whole life."""
        self.child.terminate()
        self.child.stdout.read()
        _, status, usage = os.wait4(self.child.pid, 0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        if self.child.returncode != 0:
            raise SystemExit(f"the server ended with {self.child.returncode}")
        return usage.ru_utime + usage.ru_stime

    def kill(self):
        self.child.kill()
        self.child.wait()


def generate(flags, process, *more):
    target = process.grpc if "grpc" in more else process.http
    words = [flags.generator, "--spans", str(flags.spans), "--seed", "1", "--target", target, "--connections", str(flags.connections)]
    done = subprocess.run([*words, "--preload", "--without-logs", *more], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def bytes_below(directory):
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) if directory.is_dir() else 0


def ingest(flags, data, *more):
    """Feeds a fresh server; it is stopped at the end, and everything is in data files then."""
    process = Process(flags.server, data)
    reading = {"ready_empty_ms": process.ready_ms, "idle_empty_mib": process.memory("VmRSS")}
    before = process.cpu_seconds()
    began = time.monotonic()
    reading["generator"] = generate(flags, process, *more)
    reading["wall_s"] = time.monotonic() - began
    reading["cpu_s_at_ack"] = process.cpu_seconds() - before
    reading |= {"peak_mib": process.memory("VmHWM"), "after_mib": process.memory("VmRSS")}
    written = process.written_bytes()
    reading["cpu_s_settled"] = process.stop() - before
    # A stop flushes for ten seconds at most; what was left in the log is flushed by further starts and stops, at their cost.
    reading["further_stops"] = 0
    while (process := Process(flags.server, data)).recovered:
        reading["further_stops"] += 1
        reading["cpu_s_settled"] += process.stop()
        if reading["further_stops"] == MOST_STOPS:
            raise SystemExit("the rows never reached data files")
    process.stop()
    million = flags.spans / 1e6
    disk = {part: bytes_below(data / part) for part in ("events", "log")}
    reading |= {
        "cpu_s_per_million_at_ack": reading["cpu_s_at_ack"] / million,
        "cpu_s_per_million_flush": (reading["cpu_s_settled"] - reading["cpu_s_at_ack"]) / million,
        "cpu_s_per_million_settled": reading["cpu_s_settled"] / million,
        "file_bytes_per_span": disk["events"] / flags.spans,
        "log_bytes_per_span": disk["log"] / flags.spans,
        "written_bytes_before_stop": written,
    }
    return reading


def replay(flags, data):
    """How long a start takes that reads everything back from the log."""
    process = Process(flags.server, data)
    generate(flags, process)
    process.kill()
    process = Process(flags.server, data)
    reading = {"ready_after_kill_ms": process.ready_ms, "recovered_events": process.recovered}
    process.kill()
    return reading


def questions(flags, data):
    """Questions over data files: each first of a server just started whose files are in no cache, then again and again."""
    process = Process(flags.server, data)
    if process.recovered:
        raise SystemExit("not all rows are in data files")
    reading = {"ready_full_ms": process.ready_ms, "idle_full_mib": process.memory("VmRSS"), "queries": {}}
    end = int(time.time()) + 600
    # The range in seconds is the only part of the questions that depends on the run.
    between = f"FROM {stamp(end - DAY_SECONDS)} TO {stamp(end)}"
    newest = {"text": f"WHERE {SPANS_ONLY} {between}", "limit": 100}
    row = process.ask("/hive/v1/e/local/events", newest)["rows"][50]
    process.stop()
    calls = {name: ("/hive/v1/e/local/query", {"text": f"{text} {between}", "want": []}) for name, text in QUERIES.items()}
    calls["newest 100 spans, all columns"] = ("/hive/v1/e/local/events", newest)
    calls["a trace by its id"] = (f"/hive/v1/e/local/traces/{row['fields']['trace.trace_id']}", None)
    peaks = []
    for name, (path, body) in calls.items():
        forget(data)
        process = Process(flags.server, data)
        cold = timed(process, path, body)
        cpu = process.cpu_seconds()
        warm = [timed(process, path, body) for _ in range(flags.runs)]
        used = (process.cpu_seconds() - cpu) * 1000 / flags.runs
        peaks.append(process.memory("VmHWM"))
        process.stop()
        reading["queries"][name] = {"cold_ms": cold, "warm_ms": warm, "cpu_ms": used}
    reading["peak_querying_mib"] = max(peaks)
    return reading


def forget(directory):
    """Asks the kernel to drop the pages of all data files; they were synced, so it can."""
    for path in (directory / "events").rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def timed(process, path, body):
    """Elapsed ms of one answer, which must be a whole one."""
    began = time.monotonic()
    answer = process.ask(path, body)
    elapsed = (time.monotonic() - began) * 1000
    if any(note["kind"] == "partial" for note in answer["notes"]):
        raise SystemExit(f"a partial answer is no reading: {answer['notes']}")
    return elapsed


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def repetition(flags, number):
    reading = {"load_before": os.getloadavg()[0], "probe_before_s": probe()}
    with tempfile.TemporaryDirectory(prefix="glasshive-bench-", dir=flags.scratch) as scratch:
        scratch = pathlib.Path(scratch)
        reading["http"] = ingest(flags, scratch / "http")
        reading["asking"] = questions(flags, scratch / "http")
        reading["grpc"] = ingest(flags, scratch / "grpc", "--protocol", "grpc")
        reading["gzip"] = ingest(flags, scratch / "gzip", "--gzip")
        reading["replay"] = replay(flags, scratch / "replay")
    reading |= {"probe_after_s": probe(), "load_after": os.getloadavg()[0]}
    ratio = reading["probe_after_s"] / reading["probe_before_s"]
    reading["disturbed"] = not 0.9 <= ratio <= 1.1
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "profile": flags.profile,
        "spans": flags.spans,
        "connections": flags.connections,
        "repetition": number,
        "machine": machine(),
        **reading,
    }


# === the tables ===


def tables():
    """Of the latest commit that was measured, by profile: the median of its repetitions, and their spread."""
    lines = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    text = ""
    for profile in sorted({line["profile"] for line in lines}):
        mine = [line for line in lines if line["profile"] == profile]
        last = [line for line in mine if line["commit"] == mine[-1]["commit"] and line["spans"] == mine[-1]["spans"]]
        text += table(profile, [line for line in last if not line["disturbed"]] or last)
    return text


def table(profile, lines):
    last = lines[-1]
    where = last["machine"]
    disturbed = ", disturbed" if last["disturbed"] else ""
    text = (
        f"\n### Profile `{profile}`, commit {last['commit']}, {last['time'][:10]}\n\n"
        f"{last['spans']:,} spans, {last['connections']} connections, {len(lines)} repetitions{disturbed}; {where['cores']} cores of "
        f"{where['cpu']}, {where['memory_gib']} GiB, Linux {where['kernel']}; load before "
        f"{', '.join(format(line['load_before'], '.1f') for line in lines)}.\n\n| reading | median | all |\n| --- | ---: | --- |\n"
    )

    def add(name, form, pick):
        nonlocal text
        values = [pick(line) for line in lines]
        text += f"| {name} | {format(statistics.median(values), form)} | {', '.join(format(value, form) for value in values)} |\n"

    for way, words in (("http", "HTTP"), ("grpc", "gRPC"), ("gzip", "HTTP, gzip")):
        add(f"CPU seconds per million spans, {words}, at the last answer", ".2f", lambda line, way=way: line[way]["cpu_s_per_million_at_ack"])
        add(f"CPU seconds per million spans, {words}, from then until all is in files", ".2f", lambda line, way=way: line[way]["cpu_s_per_million_flush"])
        add(f"CPU seconds per million spans, {words}, all in files", ".2f", lambda line, way=way: line[way]["cpu_s_per_million_settled"])
    add("bytes per span in data files", ".1f", lambda line: line["http"]["file_bytes_per_span"])
    add("bytes per span in the log, kept for ten minutes", ".1f", lambda line: line["http"]["log_bytes_per_span"])
    add("peak memory while receiving, MiB", ".0f", lambda line: line["http"]["peak_mib"])
    add("memory after the last answer, MiB", ".0f", lambda line: line["http"]["after_mib"])
    add("ready, empty, ms", ".0f", lambda line: line["http"]["ready_empty_ms"])
    add("ready, with all spans in files, ms", ".0f", lambda line: line["asking"]["ready_full_ms"])
    add("ready after kill -9, all spans in the log, ms", ".0f", lambda line: line["replay"]["ready_after_kill_ms"])
    add("events read back by that start", ".0f", lambda line: line["replay"]["recovered_events"])
    add("idle memory, empty, MiB", ".0f", lambda line: line["http"]["idle_empty_mib"])
    add("idle memory, with all spans in files, MiB", ".0f", lambda line: line["asking"]["idle_full_mib"])
    add("peak memory while answering, MiB", ".0f", lambda line: line["asking"]["peak_querying_mib"])
    text += "\n| question over all spans, from files; ms | cold: min | median | max | warm: min | median | max | CPU |\n"
    text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    for name in last["asking"]["queries"]:
        mine = [line["asking"]["queries"][name] for line in lines]
        cold = [query["cold_ms"] for query in mine]
        warm = [elapsed for query in mine for elapsed in query["warm_ms"]]
        cells = [f"{pick(values):.1f}" for values in (cold, warm) for pick in (min, statistics.median, max)]
        text += f"| {name} | {' | '.join(cells)} | {statistics.median(query['cpu_ms'] for query in mine):.1f} |\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="dist", help="cargo profile whose binaries are measured (built before)")
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--runs", type=int, default=10, help="how often each question is asked after the first time")
    parser.add_argument("--scratch", type=pathlib.Path, help="where data directories are made [default: the system's]")
    parser.add_argument("--tables-only", action="store_true", help="measure nothing")
    flags = parser.parse_args()
    directory = ROOT / "target" / {"dev": "debug"}.get(flags.profile, flags.profile)
    flags.server, flags.generator = directory / "glasshive", directory / "hive-gen"
    if not flags.tables_only:
        for number in range(1, flags.repetitions + 1):
            reading = repetition(flags, number)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(reading) + "\n")
            print(json.dumps(reading), file=sys.stderr)
    write_tables("first readings", "first-readings", tables())


if __name__ == "__main__":
    main()
