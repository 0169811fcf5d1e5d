#!/usr/bin/env python3
"""Many connections that do nothing, or too little: what they cost, side by side in front of Redis, nutcracker and respgres.

    python3 bench/connections.py [--idle N] [--slow N] [--rounds N] [--seconds S] [--csv FILE]

Prints two tables. Memory of a connection: the growth of each server's resident memory with N connections (10000), before they have sent anything, and idle
again after each has asked once. Slow clients: the 99th percentile of 50 good clients' GETs, alone and beside N clients (9500) that each sent half a
command; both are measured in turns, and the median of the rounds' ratios is shown. respgres closes half commands after request_timeout
(10 s), so a round is shorter than that. The limit of open files must allow it; RESPGRES_BINARY, or build/release/bin/respgres, is measured. Nothing else
may run on the machine for figures worth keeping.
"""
import argparse
import resource
import select
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from resp import ask, receive  # noqa: E402
from servers import BenchServers, connect, free_port, program  # noqa: E402

GOOD = 50
GET, VALUE = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$5\r\nvalue\r\n"
HALF = b"*2\r\n$3\r\nGET\r\n$100\r\nha"


def start(servers, most):
    """{name: port}; each proxy has the one Redis behind it."""
    redis = servers.redis("redis", "--maxclients", str(most))
    proxy, _ = servers.respgres(redis, server=f"max_clients = {most}\n")
    nutcracker, statistics_port = free_port(), free_port()
    yaml = servers.write("nutcracker.yml", f"bench:\n  listen: 127.0.0.1:{nutcracker}\n  redis: true\n  backlog: 4096\n  servers:\n   - 127.0.0.1:{redis}:1\n")
    servers.start("nutcracker", [program("nutcracker"), "-c", yaml, "-a", "127.0.0.1", "-s", str(statistics_port), "-p",
                                 servers.directory / "nutcracker.pid"], nutcracker)
    return {"redis": redis, "nutcracker": nutcracker, "respgres": proxy}


def resident_bytes(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no VmRSS")


def settled_bytes(process):
    """The resident memory once it has not changed for a second, or after ten: buffers are given back with a delay."""
    deadline, size, since = time.monotonic() + 10, resident_bytes(process), time.monotonic()
    while time.monotonic() < min(deadline, since + 1):
        time.sleep(0.05)
        if resident_bytes(process) != size:
            size, since = resident_bytes(process), time.monotonic()
    return size


def bytes_per_connection(process, port, count):
    """Of one that has not been used, and of one that is idle again after use."""
    warm = [connect(port, 10) for _ in range(100)]         # what the first ones cost once
    for connection in warm:
        ask(connection, GET, VALUE)
    before = settled_bytes(process)
    connections = [connect(port, 10) for _ in range(count)]
    ask(connections[-1], GET, VALUE)                       # all of them have been accepted by then
    unused = settled_bytes(process) - before
    for connection in connections:
        ask(connection, GET, VALUE)
    used = settled_bytes(process) - before
    for connection in (*warm, *connections):
        connection.close()
    return unused / count, used / count


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
    parser.add_argument("--csv", metavar="FILE", help="the figures, as bench/report reads them")
    options = parser.parse_args()
    needed = max(options.idle, options.slow) + 500
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < needed:
        sys.exit(f"{needed} open files are needed, the limit is {hard}: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = ["id,value"]
    with BenchServers("respgres-connections-") as servers:
        ports = start(servers, needed)
        with connect(ports["redis"]) as connection:
            ask(connection, b"SET k value\r\n", b"+OK\r\n")
        print(f"| in front | bytes per connection ({options.idle}), not used yet | idle again after use |\n|---|---:|---:|", flush=True)
        for name, port in ports.items():
            unused, used = bytes_per_connection(servers.running[name], port, options.idle)
            rows += [f"connections.{name}.idle,{unused:.1f}", f"connections.{name}.used,{used:.1f}"]
            print(f"| {name} | {unused:.0f} | {used:.0f} |", flush=True)
        print(f"\n| in front | p99 of {GOOD} good clients, ms | beside {options.slow} slow ones, ms | ratio |\n|---|---|---|---|", flush=True)
        for name, port in ports.items():
            rounds = [(percentile_of_good(port, options.seconds), beside_slow(port, options.slow, options.seconds)) for _ in range(options.rounds)]
            alone, beside = (statistics.median(column) * 1000 for column in zip(*rounds))
            ratio = statistics.median(second / first for first, second in rounds)
            rows.append(f"connections.{name}.beside_slow,{ratio:.4f}")
            print(f"| {name} | {alone:.2f} | {beside:.2f} | {ratio:.2f} |", flush=True)
        if servers.died():
            sys.exit(f"{servers.died()} ended by itself")
    if options.csv:
        Path(options.csv).write_text("\n".join(rows) + "\n")


main()
