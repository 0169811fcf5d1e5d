"""What the checks share: the project's files, C++ text without comments and literals, and how problems are reported."""
import os
import re
import subprocess
import sys
from pathlib import Path

CODE_FOLDERS = ("protocol", "conf", "backends", "proxy", "bench", "tests")


def project_root():
    """The folder given as the first argument, else the project that this file is in."""
    return Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]


def project_files(root):
    """Paths, relative to root, of all files that are or could be committed."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                                check=True, capture_output=True, text=True).stdout
        return sorted(name for name in set(listed.split("\0")) if name and (root / name).is_file())
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in ("build", "__pycache__", ".cache")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def code_files(root):
    return [name for name in project_files(root) if name.endswith((".cpp", ".hpp")) and name.split("/")[0] in CODE_FOLDERS]


def read(root, name):
    return (root / name).read_text(encoding="utf-8", errors="replace")


LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/'                                    # comments
    r'|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"'         # raw strings
    r'|"(?:\\.|[^"\\\n])*"'                                  # strings
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",                 # characters, but not 1'000
    re.DOTALL)


def without_literals(text):
    """The code with comments blanked and literals replaced by "", line numbers unchanged."""
    def blank(match):
        found = match.group(0)
        kept = "" if found.startswith(("//", "/*")) else '""'
        return kept + "\n" * found.count("\n")
    return LITERALS.sub(blank, text)


def without_directives(text):
    """Blanks preprocessor lines and their continuations."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.MULTILINE)


def is_initializer(text, brace):
    """Whether the `{` at this place begins an initializer rather than a block. Relies on our formatting: `type{...}`, `f() {`."""
    before = text[:brace].rstrip()
    if not before:
        return False
    if before[-1] in "(,={[":
        return True
    if re.search(r"\b(return|co_return|co_yield|co_await)$", before):
        return True
    return len(before) == brace and (before[-1].isalnum() or before[-1] in "_>")


def matching_brace(text, brace):
    depth = 0
    for place in range(brace, len(text)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if depth == 0:
                return place
    return len(text) - 1


def line_of(text, place):
    return text.count("\n", 0, place) + 1


def finish(problems, what):
    """Prints the problems and ends with 1, or says what was looked at. A check that looked at nothing fails."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem(s)")
        sys.exit(1)
    if what[0] == 0:
        print(f"no {what[1]} found: nothing was checked")
        sys.exit(1)
    print(f"{what[0]} {what[1]} looked at, no problem")
