"""Carries one sequence out on both sides and compares each reply."""
import time
from dataclasses import dataclass, field
from random import Random

from exceptions import ESSENCE
from model import Connection
from sequences import Step
from wire import encode, encode_inline

PATIENCE = 10               # seconds for a reply of the proxied side that the direct side has given
HOUR = 3_600_000
REFUSALS = (b"-ERR unsupported command", b"-ERR wrong number of arg", b"-ERR unknown subcommand", b"-ERR Can't execute")


@dataclass
class Difference:
    steps: list             # those that were sent
    step: Step              # the one whose reply differs
    command: str
    direct: bytes
    proxied: bytes


@dataclass
class Batch:
    """Commands of one client that leave together."""
    client: int
    steps: list = field(default_factory=list)
    rules: list = field(default_factory=list)
    counts: list = field(default_factory=list)         # replies of each
    blocks: bool = False


class Differs(Exception):
    def __init__(self, step, direct, proxied):
        self.step, self.direct, self.proxied = step, direct, proxied


class Lockstep:
    def __init__(self, pair, commands, rules):
        self.pair, self.commands, self.rules = pair, commands, rules
        self.patience = PATIENCE
        self.sent = 0
        self.answered = {}           # command -> how often it was answered without an error

    def run(self, seed, steps):
        """None, or the first Difference; after that the two sides are no more alike and must be started anew."""
        self.random = Random(f"cuts of {seed}")
        self.connections = [Connection(self.commands, self.rules) for _ in self.pair.direct.clients]
        self.done, self.groups = [], set()
        try:
            for batch in self.batches(steps):
                self.carry_out(batch)
            self.finish()
            self.pair.empty(self.groups)
        except Differs as found:
            command, _ = self.connections[0].command_of(found.step.words) if found.step.words else (None, None)
            return Difference(self.done, found.step, command.name if command else "", found.direct, found.proxied)
        return None

    # --- what to send ---------------------------------------------------------------------------------------------------------------

    def batches(self, steps):
        """What is sent together; a step that cannot be compared where it stands is left out."""
        batch = None
        for step in steps:
            if step.advance:
                if batch:
                    yield batch
                batch = None
                self.advance(step)
                continue
            if batch and batch.client != step.client:
                yield batch
                batch = None
            connection = self.connections[step.client]
            command, rule = connection.command_of(step.words)
            if connection.blocked or not connection.allows(rule):
                continue
            may_block = connection.may_block(step.words, command)
            if batch and may_block and self.blocked_count():
                yield batch         # it may end the blocking of others, whose number tells whether this command blocks
                batch = None
            batch = batch or Batch(step.client)
            batch.blocks = may_block
            batch.steps.append(step)
            batch.rules.append(rule)
            batch.counts.append(connection.note(step.words, command))
            self.groups.add(step.words[0].decode("latin-1").lower().split("_")[0].removesuffix("sha"))
            # What follows depends on the outcome of these.
            if batch.blocks or (command and command.name in ("hello", "quit", "reset")):
                yield batch
                batch = None
        if batch:
            yield batch

    def pieces(self, data):
        """Cut at random places, or not at all."""
        cuts = sorted(self.random.sample(range(1, len(data)), min(self.random.choice((0, 0, 1, 2, 5)), len(data) - 1)))
        return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)])]

    # --- carrying it out --------------------------------------------------------------------------------------------------------------

    def carry_out(self, batch):
        connection, direct, proxied = self.connections[batch.client], self.pair.direct, self.pair.proxied
        connection.used = True
        self.sent += len(batch.steps)
        encoded = [(encode_inline if step.inline else encode)(step.words) for step in batch.steps]
        refusals = [rule.compare == "refusal" for rule in batch.rules]
        pieces = self.pieces(b"".join(encoded))
        for piece in pieces:
            proxied.clients[batch.client].send(piece)
        direct.clients[batch.client].send(b"".join(data for data, refusal in zip(encoded, refusals) if not refusal))

        expected = sum(count for count, refusal in zip(batch.counts, refusals) if not refusal)
        if batch.blocks:
            connection.blocked = not self.answered_or_blocked(batch, expected)
            expected -= connection.blocked
        if not direct.clients[batch.client].wait(self.patience, replies=expected):
            raise ConnectionError(f"Redis itself did not answer: {[step.words for step in batch.steps]}")
        self.compare(batch, expected)
        if connection.blocked:
            self.await_blocked(batch.steps[-1])
        self.follow_up(batch)

    def blocked_count(self):
        return sum(connection.blocked for connection in self.connections)

    def answered_or_blocked(self, batch, expected):
        """Of a command that may block: True when it was answered, False when it is blocked."""
        before, deadline = self.blocked_count(), time.monotonic() + self.patience
        while time.monotonic() < deadline:
            if self.pair.direct.clients[batch.client].wait(0.0005, replies=expected):
                return True
            if self.pair.direct.blocked() > before:
                return False
        raise ConnectionError(f"Redis itself neither answers nor blocks: {[step.words for step in batch.steps]}")

    def await_blocked(self, step, side=None):
        """Until the proxied side has as many blocked clients as there should be."""
        side = side or self.pair.proxied
        deadline = time.monotonic() + self.patience
        while side.blocked() != self.blocked_count():
            if time.monotonic() > deadline:
                raise Differs(step, b"%d clients are blocked in Redis" % self.blocked_count(), b"%d" % side.blocked())

    def compare(self, batch, complete):
        client = self.pair.proxied.clients[batch.client]
        ours = self.pair.direct.clients[batch.client].take(complete)
        extra = sum(rule.compare == "refusal" for rule in batch.rules)
        client.wait(self.patience, replies=complete + extra)
        self.done += batch.steps
        for step, rule, count in zip(batch.steps, batch.rules, batch.counts):
            if rule.compare == "refusal":
                reply = b"".join(client.take(1))
                if not reply.startswith(REFUSALS):
                    raise Differs(step, b"(must be refused by the proxy)", reply)
                continue
            expected, ours = ours[:count], ours[count:]
            found = client.take(len(expected))
            essence = ESSENCE[rule.compare]
            if found != expected and (len(found) != len(expected) or essence(b"".join(found)) != essence(b"".join(expected))):
                raise Differs(step, b"".join(expected), b"".join(found) or b"(no reply)")
            self.note_answer(batch.client, step, expected)
        if client.replies:
            raise Differs(batch.steps[-1], b"(nothing more)", b"".join(client.replies))

    def note_answer(self, number, step, replies):
        connection = self.connections[number]
        command, _ = connection.command_of(step.words)
        if command and replies and not replies[0].startswith(b"-"):
            self.answered[command.name] = self.answered.get(command.name, 0) + 1
            if command.name == "hello":
                connection.version = 3 if replies[0].startswith(b"%") else 2

    def follow_up(self, batch):
        """What the batch has done to others: who is no longer blocked, who has messages, who is gone."""
        last = batch.steps[-1]
        if last.words[0].upper() == b"QUIT":
            self.see_end(batch.client, last)
        if last.words[0].upper() in (b"RESET", b"QUIT") and self.connections[batch.client].subscribed_once:
            self.see_unsubscribed(last)
        if self.blocked_count() - self.connections[batch.client].blocked:
            self.see_unblocked(last)
        if any(connection.subscribed_once for connection in self.connections):
            self.see_messages(last)

    def see_end(self, number, step):
        if not self.pair.direct.clients[number].wait(self.patience, end=True):
            raise ConnectionError("Redis itself did not close a connection after QUIT")
        if not self.pair.proxied.clients[number].wait(self.patience, end=True):
            raise Differs(step, b"(the connection is closed)", b"(it is open)")
        for side in self.pair.sides:
            side.reconnect(number)

    def see_unsubscribed(self, step):
        """The proxy answers RESET, and closes the connection that subscribed: Redis sees that a moment later."""
        subscribed = sum(connection.subscribed() for connection in self.connections)
        deadline = time.monotonic() + self.patience
        while self.pair.proxied.subscribers() != subscribed:
            if time.monotonic() > deadline:
                raise Differs(step, b"%d clients are subscribed in Redis" % subscribed, b"%d" % self.pair.proxied.subscribers())

    def see_unblocked(self, step):
        self.pair.direct.control.call(b"PING")        # in a later round of its event loop: all that follows from the batch has left
        for number, connection in enumerate(self.connections):
            if not connection.blocked:
                continue
            direct, proxied = self.pair.direct.clients[number], self.pair.proxied.clients[number]
            direct.receive(0)
            if direct.replies:
                connection.blocked = False
                proxied.wait(self.patience, replies=1)
                ours, theirs = direct.take(1), proxied.take(1)
                if ours != theirs:
                    raise Differs(step, b"to client %d, which is blocked: " % number + ours[0], b"".join(theirs) or b"(no reply)")
        self.await_blocked(step)

    def see_messages(self, step):
        self.pair.direct.control.call(b"PING")
        for number in range(len(self.connections)):
            direct, proxied = self.pair.direct.clients[number], self.pair.proxied.clients[number]
            direct.receive(0)
            proxied.wait(self.patience, messages=len(direct.messages))
            if direct.messages != proxied.messages:
                raise Differs(step, b"messages for client %d: " % number + b"".join(direct.messages), b"".join(proxied.messages) or b"(none)")
            direct.messages, proxied.messages = [], []

    def advance(self, step):
        self.done.append(step)
        self.pair.advance(step.advance)
        if self.blocked_count():
            self.see_unblocked(step)

    def finish(self):
        """Every connection is as new; who is blocked for ever is gone."""
        if self.blocked_count():
            self.pair.advance(HOUR)
            last = self.done[-1]
            self.see_unblocked(last)
            for number, connection in enumerate(self.connections):
                if connection.blocked:
                    connection.blocked = connection.used = False
                    connection.forget()
                    for side in self.pair.sides:
                        side.reconnect(number)
            self.await_blocked(last, self.pair.direct)
            self.await_blocked(last, self.pair.proxied)
        for number, connection in enumerate(self.connections):
            if connection.used:
                self.reset(number)

    def reset(self, number):
        step = Step(number, [b"RESET"])
        connection = self.connections[number]
        command, rule = connection.command_of(step.words)
        self.carry_out(Batch(number, [step], [rule], [connection.note(step.words, command)]))
