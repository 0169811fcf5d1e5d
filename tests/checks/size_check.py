#!/usr/bin/env python3
"""Files of at most 500 lines; functions of at most 60 lines, test cases of at most 100."""
import re

from sources import (code_files, finish, is_initializer, line_of, matching_brace, project_files, project_root, read, without_directives,
                     without_literals)

FILE_LIMIT = 500
FUNCTION_LIMIT = 60
TEST_LIMIT = 100

# "path" or "path:function" -> (limit, reason). A parser's or state machine's single switch may have 100 lines.
EXCEPTIONS = {
}

TRANSPARENT = re.compile(r"^\s*(?:template\s*<.*>\s*)?(?:inline\s+|export\s+)*(namespace|class|struct|union|enum|extern)\b[^()]*$", re.DOTALL)


def functions(text):
    """(name, first line, lines) of every outermost function body of code without literals and directives."""
    place, head = 0, 0
    while place < len(text):
        char = text[place]
        if char in ";}":
            head = place + 1
        elif char == "{":
            end = matching_brace(text, place)
            head_text = text[head:place]
            if is_initializer(text, place):
                place = end                                    # an initializer, also of a constructor's member: the head goes on
            elif "(" in head_text and not TRANSPARENT.match(head_text):
                name = re.search(r"([~\w]+|operator\s*\S+)\s*\(", head_text)
                yield (name.group(1) if name else "?", line_of(text, place), line_of(text, end) - line_of(text, place) + 1)
                place, head = end, end + 1
            else:
                head = place + 1                               # a namespace or a class: look inside
        place += 1


def main():
    root = project_root()
    problems, looked_at = [], 0
    for name in project_files(root):
        if not name.endswith((".cpp", ".hpp", ".py", ".sh", ".cmake", "CMakeLists.txt")):
            continue
        looked_at += 1
        lines = read(root, name).count("\n")
        limit = EXCEPTIONS.get(name, (FILE_LIMIT, ""))[0]
        if lines > limit:
            problems.append(f"{name}: {lines} lines, limit {limit}")
    for name in code_files(root):
        text = without_directives(without_literals(read(root, name)))
        for function, line, lines in functions(text):
            usual = TEST_LIMIT if function in ("TEST_CASE", "TEMPLATE_TEST_CASE", "SCENARIO") else FUNCTION_LIMIT
            limit = EXCEPTIONS.get(f"{name}:{function}", (usual, ""))[0]
            if lines > limit:
                problems.append(f"{name}:{line}: {function}: {lines} lines, limit {limit}")
    finish(problems, (looked_at, "files"))


main()
