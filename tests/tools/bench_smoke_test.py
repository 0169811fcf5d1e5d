#!/usr/bin/env python3
"""bench/run.sh, as quick as it can be: bench_smoke_test.py BUILD_DIRECTORY.

It must leave a report, CSV and a plot, and a number for every goal of the parts that are run."""
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("lines", "fills", "latency")
GOALS = {*(f"P{i}" for i in range(1, 9)), "P11"}
KINDS = ("active bets", "session", "recent counts", "daily settlement", "user activity")


def problems(directory, output):
    if output.returncode != 0:
        return [f"bench/run.sh ended with {output.returncode}:\n{output.stdout}{output.stderr}"]
    found = []
    with open(directory / "report.csv", newline="") as lines:
        for row in csv.DictReader(lines):
            measured = row["value"] != ""
            if row["goal"] in GOALS and not (measured and float(row["value"]) == float(row["value"])):
                found.append(f"{row['goal']}, {row['what']}: no number")
            if row["goal"] not in GOALS and measured:
                found.append(f"{row['goal']}, {row['what']}: has a number, though its part was not run")
    report = (directory / "report.md").read_text()
    found += [f"report.md has no '{text}'" for text in ("## Goals", "| P1 |", "| P19 |", "(throughput.svg)", *KINDS) if text not in report]
    if "<svg" not in (directory / "throughput.svg").read_text():
        found.append("throughput.svg is no SVG")
    return found


def main():
    with tempfile.TemporaryDirectory(prefix="respgres-smoke-") as results:
        output = subprocess.run(["bash", ROOT / "bench/run.sh", "--quick", "--seconds", "1", "--only", ",".join(PARTS), "--results", results],
                                env={**os.environ, "RESPGRES_BUILD": sys.argv[1]}, capture_output=True, text=True)
        found = problems(Path(results), output)
    if found:
        sys.exit("\n".join(found))


main()
