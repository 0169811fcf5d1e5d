#!/usr/bin/env python3
"""Runs the examples of README.md as they stand there, against a proxy that the caller has started.

    readme_test.py README.md [--replace TEXT=VALUE]... [--path FOLDER]

An example is a ```console block under a line `<!-- test -->`. Its lines that begin with `$ ` are run by bash, one shell for the
whole block, in a temporary folder; the lines below a command are its output (both streams), in which `...` stands for anything,
also several lines when it is alone in a line. A command must end with 0 unless its last output line is `[exit N]`. A ```sh block
under the same mark is run as a whole and must end with 0.

--replace puts the running servers' addresses in place of those that README shows (`--replace 6380=24711`), also in the expected
output; --path goes in front of PATH. README without an example fails.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

BLOCK = re.compile(r"^<!-- test -->\n+```(console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LIMIT = 60   # seconds for one command


@dataclass
class Step:
    line: int
    command: str
    output: list = field(default_factory=list)


def steps_of(kind, body, first_line):
    if kind == "sh":
        return [Step(first_line, body, ["..."])]
    steps = []
    for number, text in enumerate(body.splitlines(), first_line):
        if text.startswith("$ "):
            steps.append(Step(number, text[2:]))
        elif steps and steps[-1].command.endswith("\\"):
            steps[-1].command += "\n" + text
        elif steps:
            steps[-1].output.append(text)
        else:
            sys.exit(f"line {number}: a console block begins with `$ `")
    return steps


def pattern_of(lines):
    parts = []
    for line in lines:
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*")
        else:
            parts.append(r"[^\n]*".join(re.escape(part) for part in line.rstrip().split("...")) + r"[ \t]*\n")
    return re.compile("".join(parts))


def run_block(steps, environment):
    """Runs the steps in one shell; problems as texts."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        # The shell tells its exit code and directory after each command, so that `cd` and variables last.
        state = os.path.join(folder, ".state")
        for step in steps:
            output, expected_code = step.output, 0
            ending = re.fullmatch(r"\[exit (\d+)\]", output[-1]) if output else None
            if ending:
                output, expected_code = output[:-1], int(ending.group(1))
            script = f"[ -e {state} ] && . {state}\n{step.command}\ncode=$?\n{{ export -p; echo \"cd '$PWD'\"; }} >{state}\nexit $code\n"
            try:
                done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, timeout=LIMIT, text=True, errors="replace",
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            except subprocess.TimeoutExpired:
                return problems + [f"line {step.line}: `{step.command}` did not end within {LIMIT} s"]
            got = done.stdout if not done.stdout or done.stdout.endswith("\n") else done.stdout + "\n"
            if done.returncode != expected_code:
                problems.append(f"line {step.line}: `{step.command}` ended with {done.returncode}, not {expected_code}:\n{got}")
            elif not pattern_of(output).fullmatch(got):
                problems.append(f"line {step.line}: `{step.command}` printed\n{got}but README says\n" + "\n".join(output))
    return problems


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("readme")
    arguments.add_argument("--replace", action="append", default=[], metavar="TEXT=VALUE")
    arguments.add_argument("--path", default="")
    options = arguments.parse_args()
    with open(options.readme, encoding="utf-8") as file:
        text = file.read()
    environment = dict(os.environ, PATH=os.pathsep.join(filter(None, [options.path, os.environ["PATH"]])))
    blocks, problems = 0, []
    for block in BLOCK.finditer(text):
        body = block.group(2)
        for replacement in options.replace:
            shown, _, actual = replacement.partition("=")
            body = body.replace(shown, actual)
        blocks += 1
        problems += run_block(steps_of(block.group(1), body, text.count("\n", 0, block.start(2)) + 1), environment)
    for problem in problems:
        print(f"{options.readme}: {problem}")
    if blocks == 0:
        problems.append("no example")
        print(f"{options.readme}: no block is marked with <!-- test -->")
    print(f"{blocks} example(s), {len(problems)} problem(s)")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
