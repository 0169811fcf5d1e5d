#!/usr/bin/env python3
"""All C++ is formatted as .clang-format says (clang-format 19). Repair: clang-format-19 -i FILE."""
import shutil
import subprocess
import sys

from sources import code_files, finish, project_root

SKIPPED = 77   # tests/checks/CMakeLists.txt tells ctest


def main():
    root = project_root()
    if shutil.which("clang-format-19") is None:
        print("clang-format-19 is not installed")
        sys.exit(SKIPPED)
    files = code_files(root)
    checked = subprocess.run(["clang-format-19", "--dry-run", "--Werror", "--ferror-limit=1", *files], cwd=root, capture_output=True,
                             text=True)
    problems = [line for line in checked.stderr.splitlines() if "error:" in line]
    finish(problems or ([checked.stderr] if checked.returncode else []), (len(files), "files"))


main()
