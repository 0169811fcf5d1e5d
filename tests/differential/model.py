"""What is known of a connection without asking: how many replies a command has, and whether it may be compared here."""
from exceptions import EXACT

SUBSCRIBING = {b"SUBSCRIBE": "channels", b"PSUBSCRIBE": "patterns", b"SSUBSCRIBE": "shards"}
UNSUBSCRIBING = {b"UNSUBSCRIBE": "channels", b"PUNSUBSCRIBE": "patterns", b"SUNSUBSCRIBE": "shards"}
RP2_SUBSCRIBER = {b"PING", b"QUIT", b"RESET", *SUBSCRIBING, *UNSUBSCRIBING}


class Connection:
    """The state of one connection, the same on both sides."""

    def __init__(self, commands, rules):
        self.commands, self.rules = commands, rules
        self.used = self.blocked = self.subscribed_once = False
        self.forget()

    def forget(self):
        """As after RESET, or newly opened."""
        self.version, self.in_multi = 2, False
        self.names = {"channels": set(), "patterns": set(), "shards": set()}

    def subscribed(self):
        return any(self.names.values())

    def command_of(self, words):
        """(Command or None, Rule)"""
        name = words[0].decode("latin-1").lower()
        command = self.commands.get(f"{name}|{words[1].decode('latin-1').lower()}") if len(words) > 1 else None
        command = command or self.commands.get(name)
        return command, self.rules.get(command.name, EXACT) if command else EXACT

    def allows(self, rule):
        if rule.compare == "nothing":
            return False
        if not self.in_multi:
            return True
        return rule.compare != "refusal" and rule.in_multi and not (rule.in_multi == "unsubscribed" and self.subscribed())

    def may_block(self, words, command):
        return command is not None and not self.in_multi and ("blocking" in command.flags or command.name == "wait")

    def note(self, words, command):
        """Follows one command that is sent; how many replies it has."""
        name = words[0].upper()
        if name == b"EXEC":
            self.in_multi = False        # also with a wrong number of words, which aborts it
        if command is None or not command.arity_fits(len(words)):
            return 1
        if self.subscribed() and self.version == 2 and name not in RP2_SUBSCRIBER:
            return 1
        if name in SUBSCRIBING and not self.in_multi:
            self.subscribed_once = True
            self.names[SUBSCRIBING[name]].update(words[1:])
            return len(words) - 1
        if name in UNSUBSCRIBING and not self.in_multi:
            known = self.names[UNSUBSCRIBING[name]]
            gone = words[1:] or list(known)
            known.difference_update(gone)
            return max(len(gone), 1)
        if name == b"MULTI":
            self.in_multi = True
        elif name == b"DISCARD":
            self.in_multi = False
        elif name in (b"RESET", b"QUIT"):
            self.forget()
        return 1
