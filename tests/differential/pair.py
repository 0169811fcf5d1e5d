"""Two Redis servers in lockstep, one asked directly and one through the proxy."""
import mmap
import struct
import subprocess
import sys
from pathlib import Path

from wire import Client

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from local_servers import program  # noqa: E402

HERE = Path(__file__).parent
CLIENTS = 3
START_MICROSECONDS = 1_800_000_000_000_000
CONFIG_DEFAULTS = {"hash-max-listpack-entries": "128", "zset-max-listpack-entries": "128", "set-max-intset-entries": "512",
                   "list-max-listpack-size": "-2"}
# What is left over from a sequence with such commands, and is no key.
LEFTOVERS = {"script": [b"SCRIPT FLUSH"], "eval": [b"SCRIPT FLUSH"], "function": [b"FUNCTION FLUSH"], "acl": [b"ACL DELUSER ann bob"],
             "config": [f"CONFIG SET {name} {value}".encode() for name, value in CONFIG_DEFAULTS.items()]}


class Clock:
    """The time of both servers: see same_luck.c."""

    def __init__(self, path):
        path.write_bytes(struct.pack("<q", START_MICROSECONDS))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 8)

    def advance(self, milliseconds):
        now, = struct.unpack("<q", self.memory[:8])
        self.memory[:8] = struct.pack("<q", now + milliseconds * 1000)


class Side:
    """A Redis, the way to it, and the test's connections."""

    def __init__(self, redis, front):
        self.front = front
        self.control = Client(redis)
        self.clients = [Client(front) for _ in range(CLIENTS)]

    def reconnect(self, number):
        self.clients[number].close()
        self.clients[number] = Client(self.front)

    def info(self, section, field):
        for line in self.control.call(b"INFO", section).split(b"\r\n"):
            if line.startswith(field + b":"):
                return int(line.split(b":")[1])
        raise ValueError(f"INFO has no {field}")

    def blocked(self):
        return self.info(b"clients", b"blocked_clients")

    def subscribers(self):
        return self.control.call(b"CLIENT", b"LIST", b"TYPE", b"pubsub").count(b"id=")

    def close(self):
        for client in (self.control, *self.clients):
            client.close()


class Pair:
    """`through(servers, redis_socket)` starts what stands between the second Redis and the test, and returns its socket."""

    def __init__(self, servers, through):
        self.servers, self.through = servers, through
        self.library = servers.directory / "same_luck.so"
        if not self.library.exists():
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, HERE / "same_luck.c"], check=True)
        self.sides = []
        self.start()

    def start(self):
        directory = self.servers.directory
        self.clock = Clock(directory / "clock")
        redis = [self.start_redis(name) for name in ("direct", "behind")]
        self.direct = Side(redis[0], redis[0])
        self.proxied = Side(redis[1], self.through(self.servers, redis[1]))
        self.sides = [self.direct, self.proxied]

    def start_redis(self, name):
        socket = self.servers.directory / f"{name}.sock"
        environment = {"LD_PRELOAD": str(self.library), "RESPGRES_CLOCK": str(self.servers.directory / "clock")}
        command = [program("redis-server"), "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--loglevel", "warning",
                   "--enable-debug-command", "yes", "--slowlog-log-slower-than", "-1", "--dir", self.servers.directory]
        self.servers.start(name, command, socket, environment, stop_with="KILL")
        control = Client(socket)
        control.call(b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0")        # keys expire when they are looked at, on both sides at the same place
        control.close()
        return socket

    def restart(self):
        for side in self.sides:
            side.close()
        for name in list(self.servers.running):
            self.servers.stop(name)
        self.start()

    def advance(self, milliseconds):
        """The clock of both goes on, and all that follows from it has happened."""
        self.clock.advance(milliseconds)
        for _ in range(2):           # timers run behind the requests of a round of the event loop
            for side in self.sides:
                side.control.call(b"PING")

    def empty(self, groups):
        """Both hold nothing; `groups`: what kinds of commands they were sent."""
        lines = [b"FLUSHALL ASYNC"] + [line for group in sorted(groups) for line in LEFTOVERS.get(group, [])]
        request = b"".join(line + b"\r\n" for line in lines)
        for side in self.sides:
            side.control.send(request)
        for side in self.sides:
            if not side.control.wait(10, replies=len(lines)):
                raise ConnectionError("a Redis does not answer")
            for line, reply in zip(lines, side.control.take(len(lines))):
                if reply.startswith(b"-"):
                    raise ConnectionError(f"{line}: {reply}")


def start_proxy(binary):
    """What Pair needs to put a proxy without mappings before its second Redis."""
    def start(servers, redis):
        socket = servers.directory / "proxy.sock"
        config = servers.write("proxy.toml", f'[server]\nlisten = ["unix:{socket}"]\nworkers = 2\n[admin]\nlisten = ""\n'
                                             f'[redis]\nurl = "unix://{redis}"\n[log]\nlevel = "warning"\n')
        servers.start("proxy", [binary, "serve", "--config", config], socket, stop_with="KILL")
        return socket
    return start


def dumps(client):
    """What DUMP says of one value of each type; the keys are gone afterwards."""
    made = []
    for command in (b"SET %s 12", b"SET %s text", b"RPUSH %s a b c", b"SADD %s 1 2", b"SADD %s a b", b"HSET %s f1 v n 1", b"ZADD %s 1 a 2 b",
                    b"XADD %s 1-1 f v"):
        client.call(*(command % b"dumped").split())
        reply = client.call(b"DUMP", b"dumped")
        made.append(reply[reply.index(b"\r\n") + 2:-2])
        client.call(b"DEL", b"dumped")
    return made + [b"", b"nonsense", made[0][:-1] + b"x"]
