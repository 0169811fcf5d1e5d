#!/usr/bin/env python3
"""Every shell script parses and, if it is started rather than sourced, stops at its first error; every Python file compiles."""
import subprocess

from sources import finish, project_files, project_root, read


def main():
    root = project_root()
    problems, looked_at = [], 0
    for name in project_files(root):
        text = read(root, name) if name.endswith((".sh", ".py")) or name.startswith(".ci/") else ""
        if name.endswith(".py"):
            looked_at += 1
            try:
                compile(text, name, "exec")
            except SyntaxError as error:
                problems.append(f"{name}:{error.lineno}: {error.msg}")
        elif name.endswith(".sh") or text.startswith(("#!/bin/bash", "#!/usr/bin/env bash", "#!/bin/sh")):
            looked_at += 1
            parsed = subprocess.run(["bash", "-n", str(root / name)], capture_output=True, text=True)
            if parsed.returncode != 0:
                problems.append(f"{name}: {parsed.stderr.strip()}")
            if text.startswith("#!") and "set -e" not in text:     # what others source has no first line
                problems.append(f"{name}: no `set -e` (or `set -euo pipefail`)")
    finish(problems, (looked_at, "scripts"))


main()
