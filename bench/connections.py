#!/usr/bin/env python3
"""Many connections that do nothing, or too little: what they cost, side by side in front of Redis, nutcracker and respgres.

    python3 bench/connections.py [--idle N] [--slow N] [--rounds N] [--seconds S]

Prints two tables. Memory of an idle connection: the growth of each server's resident memory with N connections (10000) that have asked once. Slow
clients: the 99th percentile of 50 good clients' GETs, alone and beside N clients (9500) that each sent half a command; both are measured in turns, and
the median of the rounds' ratios is shown. respgres closes half commands after request_timeout (10 s), so a round is shorter than that.
The limit of open files must allow it; RESPGRES_BINARY, or build/release/bin/respgres, is measured. Nothing else may run on the machine for figures
worth keeping.
"""
import argparse
import os
import resource
import select
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
from local_servers import LocalServers, connect, free_port, program  # noqa: E402

GOOD = 50
GET, VALUE = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$5\r\nvalue\r\n"
HALF = b"*2\r\n$3\r\nGET\r\n$100\r\nha"


def start(servers, most):
    """{name: port}; each proxy has the one Redis behind it."""
    redis, proxy, nutcracker, statistics_port = (free_port() for _ in range(4))
    servers.start("redis", [program("redis-server"), "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--maxclients", str(most), "--dir",
                            servers.directory], redis)
    config = servers.write("respgres.toml", f'[server]\nlisten = ["127.0.0.1:{proxy}"]\nmax_clients = {most}\n[admin]\nlisten = ""\n'
                                            f'[redis]\nurl = "redis://127.0.0.1:{redis}/0"\n')
    binary = os.path.abspath(os.environ.get("RESPGRES_BINARY") or ROOT / "build/release/bin/respgres")
    servers.start("respgres", [binary, "serve", "--config", config], proxy)
    yaml = servers.write("nutcracker.yml", f"bench:\n  listen: 127.0.0.1:{nutcracker}\n  redis: true\n  backlog: 4096\n  servers:\n   - 127.0.0.1:{redis}:1\n")
    servers.start("nutcracker", [program("nutcracker"), "-c", yaml, "-a", "127.0.0.1", "-s", str(statistics_port), "-p",
                                 servers.directory / "nutcracker.pid"], nutcracker)
    return {"redis": redis, "nutcracker": nutcracker, "respgres": proxy}


def resident_bytes(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no VmRSS")


def receive(connection, size):
    data = b""
    while len(data) < size:
        got = connection.recv(size - len(data))
        if not got:
            raise ConnectionError("closed by the server")
        data += got
    return data


def asked(port):
    """A connection that has been used once."""
    connection = connect(port, 10)
    connection.sendall(GET)
    receive(connection, len(VALUE))
    return connection


def idle_bytes(process, port, count):
    warm = [asked(port) for _ in range(100)]         # what the first ones cost once
    before = resident_bytes(process)
    connections = [asked(port) for _ in range(count)]
    grown = resident_bytes(process) - before
    for connection in (*warm, *connections):
        connection.close()
    return grown / count


def percentile_of_good(port, seconds):
    """The 99th percentile in seconds of GOOD clients, each of which asks again when it was answered."""
    poller, clients, asked_at, taken = select.epoll(), {}, {}, []
    for _ in range(GOOD):
        connection = connect(port, 10)
        clients[connection.fileno()] = connection
        poller.register(connection, select.EPOLLIN)
        asked_at[connection.fileno()] = time.perf_counter()
        connection.sendall(GET)
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        for number, _ in poller.poll(1):
            if receive(clients[number], len(VALUE)) != VALUE:
                raise ValueError("a wrong reply")
            now = time.perf_counter()
            taken.append(now - asked_at[number])
            asked_at[number] = now
            clients[number].sendall(GET)
    for connection in clients.values():
        connection.close()
    return statistics.quantiles(taken, n=100)[98]


def beside_slow(port, count, seconds):
    slow = []
    for _ in range(count):
        connection = connect(port, 10)
        connection.sendall(HALF)
        slow.append(connection)
    found = percentile_of_good(port, seconds)
    for connection in slow:
        connection.close()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=10_000, metavar="N")
    parser.add_argument("--slow", type=int, default=9500, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--seconds", type=float, default=3, metavar="S", help="of one measurement")
    options = parser.parse_args()
    needed = max(options.idle, options.slow) + 500
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < needed:
        sys.exit(f"{needed} open files are needed, the limit is {hard}: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with LocalServers("respgres-connections-") as servers:
        ports = start(servers, needed)
        with connect(ports["redis"]) as connection:
            connection.sendall(b"SET k value\r\n")
            receive(connection, 5)
        print(f"| in front | bytes per idle connection ({options.idle}) |\n|---|---|", flush=True)
        for name, port in ports.items():
            print(f"| {name} | {idle_bytes(servers.running[name], port, options.idle):.0f} |", flush=True)
        print(f"\n| in front | p99 of {GOOD} good clients, ms | beside {options.slow} slow ones, ms | ratio |\n|---|---|---|---|", flush=True)
        for name, port in ports.items():
            rounds = [(percentile_of_good(port, options.seconds), beside_slow(port, options.slow, options.seconds)) for _ in range(options.rounds)]
            alone, beside = (statistics.median(column) * 1000 for column in zip(*rounds))
            ratio = statistics.median(second / first for first, second in rounds)
            print(f"| {name} | {alone:.2f} | {beside:.2f} | {ratio:.2f} |", flush=True)
        if servers.died():
            sys.exit(f"{servers.died()} ended by itself")


main()
