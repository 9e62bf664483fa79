"""What every reading tells of itself: the commit, the machine, and a probe of whether it was disturbed."""

import os
import pathlib
import platform
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = ROOT / "benchmarks" / "README.md"


def write_tables(name, directory, tables):
    """Puts tables between the marks of these readings in README.md."""
    begin = f"<!-- {name}: written by {directory}/run.py from its results.jsonl -->\n"
    end = f"<!-- {name}: end -->"
    before, rest = README.read_text().split(begin)
    README.write_text(before + begin + tables + "\n" + end + rest.split(end)[1])


def probe():
    """Fixed work; a repetition whose probes differ by more than a tenth was disturbed."""
    began = time.process_time()
    total = 0
    for number in range(6_000_000):
        total += number * number & 0xFF
    return time.process_time() - began


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    dirty = git("status", "--porcelain", "--untracked-files=no", "--", "crates", "Cargo.toml", "Cargo.lock")
    return git("rev-parse", "--short=12", "HEAD") + ("+changes" if dirty else "")


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    return {
        "cpu": cpu[1].strip() if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[1]) / 2**20, 1),
        "kernel": ".".join(platform.release().split(".")[:2]),
    }
