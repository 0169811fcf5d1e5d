#!/usr/bin/env python3
"""What the dashboard's readers wait: five kinds of keys, from PostgreSQL, from Redis, and through the proxy.

    python3 bench/latency.py --postgres URL [--turns N] [--csv FILE]

The database holds the betting tables; the mappings are those of conf/betting.toml. One client asks for one thing after the other, in one way after the
other in turns of random order: PostgreSQL by libpq with a prepared statement over its Unix socket, the others over TCP. A miss is a key that was
deleted just before. Prints a table: p50 and p99 in ms.
"""
import argparse
import random
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from figures import Rows, percentile, timed  # noqa: E402
from postgres import Prepared, sql  # noqa: E402
from resp import Client, command  # noqa: E402
from servers import BenchServers, connect, shipped_mappings, stats  # noqa: E402

TURN = 20                                      # reads of one kind in one way, before it is another way's turn


@dataclass(frozen=True)
class Kind:
    title: str
    mapping: str
    read: str                                  # the command
    key: str                                   # with the capture as {}
    capture: str                               # SQL for a value that has rows
    name: str                                  # of the capture
    heavy: bool = False                        # its query is asked once a turn


KINDS = (
    Kind("active bets", "active_bets", "GET", "active_bets:limit_{}", "SELECT 100", "limit"),
    Kind("session", "session", "HGETALL", "session:{}", "SELECT session_id FROM sessions WHERE expires_at > now() LIMIT 1", "session_id"),
    Kind("recent counts", "bet_count", "GET", "bet_count:{}", "SELECT 'OPEN'", "status", True),
    Kind("daily settlement", "daily_settlement", "GET", "daily_settlement:{}",
         "SELECT (max(settled_at) AT TIME ZONE 'UTC')::date FROM bets", "day", True),
    Kind("user activity", "user_bets", "GET", "user_bets:{}", "SELECT user_id FROM bets LIMIT 1", "user_id"),
)
WAYS = ("PostgreSQL", "Redis", "miss", "hit", "near hit")


def misses(proxy, key, request, count):
    """Through the proxy a DEL drops the lease, too: the fill before, which answers before it stores, cannot store any more."""
    taken = []
    for _ in range(count):
        proxy.call(command("DEL", key))
        taken.append(timed(proxy.call, request))
    return taken


def hits(client, request, counter):
    """A turn that the counter did not see all reads of is thrown away: the key has expired meanwhile, or the near cache has it not yet."""
    client.call(request)
    client.call(request)
    before = counter()
    taken = [timed(client.call, request) for _ in range(TURN)]
    return taken if counter() - before == TURN else []


def counter_of(admin, mapping, name):
    return lambda: stats(admin)["mappings"][mapping][name]


def measure(options, kind, ports, query):
    """{way: seconds of each sample}, in turns; a way that there is not for this kind stays empty."""
    capture = sql(options.postgres, kind.capture)
    key = kind.key.format(capture)
    request, few = command(kind.read, key), 1 if kind.heavy else TURN
    statement = Prepared(options.postgres, query.replace(f":{kind.name}", "'" + capture.replace("'", "''") + "'"))
    proxy, near, redis = (Client(connect(ports[name], 30)) for name in ("proxy", "near", "redis"))
    if proxy.call(request) in (b"$-1\r\n", b"*0\r\n") or statement.run() == 0:
        sys.exit(f"{key} has no rows")
    counter = {name: counter_of(ports[f"{name}_admin"], kind.mapping, counted) for name, counted in (("proxy", "hits"), ("near", "near_hits"))}

    def from_redis():
        proxy.call(request)                    # which fills it, should it have expired
        return [timed(redis.call, request) for _ in range(TURN)]
    turns = {"PostgreSQL": lambda: [timed(statement.run) for _ in range(few)], "Redis": from_redis,
             "miss": lambda: misses(proxy, key, request, few), "hit": lambda: hits(proxy, request, counter["proxy"])}
    if kind.read == "GET":                     # the near cache keeps replies to it alone
        turns["near hit"] = lambda: hits(near, request, counter["near"])
    found = {way: [] for way in turns}
    for _ in range(options.turns):
        for way in random.sample(list(turns), len(turns)):
            found[way] += turns[way]()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", required=True, metavar="URL")
    parser.add_argument("--turns", type=int, default=50, metavar="N", help="of each way, of 20 reads; of one where a query is heavy")
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    queries = {name: mapping["query"] for name, mapping in tomllib.loads(shipped_mappings())["mapping"].items()}
    rows = Rows()
    print("| p50 / p99, ms | " + " | ".join(WAYS) + " |\n|---|" + "---:|" * len(WAYS))
    with BenchServers("respgres-latency-") as servers:
        ports = {"redis": servers.redis()}
        for name in ("proxy", "near"):
            every = dict.fromkeys(queries, "near_cache = true") if name == "near" else {}
            sections = f'[postgres]\nurl = "{options.postgres}"\n{shipped_mappings(every)}'
            ports[name], ports[f"{name}_admin"] = servers.respgres(ports["redis"], sections, name=name)
        for kind in KINDS:
            found = measure(options, kind, ports, queries[kind.mapping])
            cells = []
            for way in WAYS:
                taken = [each * 1e3 for each in found.get(way, [])]
                cells.append(f"{percentile(taken, 0.5):.3f} / {percentile(taken, 0.99):.3f}" if taken else "-")
                if taken:
                    rows.add(f"latency.{kind.mapping}.{way.replace(' ', '_')}", percentile(taken, 0.5))
            print(f"| {kind.title} (`{kind.read} {kind.key.format('...')}`) | " + " | ".join(cells) + " |", flush=True)
    rows.write(options.csv)


main()
