"""The servers that the Python benchmarks start: private, on free ports of loopback, gone at the end."""
import json
import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30                                  # seconds
sys.path.insert(0, str(ROOT / "tests/support"))
from local_servers import LocalServers, connect, free_port, program  # noqa: E402


def respgres_binary(given=None):
    binary = Path(given or os.environ.get("RESPGRES_BINARY") or ROOT / "build/release/bin/respgres").absolute()
    return str(binary) if binary.exists() else sys.exit(f"{binary} is not built")


class BenchServers(LocalServers):
    def redis(self, name="redis", *options):
        port = free_port()
        self.start(name, [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", self.directory, *options], port)
        return port

    def respgres(self, redis_port, sections="", binary=None, name="respgres", server="", launcher=()):
        """Starts a proxy with one worker; returns its port and the admin port."""
        port, admin = free_port(), free_port()
        config = self.write(f"{name}.toml", f'[server]\nlisten = ["127.0.0.1:{port}"]\nworkers = 1\n{server}[admin]\nlisten = "127.0.0.1:{admin}"\n'
                                            f'[redis]\nurl = "redis://127.0.0.1:{redis_port}/0"\n{sections}')
        self.start(name, [*launcher, respgres_binary(binary), "serve", "--config", config], port)
        self._wait_for(name, admin)                # which it opens a moment later than the clients' port
        return port, admin

    def _wait_for(self, name, port):
        deadline = time.monotonic() + PATIENCE
        while self.running[name].poll() is None and time.monotonic() < deadline:
            try:
                connect(port).close()
                return
            except OSError:
                time.sleep(0.01)
        sys.exit(f"{name} does not listen on its admin port")

    def absent_postgres(self):
        """The URL of a PostgreSQL that is not there: for what does not reach it, but must name one. The port stays ours, so that nobody else takes it."""
        self.reserved = socket.socket()
        self.reserved.bind(("127.0.0.1", 0))
        return f"postgresql://nobody@127.0.0.1:{self.reserved.getsockname()[1]}/nothing"


def stats(admin_port):
    with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/stats", timeout=30) as answer:
        return json.load(answer)


def shipped_mappings(additions=None):
    """The mappings of conf/betting.toml as text, with lines more: {mapping: line}."""
    text = (ROOT / "conf/betting.toml").read_text()
    for name, line in (additions or {}).items():
        head = f"[mapping.{name}]\n"
        if head not in text:
            sys.exit(f"conf/betting.toml has no {head.strip()} any more")
        text = text.replace(head, f"{head}{line}\n")
    return text[text.index("[mapping."):]
