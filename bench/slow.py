#!/usr/bin/env python3
"""PostgreSQL takes 200 ms for each query: what clients notice whose keys Redis holds.

    python3 bench/slow.py --postgres URL [--rounds N] [--seconds S] [--csv FILE]

16 clients miss a key of their own again and again, so that all connections to PostgreSQL are busy and others wait. Meanwhile, and without them, in turns,
one client reads keys that Redis holds, and one reads a key in the near cache. Prints a table: p50 and p99 of these, and the median of the rounds' ratios.
"""
import argparse
import itertools
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from figures import Rows, percentile, quartiles, timed  # noqa: E402
from resp import Client, ask, command  # noqa: E402
from servers import BenchServers, connect  # noqa: E402

SLOW_CLIENTS = 16
VALUE = b"x" * 100
SECTIONS = """[postgres]
url = "{postgres}"
[mapping.slow]
key = "slow:{{id:int}}"
ttl = "1h"
query = "SELECT pg_sleep(0.2)::text || CAST(:id AS bigint)::text AS value"
[mapping.hit]
key = "hit:{{id:int}}"
ttl = "1h"
query = "SELECT CAST(:id AS bigint)::text AS value"
[mapping.near]
key = "near:{{id:int}}"
ttl = "1h"
query = "SELECT CAST(:id AS bigint)::text AS value"
near_cache = true
"""


class SlowClients:
    """Miss for as long as the `with` block runs; they spend their time waiting, so threads will do."""

    ids = itertools.count(1)

    def __init__(self, port):
        self.port, self.ended, self.misses = port, threading.Event(), 0

    def __enter__(self):
        self.threads = [threading.Thread(target=self._run) for _ in range(SLOW_CLIENTS)]
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for each in self.threads:
            each.join()

    def _run(self):
        client = Client(connect(self.port, 30))
        while not self.ended.is_set():
            client.call(command("GET", f"slow:{next(self.ids)}"))
            self.misses += 1


def latencies(client, kind, seconds):
    request, taken, end = command("GET", f"{kind}:1"), [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        taken.append(timed(client.call, request))
    return percentile(taken, 0.5), percentile(taken, 0.99)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", required=True, metavar="URL")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--seconds", type=float, default=1, metavar="S", help="of one measurement")
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    rows, found = Rows(), {kind: [] for kind in ("hit", "near")}
    with BenchServers("respgres-slow-") as servers:
        redis_port = servers.redis()
        port, _ = servers.respgres(redis_port, SECTIONS.format(postgres=options.postgres))
        with connect(redis_port) as redis:
            for kind in found:
                ask(redis, command("SET", f"{kind}:1", VALUE, "EX", 43200), b"+OK\r\n")
        client = Client(connect(port, 30))
        for _, (kind, measured) in itertools.product(range(options.rounds), found.items()):
            alone = latencies(client, kind, options.seconds)
            with SlowClients(port) as slow:
                beside = latencies(client, kind, options.seconds)
            if slow.misses < SLOW_CLIENTS:
                sys.exit("the slow clients were not answered")
            measured.append((*alone, *beside))
    print(f"| one client | p50 / p99 alone, ms | beside {SLOW_CLIENTS} that miss | ratio of p50 | of p99 |\n|---|---:|---:|---:|---:|")
    for kind, measured in found.items():
        p50_alone, p99_alone, p50_beside, p99_beside = (statistics.median(column) * 1e3 for column in zip(*measured))
        p50, p99 = (quartiles([each[i + 2] / each[i] for each in measured]) for i in (0, 1))
        rows.add(f"slow.{kind}.p50", *p50)
        rows.add(f"slow.{kind}.p99", *p99)
        print(f"| {kind} | {p50_alone:.3f} / {p99_alone:.3f} | {p50_beside:.3f} / {p99_beside:.3f} | {p50[0]:.2f} | {p99[0]:.2f} |")
    rows.write(options.csv)


main()
