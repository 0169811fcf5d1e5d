"""Random sequences of commands, each made from a seed alone."""
from dataclasses import dataclass
from random import Random

from grammar import Speaker

MOST_STEPS = 30
# How often commands of a group of COMMAND DOCS are drawn, when the sequence has that group at all.
WEIGHTS = {"string": 10, "bitmap": 3, "hash": 10, "list": 10, "set": 8, "sorted-set": 10, "stream": 8, "geo": 3, "hyperloglog": 2, "generic": 8,
           "scripting": 4, "pubsub": 4, "transactions": 6, "connection": 3, "server": 2, "cluster": 0.3}
# Of commands that are the same however often they are sent, or end what the others began.
WEIGHT_OF = {"flushall": 0.1, "flushdb": 0.2, "quit": 0.3, "reset": 0.3, "multi": 3, "exec": 4}
CLOCK_STEPS = [1, 40, 999, 1000, 2500, 100_000]


@dataclass
class Step:
    """A command of one connection; with `advance`, milliseconds that pass, instead."""
    client: int
    words: list
    inline: bool = False
    advance: int = 0


class Sequences:
    def __init__(self, commands, rules, dumps):
        self.dumps = dumps
        self.groups = {}
        for command in commands.values():
            if command.name not in rules or rules[command.name].compare != "nothing":
                self.groups.setdefault(command.group, []).append(command)

    def make(self, seed):
        random = Random(seed)
        speaker = Speaker(random, self.dumps)
        names, weights = self.choice_of_commands(random)
        clients = random.choice((1, 2, 2, 3))
        steps = [Step(client, [b"HELLO", b"3"]) for client in range(clients) if random.random() < 0.5]
        client = 0
        for command in random.choices(names, weights, k=random.randint(4, MOST_STEPS)):
            if random.random() < 0.3:
                client = random.randrange(clients)
            if random.random() < 0.02:
                steps.append(Step(0, [], advance=random.choice(CLOCK_STEPS)))
            words = speaker.words(command) if random.random() > 0.01 else self.unknown(random)
            steps.append(Step(client, words, random.random() < 0.03))
        return steps

    # Each sequence has some of the groups only, so that its commands have more to do with each other.
    def choice_of_commands(self, random):
        groups = [group for group in sorted(self.groups) if random.random() < 0.4] or ["string"]
        commands, weights = [], []
        for group in groups:
            listed = self.groups[group]
            commands += listed
            weights += [WEIGHTS.get(group, 1) / len(listed) * WEIGHT_OF.get(command.name, 1) for command in listed]
        return commands, weights

    def unknown(self, random):
        return random.choice(([b"NOSUCH"], [b"nosuch", b"a", b"b\r\nc", b"\xff" * 200], [b""], [b"GE\r\nT", b"x"], [b"n" * 200, b"a" * 200], [b"CONFIG", b"NOSUCH", b"x"],
                              [b"CLIENT", b"NOSUCH"], [b"GET|SET", b"x"], [b"client|id"], [b"XINFO"], [b"OBJECT", b"NOSUCH", b"k"]))
