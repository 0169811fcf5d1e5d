"""Times, ratios and CSV rows of the Python benchmarks."""
import statistics
import time
from pathlib import Path


def timed(action, *arguments):
    """Seconds that it takes."""
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


def quartiles(values):
    """(median, a quarter lies below, a quarter lies above)."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return median, low, high


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def cpu_seconds(pid):
    """That the process, its threads and its children have run so far."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
            children = (task / "children").read_text().split()
        except FileNotFoundError:               # it has ended meanwhile
            continue
        total += sum(cpu_seconds(child) * 1e9 for child in children if Path(f"/proc/{child}").exists())
    return total / 1e9


class Rows:
    """What a benchmark has measured, as bench/report reads it."""

    def __init__(self):
        self.lines = ["id,value,low,high"]

    def add(self, name, value, low=None, high=None):
        self.lines.append(",".join([name, *("" if each is None else f"{each:.6g}" for each in (value, low, high))]))

    def write(self, file):
        if file:
            Path(file).write_text("\n".join(self.lines) + "\n")
