"""User instructions and allocations of a running program, counted by callgrind between two moments."""
import re
import shutil
import subprocess
from pathlib import Path

ALLOCATORS = ("malloc", "calloc", "realloc", "aligned_alloc", "memalign", "posix_memalign")


class Callgrind:
    """Counts from `on` to `off`; a program's start and warm-up cost less time and are not counted."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.dumps = 0

    def launcher(self):
        """What stands before the command of the program."""
        return ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--dump-instr=no", "--compress-strings=no", "-q",
                f"--callgrind-out-file={self.directory}/callgrind.out"]

    def on(self, pid):
        self._control(pid, "--zero")
        self._control(pid, "--instr=on")

    def off(self, pid, name):
        """(instructions, allocations) since `on`. What they were is left in the directory as NAME.callgrind."""
        self._control(pid, "--instr=off")
        self._control(pid, f"--dump={name}")
        self.dumps += 1
        written = self.directory / f"callgrind.out.{self.dumps}"
        kept = self.directory / f"{name}.callgrind"
        shutil.move(written, kept)
        dump = kept.read_text()
        return total_of(dump), allocations_of(dump)

    def annotate(self, name):
        """NAME.txt: inclusive and self cost of each function; NAME.lines.txt: source lines."""
        for suffix, options in (("inclusive.txt", ["--inclusive=yes", "--auto=no"]), ("self.txt", ["--auto=no"]), ("lines.txt", ["--auto=yes"])):
            with open(self.directory / f"{name}.{suffix}", "w") as out:
                subprocess.run(["callgrind_annotate", *options, "--threshold=99", self.directory / f"{name}.callgrind"], stdout=out, check=True)

    @staticmethod
    def _control(pid, option):
        done = subprocess.run(["callgrind_control", option, str(pid)], capture_output=True, text=True)
        if done.returncode != 0 or "Error" in done.stdout + done.stderr:
            raise RuntimeError(f"callgrind_control {option}: {done.stdout}{done.stderr}")


def allocations_of(dump):
    """How often the C library was asked for memory; C++'s operator new asks it."""
    called, count = "", 0
    for line in dump.splitlines():
        if line.startswith("cfn="):
            called = line[4:]
        elif line.startswith("calls=") and called in ALLOCATORS:
            count += int(line[6:].split()[0])
    return count


def total_of(dump):
    """The sum that a callgrind file states: of all threads and functions."""
    found = re.search(r"^totals: (\d+)$", dump, re.MULTILINE)        # its "summary" is 0 after a dump on request
    if not found:
        raise ValueError("the callgrind file has no total")
    return int(found.group(1))
