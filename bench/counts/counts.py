#!/usr/bin/env python3
"""User instructions, allocations and system calls per request: what hardly depends on the machine, and so can be a gate.

    python3 bench/counts/counts.py [--binary FILE] [--only CASE,...] [--csv FILE] [--check] [--profile DIR]

50 connections send a fixed number of GETs (in the cases named set_ of SETs) of 100 bytes in a closed loop. Instructions are counted by callgrind (the kernel's are not among them), system
calls by strace, after a warm-up that shows where the replies come from. Each count is the least of three rounds: when something else takes the cores, fewer
requests wait at once, and what the proxy does once for all that wait is shared by fewer. For the same reason there are up to ten rounds as long as a count
is above its limit (limits.py). --check fails when it stays there; --profile leaves callgrind's files and their annotations in DIR.
"""
import argparse
import random
import sys
import tempfile
import time
from math import inf
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import limits  # noqa: E402
from callgrind import Callgrind  # noqa: E402
from resp import ask, closed_loop, command  # noqa: E402
from servers import BenchServers, connect, stats  # noqa: E402
from system_calls import Strace  # noqa: E402

CONNECTIONS = 50
VALUE = b"x" * 100
REPLY = b"$100\r\n" + VALUE + b"\r\n"
KEYS = range(1000, 2000)                       # of four digits each, so that all requests are of one size
KINDS = ("near", "hit", "forward", "set")      # prefixes of keys, see SECTIONS
DEPTHS = (1, 16, 64)
PATIENCE = 60                                  # seconds, until all keys are in the near cache
ROUNDS, MOST_ROUNDS = 3, 10

# Redis holds all keys, so PostgreSQL is never asked; long bounds, so that little happens but the requests.
SECTIONS = """
[postgres]
url = "{postgres}"
reconnect_max = "1h"
[freshness]
bound = "1h"
[mapping.near]
key = "near:{{id:int}}"
ttl = "12h"
query = "SELECT 'x' FROM nothing WHERE id = :id"
near_cache = true
[mapping.hit]
key = "hit:{{id:int}}"
ttl = "12h"
query = "SELECT 'x' FROM nothing WHERE id = :id"
"""


def request(kind, key):
    """The bytes of one command, and of its reply."""
    return (command("SET", f"{kind}:{key}", VALUE), b"+OK\r\n") if kind == "set" else (command("GET", f"{kind}:{key}"), REPLY)


class Proxy:
    """A proxy in front of a Redis that has all keys, and 50 connections to it."""

    def __init__(self, servers, binary, launcher=()):
        redis = servers.redis()
        with connect(redis, 10) as connection:
            for kind in KINDS:
                for key in KEYS:
                    ask(connection, command("SET", f"{kind}:{key}", VALUE, "EX", 43200), b"+OK\r\n")
        self.port, self.admin = servers.respgres(redis, SECTIONS.format(postgres=servers.absent_postgres()), binary, launcher=launcher)
        self.pid = servers.running["respgres"].pid
        self.connections = [connect(self.port, 60) for _ in range(CONNECTIONS)]

    def near_hits(self):
        return stats(self.admin)["near"]["hits"]

    def warm_up(self, kind):
        """Asks for each key until all replies come from where they shall."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            before = self.near_hits()
            for key in KEYS:
                ask(self.connections[key % CONNECTIONS], *request(kind, key))
            if self.near_hits() - before == (len(KEYS) if kind == "near" else 0):
                return
        sys.exit(f"the keys {kind}: are not answered from where they should")

    def send(self, kind, depth, requests):
        """Returns how many were sent: full batches."""
        choice = random.Random(1)
        batches = [b"".join(request(kind, choice.choice(KEYS))[0] for _ in range(depth)) for _ in range(256)]
        count = max(requests // depth, CONNECTIONS)
        closed_loop(self.connections, batches, depth * len(request(kind, KEYS[0])[1]), count)
        return count * depth

    def least(self, kind, count, limit):
        """The least result per request of some rounds of `count`, which returns (requests, result); all of them must be near hits, or none."""
        best = None
        for done in range(MOST_ROUNDS):
            if done >= ROUNDS and best[0] <= limit:
                break
            before = self.near_hits()
            requests, result = count()
            if self.near_hits() - before != (requests if kind == "near" else 0):
                sys.exit(f"not all replies for the keys {kind}: came from where they should")
            best = min(best or (inf, None), (result[0] / requests, result[1]), key=lambda each: each[0])
        return best


def instructions_and_allocations(binary, cases, requests, directory, profile):
    counted, allocated = {}, {}
    callgrind = Callgrind(directory)
    with BenchServers("respgres-counts-") as servers:
        proxy = Proxy(servers, binary, callgrind.launcher())
        for name, kind, depth in cases:
            def count(name=name, kind=kind, depth=depth):
                callgrind.on(proxy.pid)
                sent = proxy.send(kind, depth, requests)
                return sent, callgrind.off(proxy.pid, name)
            proxy.warm_up(kind)
            proxy.send(kind, depth, requests)
            counted[name], allocations = proxy.least(kind, count, limits.INSTRUCTIONS.get(name, inf))
            allocated[name] = allocations / requests
            if profile:
                callgrind.annotate(name)
            print(f"{name}: {counted[name]:.0f} user instructions, {allocated[name]:.4f} allocations per request", flush=True)
    return counted, allocated


def system_calls(binary, cases, requests):
    counted = {}
    with BenchServers("respgres-counts-") as servers:
        proxy = Proxy(servers, binary)
        for name, kind, depth in cases:
            def count(kind=kind, depth=depth):
                with Strace(proxy.pid, servers.directory) as strace:
                    sent = proxy.send(kind, depth, requests)
                return sent, (sum(strace.calls.values()), {call: number / sent for call, number in strace.calls.items()})
            proxy.warm_up(kind)
            counted[name], calls = proxy.least(kind, count, limits.SYSTEM_CALLS.get(name, inf))
            shown = ", ".join(f"{call} {number:.3f}" for call, number in sorted(calls.items(), key=lambda item: -item[1])[:5])
            print(f"{name}: {counted[name]:.3f} system calls per request ({shown})", flush=True)
    return counted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", help="respgres; RESPGRES_BINARY, or that of build/release")
    parser.add_argument("--only", default="", metavar="CASE,...", help="such as near_1,forward_16")
    parser.add_argument("--requests", type=int, default=5_000, metavar="N", help="in a round")
    parser.add_argument("--csv", metavar="FILE", help="the counts, as bench/report reads them")
    parser.add_argument("--check", action="store_true", help="fail when a count is above its limit")
    parser.add_argument("--profile", metavar="DIR", help="where callgrind's files shall be left")
    parser.add_argument("--no-system-calls", action="store_true", help="instructions only")
    options = parser.parse_args()
    cases = [(f"{kind}_{depth}", kind, depth) for kind in KINDS for depth in DEPTHS]
    known = {name for name, _, _ in cases}
    only = set(filter(None, options.only.split(",")))
    if only - known:
        parser.error(f"there is no case {', '.join(sorted(only - known))}; there are {', '.join(sorted(known))}")
    cases = [case for case in cases if not only or case[0] in only]
    with tempfile.TemporaryDirectory(prefix="respgres-callgrind-") as directory:
        by_callgrind, allocated = instructions_and_allocations(options.binary, cases, options.requests, options.profile or directory, options.profile)
    by_strace = {} if options.no_system_calls else system_calls(options.binary, [case for case in cases if case[2] == 1], options.requests)
    if options.csv:
        rows = [f"instructions_{name},{value:.1f}" for name, value in by_callgrind.items()]
        rows += [f"allocations_{name},{value:.4f}" for name, value in allocated.items()]
        rows += [f"system_calls_{name},{value:.4f}" for name, value in by_strace.items()]
        Path(options.csv).write_text("\n".join(["id,value", *rows]) + "\n")
    too_many = (limits.above(by_callgrind, limits.INSTRUCTIONS, "instructions") + limits.above(allocated, limits.ALLOCATIONS, "allocations") +
                limits.above(by_strace, limits.SYSTEM_CALLS, "system calls"))
    if options.check and too_many:
        sys.exit("\n".join(too_many))


main()
