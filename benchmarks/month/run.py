#!/usr/bin/env python3
"""A month at a hundredth of full size: does the store stay flat? See README.md one directory above.

Appends one JSON line for each run to results.jsonl beside this file, and rewrites the table of README.md from the last one.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from common import ROOT, commit, machine, probe, write_tables  # noqa: E402

RESULTS = HERE / "results.jsonl"
SHOWN = (1, 2, 4, 7, 10, 14, 18, 21, 22, 24, 27, 30)


def run(flags):
    reading = {"load_before": os.getloadavg()[0], "probe_before_s": probe()}
    with tempfile.TemporaryDirectory(prefix="glasshive-month-", dir=flags.scratch) as scratch:
        words = [ROOT / "target" / {"dev": "debug"}.get(flags.profile, flags.profile) / "hive-month", pathlib.Path(scratch) / "data"]
        words += ["--days", str(flags.days), "--rate", str(flags.rate), "--keep", str(flags.keep)]
        days = []
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout:
                days.append(json.loads(line))
                print(line, end="", file=sys.stderr)
        if child.returncode != 0:
            raise SystemExit(f"hive-month ended with {child.returncode}")
    reading |= {"probe_after_s": probe(), "load_after": os.getloadavg()[0]}
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "profile": flags.profile,
        "rate": flags.rate,
        "keep": flags.keep,
        "machine": machine(),
        **reading,
        "disturbed": not 0.9 <= reading["probe_after_s"] / reading["probe_before_s"] <= 1.1,
        "days": days,
    }


def row(name, days, pick, form=""):
    return f"| {name} | {' | '.join(format(pick(day), form) for day in days)} |\n"


def table():
    last = json.loads(RESULTS.read_text().splitlines()[-1])
    days = [day for day in last["days"] if day["day"] in SHOWN]
    where = last["machine"]
    text = (
        f"\nProfile `{last['profile']}`, commit {last['commit']}, {last['time'][:10]}{', disturbed' if last['disturbed'] else ''}; "
        f"{where['cores']} cores of {where['cpu']}, {where['memory_gib']} GiB, Linux {where['kernel']}; load before {last['load_before']:.1f}. "
        f"{last['rate']} live spans a second with their logs, kept for {last['keep']} days.\n\n"
    )
    text += f"| at the end of day | {' | '.join(str(day['day']) for day in days)} |\n| --- |{' ---: |' * len(days)}\n"
    text += row("rows, millions", days, lambda day: day["rows"] / 1e6, ".1f")
    text += row("files", days, lambda day: day["files"])
    text += row("partitions", days, lambda day: day["partitions"])
    text += row("files of a partition, median", days, lambda day: day["files_of_a_partition_median"])
    text += row("files of a partition, most", days, lambda day: day["files_of_a_partition_most"])
    text += row("bytes per row in files", days, lambda day: day["bytes_per_row"], ".1f")
    text += row("log, MiB", days, lambda day: day["log_mib"])
    text += row("processor time of the day, s", days, lambda day: day["cpu_s"], ".1f")
    text += row("written in the day, MiB", days, lambda day: day["written_mib"])
    text += row("memory, MiB", days, lambda day: day["rss_mib"])
    text += row("peak memory of the day, MiB", days, lambda day: day["peak_mib"])
    text += row("peak memory with questions, MiB", days, lambda day: day["peak_asking_mib"])
    for name in days[-1]["questions"]:
        text += row(f"{name}; ms, first", days, lambda day: day["questions"][name]["first_ms"], ".1f")
        text += row(f"{name}; ms, again", days, lambda day: day["questions"][name]["again_ms"], ".1f")
        text += row(f"{name}; rows looked at, first", days, lambda day: day["questions"][name]["first"]["rows_scanned"])
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="dist", help="cargo profile whose program is run (built before)")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rate", type=int, default=10, help="live spans per second")
    parser.add_argument("--keep", type=int, default=21, help="days that data is kept")
    parser.add_argument("--scratch", type=pathlib.Path, help="where the data directory is made [default: the system's]")
    parser.add_argument("--tables-only", action="store_true", help="measure nothing")
    flags = parser.parse_args()
    if not flags.tables_only:
        reading = run(flags)
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(reading) + "\n")
    write_tables("month", "month", table())


if __name__ == "__main__":
    main()
