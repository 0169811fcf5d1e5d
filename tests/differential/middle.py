"""A man in the middle, for the self-test: passes bytes on and now and then changes one of a reply."""
import random
import socket
import threading


class Middle:
    """Between a Unix socket of its own and `behind`. Changes one byte of one reply in `every`; 0 = of none."""

    def __init__(self, path, behind, every):
        self.behind, self.every = behind, every
        self.replies = self.changed = 0
        self.random, self.lock = random.Random(1), threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.behind))
            threading.Thread(target=self.carry, args=(client, server, lambda data: data), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, self.spoil), daemon=True).start()

    def carry(self, source, target, change):
        try:
            while data := source.recv(1 << 18):
                target.sendall(change(data))
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def spoil(self, data):
        with self.lock:
            self.replies += 1
            if not self.every or self.replies % self.every:
                return data
            self.changed += 1
            place = self.random.randrange(len(data))
            return data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]
