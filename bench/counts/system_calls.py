"""System calls of a running program, counted by strace while it is attached."""
import re
import signal
import subprocess
import time
from pathlib import Path


class Strace:
    """Counts the calls of all threads of a process within a `with` block; afterwards `calls` has {name: number}."""

    def __init__(self, pid, directory):
        self.pid, self.file = pid, Path(directory) / "strace.txt"
        self.calls = {}

    def __enter__(self):
        self.tracer = subprocess.Popen(["strace", "-c", "-f", "-o", self.file, "-p", str(self.pid)], stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while not all(attached(task) for task in Path(f"/proc/{self.pid}/task").iterdir()):
            if self.tracer.poll() is not None or time.monotonic() > deadline:
                self.tracer.kill()
                raise RuntimeError(f"strace cannot attach: {self.tracer.communicate()[1]} (see kernel.yama.ptrace_scope)")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.tracer.send_signal(signal.SIGINT)
        self.tracer.communicate(timeout=30)
        self.calls = read_summary(self.file.read_text())


def attached(task):
    found = re.search(r"^TracerPid:\s*(\d+)", (task / "status").read_text(), re.MULTILINE)
    return found is not None and found.group(1) != "0"


def read_summary(text):
    """{name: calls} of strace -c's table, whose columns are % time, seconds, usecs/call, calls, [errors,] syscall."""
    calls = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) in (5, 6) and words[0].replace(".", "").isdigit() and words[-1] != "total":
            calls[words[-1]] = int(words[3])
    return calls
