"""exceptions.toml: what is not compared byte for byte. A stale or unexplained exception is an error."""
import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path

import wire

FILE = Path(__file__).with_name("exceptions.toml")
COMPARE = ("refusal", "nothing", "shape", "sorted", "fields", "exact")


@dataclass
class Rule:
    compare: str = "exact"
    in_multi: bool | str = True


EXACT = Rule()


def problems_of(entry, commands):
    """What is wrong with one table of the file."""
    found = [f"'{key}' is no key" for key in entry if key not in ("commands", "reason", "compare", "in_multi", "lines")]
    if not str(entry.get("reason", "")).strip():
        found.append("no reason")
    if entry.get("compare") not in COMPARE:
        found.append(f"compare is none of {', '.join(COMPARE)}")
    if entry.get("compare") == "exact" and "lines" not in entry and "in_multi" not in entry:
        found.append("it excepts nothing")
    if entry.get("in_multi", True) not in (True, False, "unsubscribed"):
        found.append("in_multi is none of true, false, \"unsubscribed\"")
    if not entry.get("commands"):
        found.append("no commands")
    return found + [f"this Redis has no command '{name}'" for name in entry.get("commands", []) if not matching(name, commands)]


def matching(name, commands):
    return [one for one in commands if one == name or (name.endswith("*") and one.startswith(name[:-1]))]


def load(commands, text=None):
    """({command: Rule}, problems). Gives each command its `lines`. The first exception that names a command is its own."""
    rules, problems = {}, []
    for number, entry in enumerate(tomllib.loads(FILE.read_text() if text is None else text).get("exception", []), 1):
        problems += [f"exceptions.toml, exception {number} ({', '.join(entry.get('commands', ['?']))[:60]}): {problem}"
                     for problem in problems_of(entry, commands)]
        for name in entry.get("commands", []):
            if name in rules:
                problems.append(f"exceptions.toml, exception {number}: '{name}' has one before")
            for one in matching(name, commands):
                rules.setdefault(one, Rule(entry.get("compare"), entry.get("in_multi", True)))
                if "lines" in entry:
                    commands[one].lines = [[word.encode() for word in shlex.split(line)] for line in entry["lines"]]
    return rules, problems


def shape(reply):
    """Types and numbers of elements; errors and nulls as they are."""
    kinds, at = [], 0
    while at < len(reply):
        line_end = reply.index(b"\r\n", at)
        kind, line = reply[at:at + 1], reply[at:line_end]
        at = line_end + 2
        if kind in wire.BULKS and line[1:] != b"-1":
            at += int(line[1:]) + 2
        kinds.append(line if kind in b"-_*%~>" or line.endswith(b"-1") else kind)
    return b" ".join(kinds)


def fields(reply):
    """Of INFO and its kin: which there are. What a Redis has only after something happened, and the proxy's own, do not count."""
    text = re.sub(rb"# Proxy\r\n.*?(\r\n\r\n|$)", b"", reply, flags=re.DOTALL)
    return b" ".join(sorted(set(re.findall(rb"^([a-z_]+):", text, re.MULTILINE))))


ESSENCE = {"exact": lambda reply: reply, "shape": shape, "sorted": lambda reply: sorted(reply.split(b"\r\n")), "fields": fields}
