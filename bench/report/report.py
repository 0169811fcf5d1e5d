#!/usr/bin/env python3
"""Makes one report of what the parts of a run have left in its directory.

    python3 bench/report/report.py DIRECTORY

Reads run.txt, PART.csv and PART.md; writes report.md, report.csv (the goals), and plots (*.svg).
"""
import sys
from datetime import date
from pathlib import Path

from plots import draw
from tables import goals_csv, goals_markdown
from values import read_values

# The pages behind the goals: file -> heading. What was not run has no page.
PAGES = {
    "latency": "Latency of the platform's keys",
    "lines": "Side by side",
    "misses": "Misses",
    "micro": "Micro-benchmarks",
    "connections": "Connections",
    "fills": "A fill of the dashboard's key",
    "stampede": "Stampede",
    "changes": "Changes",
    "busy": "Busy polling",
    "workers": "Workers",
    "keys": "Cost as keys grow",
    "slow": "Slow PostgreSQL",
    "mixed": "Live bookmaker",
}

METHOD = """Throughput lines: 50 connections to each target, all open at once; slices of 40 ms in random order in every cycle, nothing under way between
slices; the ratio is taken cycle by cycle, median and quartiles are shown. The client keeps one core to itself, all servers share another, so a ratio says
what the proxy costs. CPU is that of the server processes, from schedstat. Open loop: requests are due at a fixed rate, and latency counts from when one was
due. Compare figures of one run only; absolute ones drift by tens of per cent.
"""


def main():
    directory = Path(sys.argv[1])
    values = read_values(directory)
    sections = [f"# Benchmark of {date.today()}\n", (directory / "run.txt").read_text(), METHOD, "## Goals\n", goals_markdown(values)]
    plots = draw(directory, values)
    for name, heading in PAGES.items():
        page, pictures = directory / f"{name}.md", plots.get(name, [])
        if page.exists() or pictures:
            sections.append(f"## {heading}\n")
            sections += [f"![{title}]({file})\n" for file, title in pictures]
            sections += [page.read_text()] if page.exists() else []
    (directory / "report.md").write_text("\n".join(sections))
    (directory / "report.csv").write_text(goals_csv(values))
    print(goals_markdown(values))


main()
