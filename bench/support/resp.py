"""The little of Redis' protocol that the benchmarks speak."""
import select

CHUNK = 1 << 18


def command(*words):
    encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def receive(connection, size):
    """Exactly `size` bytes."""
    pieces = []
    while size > 0:
        piece = connection.recv(min(size, CHUNK))
        if not piece:
            raise ConnectionError("closed by the server")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def ask(connection, request, reply):
    """Sends a request, or several in a row, whose replies are known beforehand."""
    connection.sendall(request)
    got = receive(connection, len(reply))
    if got != reply:
        raise ValueError(f"{request[:60]!r} was answered with {got[:60]!r}")


def closed_loop(connections, batches, reply_bytes, total):
    """Each connection sends a batch as soon as it has all replies to the one before, until `total` batches are sent and answered.

    `reply_bytes` is the size of all replies to one batch.
    """
    poller = select.epoll()
    by_number = {each.fileno(): each for each in connections}
    missing = dict.fromkeys(by_number, reply_bytes)
    sent = 0
    for number, connection in by_number.items():
        poller.register(number, select.EPOLLIN)
        connection.sendall(batches[sent % len(batches)])
        sent += 1
    answered = 0
    while answered < total:
        for number, _ in poller.poll(30) or [(None, None)]:
            if number is None:
                raise TimeoutError("the server says nothing for 30 s")
            got = len(by_number[number].recv(CHUNK))
            if got == 0:
                raise ConnectionError("closed by the server")
            missing[number] -= got
            if missing[number] > 0:
                continue
            if missing[number] < 0:
                raise ValueError("more bytes than the replies have")
            answered += 1
            if sent < total:
                missing[number] = reply_bytes
                by_number[number].sendall(batches[sent % len(batches)])
                sent += 1
    poller.close()


class Client:
    """One connection that asks for one thing after the other."""

    def __init__(self, connection):
        self.connection, self.replies = connection, connection.makefile("rb")

    def call(self, request):
        """The bytes of the reply to one encoded command (RESP2: simple types, bulk strings, and arrays of them)."""
        self.connection.sendall(request)
        return self._reply()

    def _reply(self):
        head = self.replies.readline()
        if not head.endswith(b"\n") or head.startswith(b"-"):
            raise ValueError(f"an error: {head!r}")
        if head[:1] == b"*":
            return head + b"".join(self._reply() for _ in range(int(head[1:])))
        size = int(head[1:]) if head[:1] == b"$" else -1
        return head if size < 0 else head + self.replies.read(size + 2)
