"""Bytes: commands as a client sends them, replies cut into frames, and a connection that tells replies from published messages."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from local_servers import connect  # noqa: E402

MESSAGES = tuple(kind + head for kind in (b"*", b">") for head in (b"3\r\n$7\r\nmessage\r\n", b"4\r\n$8\r\npmessage\r\n", b"3\r\n$8\r\nsmessage\r\n"))
BULKS, LISTS, PAIRS, LINES = b"$=!", b"*~>", b"%|", b"+-:_#,("


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def encode_inline(words):
    """As a line, quoted where needed; Redis reads what is between double quotes with C's escapes."""
    return b" ".join(quoted(word) for word in words) + b"\r\n"


def quoted(word):
    if word and all(33 <= byte < 127 and byte not in b"\"'\\" for byte in word):
        return word
    plain = {10: b"\\n", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}
    return b'"' + b"".join(plain.get(byte) or (bytes([byte]) if 32 <= byte < 127 else b"\\x%02x" % byte) for byte in word) + b'"'


def frame_end(data, at=0):
    """Behind the reply that begins at `at`; -1 if it is not all there. ValueError if it is no RESP."""
    left = 1
    while left:
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            return -1
        kind = data[at:at + 1]
        if kind in BULKS:
            size = int(data[at + 1:line_end])
            at = line_end + 2 + (size + 2 if size >= 0 else 0)
            if at > len(data):
                return -1
        elif kind in LISTS:
            left += max(int(data[at + 1:line_end]), 0)
            at = line_end + 2
        elif kind in PAIRS:
            left += 2 * int(data[at + 1:line_end]) + (kind == b"|")
            at = line_end + 2
        elif kind in LINES:
            at = line_end + 2
        else:
            raise ValueError(f"no RESP: {bytes(data[at:at + 40])!r}")
        left -= 1
    return at


def decode(data):
    """The value of a RESP2 reply, which must be complete."""
    value, _ = decode_at(data, 0)
    return value


def decode_at(data, at):
    line_end = data.index(b"\r\n", at)
    kind, line, at = data[at:at + 1], data[at + 1:line_end], line_end + 2
    if kind == b"$":
        size = int(line)
        return (None, at) if size < 0 else (data[at:at + size], at + size + 2)
    if kind == b"*":
        values = []
        for _ in range(int(line)):
            value, at = decode_at(data, at)
            values.append(value)
        return values, at
    return (int(line) if kind == b":" else line), at


class Client:
    """One connection. `replies` and `messages` are complete frames that nobody has taken yet."""

    def __init__(self, address):
        self.socket = connect(address, 10)
        self.address = address
        self.data = bytearray()
        self.replies, self.messages = [], []
        self.at_end = False

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            self.at_end = True

    def receive(self, seconds):
        """Takes what comes next; False when nothing came within this time, or nothing will."""
        if self.at_end:
            return False
        self.socket.settimeout(max(seconds, 0))
        try:
            got = self.socket.recv(1 << 18)
        except (BlockingIOError, TimeoutError):
            return False
        except OSError:
            got = b""
        self.at_end = not got
        self.data += got
        try:
            self.cut()
        except ValueError:               # what is no RESP is the last reply
            self.replies.append(bytes(self.data))
            self.at_end = True
        return bool(got)

    def cut(self):
        """Takes the complete frames out of the data."""
        at = 0
        while at < len(self.data):
            end = frame_end(self.data, at)
            if end < 0:
                break
            frame = bytes(self.data[at:end])
            (self.messages if frame.startswith(MESSAGES) else self.replies).append(frame)
            at = end
        del self.data[:at]

    def wait(self, seconds, replies=0, messages=0, end=False):
        """Until there are so many replies and messages, or the connection has ended; whether that is so."""
        deadline = None
        while len(self.replies) < replies or len(self.messages) < messages or (end and not self.at_end):
            now = time.monotonic()
            deadline = deadline or now + seconds
            if now >= deadline or self.at_end:
                return False
            self.receive(deadline - now)
        return True

    def take(self, count):
        taken, self.replies = self.replies[:count], self.replies[count:]
        return taken

    def call(self, *words):
        """The reply to one command of the test's own."""
        self.send(encode(words))
        if not self.wait(10, replies=1):
            raise ConnectionError(f"no reply to {words}")
        return self.take(1)[0]

    def close(self):
        self.socket.close()
        self.at_end = True
