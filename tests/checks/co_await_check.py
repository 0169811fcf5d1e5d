#!/usr/bin/env python3
"""g++ 12 destroys some temporaries twice when their full expression holds co_await: no capturing lambda and no `Type{...}` there.

Name the closure or the aggregate on the line before. It also awaits `a && co_await f(g())` whatever `a` is: write an `if`. Also: a capturing lambda that is a coroutine must be passed, not called
(`[x]() -> awaitable<void> {...}()` reads captures that are gone).
"""
import re

from sources import code_files, finish, is_initializer, line_of, matching_brace, project_root, read, without_directives, without_literals

# "path:line text" parts that are known to be right -> reason.
EXCEPTIONS = {
}


class statement:
    def __init__(self):
        self.awaits = None        # place of its first co_await
        self.traps = []           # (place, what)

    def problems(self):
        return [(place, what) for place, what in self.traps] if self.awaits is not None else []


def is_lambda(text, bracket):
    """Whether `[` begins a lambda (and not a subscript, an array or an attribute)."""
    before = text[:bracket].rstrip()
    if text.startswith("[[", bracket) or (before and before[-1] == "["):
        return False
    if re.search(r"\b(return|co_return|co_await|co_yield)$", before):
        return True
    return not (before and (before[-1].isalnum() or before[-1] in "_)]>&\"" and not before.endswith("&&")))


def looks_at(text, start, end, problems, in_initializer_of=None):
    """Collects the problems of the statements in text[start:end]; nested blocks are statements of their own."""
    current, depth, place, captures = in_initializer_of or statement(), 0, start, None

    def close():
        nonlocal current, captures
        problems.extend(current.problems())
        current, captures = statement(), None

    while place < end:
        char = text[place]
        if char in "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == ";" and depth <= 0 and in_initializer_of is None:
            close()
        elif char == "[" and is_lambda(text, place):
            captured = text[place + 1:text.find("]", place)].strip()
            captures = bool(captured)
            if captures:
                current.traps.append((place, "a capturing lambda"))
        elif char == "{":
            last = matching_brace(text, place)
            if is_initializer(text, place):
                current.traps.append((place, "a braced temporary"))
                looks_at(text, place + 1, last, problems, current)
            else:
                looks_at(text, place + 1, last, problems)
                after = text[last + 1:].lstrip()
                if captures and after.startswith("(") and re.search(r"\bco_(await|return)\b", text[place:last]):
                    problems.append((place, "a capturing lambda coroutine is called, not passed:"))
                if depth <= 0 and in_initializer_of is None and captures is None:
                    close()
                captures = None
            place = last
        elif text.startswith("co_await", place) and not text[place - 1].isalnum() and text[place - 1] != "_":
            current.awaits = place if current.awaits is None else current.awaits
            if text[max(place - 8, 0):place].rstrip().endswith(("&&", "||")):
                current.traps.append((place, "co_await behind && or ||"))
        place += 1
    if in_initializer_of is None:
        close()


def main():
    root = project_root()
    problems, looked_at = [], 0
    for name in code_files(root):
        text = without_directives(without_literals(read(root, name)))
        if "co_await" not in text and "awaitable" not in text:
            continue
        looked_at += 1
        found = []
        looks_at(text, 0, len(text), found)
        for place, what in found:
            line = text.splitlines()[line_of(text, place) - 1].strip()
            if f"{name}:{line}" not in EXCEPTIONS:
                problems.append(f"{name}:{line_of(text, place)}: {what} in a statement with co_await: {line}")
    finish(problems, (looked_at, "files with coroutines"))


main()
