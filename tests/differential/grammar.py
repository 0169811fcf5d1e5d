"""All commands of a Redis, from its own COMMAND and COMMAND DOCS, and random words for each."""
from dataclasses import dataclass, field

import values
from wire import decode


@dataclass
class Argument:
    """As COMMAND DOCS describes it: https://redis.io/docs/latest/commands/command-docs/"""
    name: str
    type: str
    token: bytes
    flags: set
    parts: list


@dataclass
class Command:
    name: str                       # as COMMAND LIST says it: "get", "client|list"
    arity: int
    flags: set
    group: str = ""
    arguments: list = field(default_factory=list)
    lines: list = field(default_factory=list)          # the only arguments it is given, if exceptions.toml says so

    def words(self):
        return [word.encode() for word in self.name.upper().split("|")]

    def arity_fits(self, count):
        return count == self.arity if self.arity > 0 else count >= -self.arity


def pairs(flat):
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2])}


def argument_of(flat):
    found = pairs(flat)
    return Argument(found["name"].decode(), found["type"].decode(), found.get("token"), {flag.decode() for flag in found.get("flags", [])},
                    [argument_of(part) for part in found.get("arguments", [])])


def load(client):
    """{name: Command}; of commands with subcommands only these, and the command itself where it may stand alone."""
    commands = {}

    def add(info, docs, group):
        name, arity, flags, subcommands = info[0].decode(), info[1], info[2], info[9]
        docs_of_parts = pairs(docs.get("subcommands", []))
        for part in subcommands:
            add(part, pairs(docs_of_parts.get(part[0].decode(), [])), group)
        if not subcommands or arity == -1:
            arguments = [argument_of(one) for one in docs.get("arguments", [])]
            commands[name] = Command(name, arity, {flag.decode() for flag in flags}, group, arguments)

    all_docs = pairs(decode(client.call(b"COMMAND", b"DOCS")))
    for info in decode(client.call(b"COMMAND")):
        docs = pairs(all_docs.get(info[0].decode(), []))
        add(info, docs, docs.get("group", b"").decode())
    return dict(sorted(commands.items()))


class Speaker:
    """Makes random words for commands."""

    def __init__(self, random, dumps):
        self.random, self.dumps = random, dumps

    def words(self, command):
        words = command.words()
        if self.random.random() < 0.1:
            words = [self.any_case(word) for word in words]
        if command.lines:
            return words + self.random.choice(command.lines)
        self.add(command.arguments, command.group, words, self.random.choice((1, 1, 2, 3)))
        if self.random.random() < 0.1:
            self.spoil(words)
        return words

    def any_case(self, word):
        return b"".join(self.random.choice((bytes([byte]).lower(), bytes([byte]).upper())) for byte in word)

    # `count`: how often what may stand several times does, where a number before it says so, or another list must be as long.
    def add(self, arguments, group, words, count):
        for argument in arguments:
            if "optional" in argument.flags and self.random.random() < 0.65:
                continue
            times = 1
            if "multiple" in argument.flags:
                times = count if argument.type == "key" or argument.name in ("id", "weight") else self.random.choice((1, 1, 2, 3))
            for turn in range(times):
                if argument.token and (turn == 0 or "multiple_token" in argument.flags):
                    words.append(argument.token)
                self.add_one(argument, group, words, count)

    def add_one(self, argument, group, words, count):
        if argument.type == "oneof":
            self.add([self.random.choice(argument.parts)], group, words, count)
        elif argument.type == "block":
            self.add(argument.parts, group, words, count)
        elif argument.name == "numkeys":
            words.append(b"%d" % count)
        elif argument.type != "pure-token":
            words.append(values.value_of(argument, group, self.random, self.dumps))

    def spoil(self, words):
        """Leaves a word out, replaces one, or adds one: what Redis refuses, or understands otherwise."""
        place = self.random.randrange(1, len(words) + 1)
        how = self.random.randrange(3)
        if how == 0 and place < len(words):
            del words[place]
        elif how == 1 and place < len(words):
            words[place] = self.random.choice(values.WRONG)
        else:
            words.insert(place, self.random.choice(values.WRONG))
