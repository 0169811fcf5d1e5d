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


def receive_line(connection):
    line = b""
    while not line.endswith(b"\r\n"):
        line += receive(connection, 1)
    return line[:-2]


def receive_bulk(connection):
    """A bulk string, or None."""
    head = receive_line(connection)
    if not head.startswith(b"$"):
        raise ValueError(f"not a bulk string: {head!r}")
    size = int(head[1:])
    return None if size < 0 else receive(connection, size + 2)[:-2]


def bulk(connection, *words):
    """The bulk string with which a command is answered."""
    connection.sendall(command(*words))
    return receive_bulk(connection)
