#!/usr/bin/env python3
"""The top level holds the names of the architecture and nothing else; no committed file knows the machine that it was written on; a test's
name is one that CMake, which splits lists at semicolons, hands over whole."""
import re

from sources import finish, project_files, project_root, read

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", "protocol", "conf", "backends", "proxy", "tests", "bench"}

MACHINE_PATHS = re.compile(r"(?<![\w.$}/-])/(?:work|root|home/\w+)/[\w.]|/tmp/(?:build|bash_jobs)\b")

SPLIT_NAMES = re.compile(r'^\s*(?:TEST_CASE|SCENARIO|TEMPLATE_TEST_CASE)\("[^"]*;')


def main():
    root = project_root()
    files = project_files(root)
    problems = [f"{name}: '{name.split('/')[0]}' is not a top-level name of the architecture"
                for name in files if name.split("/")[0] not in TOP_LEVEL and not name.startswith(".")]
    for name in files:
        if name == "tests/checks/names_check.py":
            continue
        for number, line in enumerate(read(root, name).splitlines(), 1):
            found = MACHINE_PATHS.search(line)
            if found:
                problems.append(f"{name}:{number}: a path of one machine: {found.group(0)}")
            if SPLIT_NAMES.match(line):
                problems.append(f"{name}:{number}: a test's name with a semicolon is never run")
    finish(problems, (len(files), "files"))


main()
