#!/usr/bin/env python3
"""The change stream's cost to PostgreSQL's commits, and one transaction of 100 000 rows: how fast its keys go, and what hits notice meanwhile.

    python3 bench/changes.py --postgres URL --pgbench FILE [--rounds N] [--seconds S] [--rows N] [--csv FILE]

Commits: pgbench updates rows by primary key over 8 connections: with a proxy that follows the change stream; with pg_recvlogical, which only reads it, as
what PostgreSQL itself takes; and without a slot. In turns, each round in the other direction; the median of the rounds' ratios. The transaction: Redis holds a key for each row; from the acknowledged COMMIT to the last key gone; one client reads another
mapping's key through the proxy all the time. Prints a table.
"""
import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from figures import Rows, percentile, quartiles, timed  # noqa: E402
from postgres import PATIENCE, sql, wait_until_followed  # noqa: E402
from resp import Client, command  # noqa: E402
from servers import BenchServers, connect  # noqa: E402

SETUP = """
CREATE TABLE items (id bigint PRIMARY KEY, name text);
INSERT INTO items SELECT i, 'item ' || i FROM generate_series(1, {rows}) AS i;
CREATE TABLE others (id bigint PRIMARY KEY, name text);
INSERT INTO others VALUES (1, 'other');
CREATE PUBLICATION respgres FOR TABLE items, others;
"""
SECTIONS = """[postgres]
url = "{postgres}"
[freshness]
source = "replication"
[mapping.item]
key = "item:{{id:int}}"
ttl = "1h"
query = "SELECT name FROM items WHERE id = :id"
[mapping.other]
key = "other:{{id:int}}"
ttl = "1h"
query = "SELECT name FROM others WHERE id = :id"
"""
OTHER = "other:1"
HIT = command("GET", OTHER)


def commits_per_second(options, directory):
    script = directory / "update.sql"
    script.write_text(f"\\set id random(1, {options.rows})\nUPDATE items SET name = 'changed' WHERE id = :id;\n")
    done = subprocess.run([options.pgbench, "-n", "-M", "prepared", "-c", "8", "-j", "1", "-T", str(options.seconds), "-f", script, options.postgres],
                          capture_output=True, text=True)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    return float(found.group(1)) if found else sys.exit(f"pgbench failed:\n{done.stdout}{done.stderr}")


def drop_slot(options):
    """The walsender ends a moment after its client."""
    deadline = time.monotonic() + PATIENCE
    while sql(options.postgres, "SELECT count(*) FROM pg_replication_slots WHERE active") != "0" and time.monotonic() < deadline:
        time.sleep(0.05)
    sql(options.postgres, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")


def with_proxy(options, servers, start):
    start()
    found = commits_per_second(options, servers.directory)
    servers.stop("respgres")
    drop_slot(options)
    return found


def with_reader(options, servers, _):
    """pg_recvlogical, which throws away what it reads."""
    sql(options.postgres, "SELECT pg_create_logical_replication_slot('reader', 'pgoutput')")
    reader = subprocess.Popen([Path(options.pgbench).with_name("pg_recvlogical"), "-d", options.postgres, "--slot", "reader", "--start", "-f", "/dev/null",
                               "-o", "proto_version=2", "-o", "streaming=on", "-o", "messages=true", "-o", "publication_names=respgres"])
    try:
        return commits_per_second(options, servers.directory)
    finally:
        reader.terminate()
        reader.wait()
        drop_slot(options)


def without_slot(options, servers, _):
    return commits_per_second(options, servers.directory)


def compare_commits(options, servers, start):
    """commits/s with a proxy and with a mere reader of the change stream / without, round by round."""
    kinds, ratios = [with_proxy, with_reader, without_slot], []
    for _ in range(options.rounds):
        speed = {kind: kind(options, servers, start) for kind in kinds}
        ratios.append((speed[with_proxy] / speed[without_slot], speed[with_reader] / speed[without_slot]))
        kinds.reverse()
    return zip(*ratios)


class Transaction:
    """All rows in one transaction, whose COMMIT comes when it is told to."""

    def __init__(self, url):
        self.psql = subprocess.Popen(["psql", url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._run("BEGIN; UPDATE items SET name = name || '!';")

    def commit(self):
        self._run("COMMIT;")

    def end(self):
        self.psql.stdin.close()
        self.psql.wait()

    def _run(self, text):
        self.psql.stdin.write(f"{text}\n\\echo done\n")
        self.psql.stdin.flush()
        if self.psql.stdout.readline() != "done\n":
            sys.exit("the transaction failed")


def hits_for(proxy, seconds):
    end, taken = time.perf_counter() + seconds, []
    while time.perf_counter() < end:
        taken.append(timed(proxy.call, HIT))
    return taken


def keys_in(redis):
    return int(redis.call(command("DBSIZE"))[1:])


def apply_transaction(options, proxy, redis):
    """(rows per second, p50 of hits meanwhile / before)."""
    for first in range(1, options.rows + 1, 1000):
        redis.call(command("MSET", *(word for i in range(first, min(first + 1000, options.rows + 1)) for word in (f"item:{i}", "old"))))
    before = hits_for(proxy, 1)
    left = keys_in(redis) - options.rows
    transaction = Transaction(options.postgres)
    transaction.commit()
    start, meanwhile = time.perf_counter(), []
    while keys_in(redis) > left + 2:                       # a watermark or a lease may have come
        meanwhile += [timed(proxy.call, HIT) for _ in range(10)]
        if time.perf_counter() - start > PATIENCE:
            sys.exit(f"{keys_in(redis) - left} keys are still there")
    took = time.perf_counter() - start
    transaction.end()
    return options.rows / took, percentile(meanwhile or before, 0.5) / percentile(before, 0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", required=True, metavar="URL")
    parser.add_argument("--pgbench", required=True, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--seconds", type=int, default=4, metavar="S", help="of one run of pgbench")
    parser.add_argument("--rows", type=int, default=100_000, metavar="N")
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    sql(options.postgres, SETUP.format(rows=options.rows))
    with BenchServers("respgres-changes-") as servers:
        redis_port = servers.redis()

        def start():
            port, _ = servers.respgres(redis_port, SECTIONS.format(postgres=options.postgres))
            proxy = Client(connect(port, 30))
            wait_until_followed(proxy, OTHER)
            return proxy
        commits, reader = (quartiles(list(column)) for column in compare_commits(options, servers, start))
        proxy, redis = start(), Client(connect(redis_port, 30))
        applied = [apply_transaction(options, proxy, redis) for _ in range(options.rounds)]
    rows = Rows()
    speed, hits = (quartiles(list(column)) for column in zip(*applied))
    rows.add("changes.commits", *commits)
    rows.add("changes.pg_recvlogical", *reader)
    rows.add("changes.rows", *speed)
    rows.add("changes.hits", *hits)
    print("| commits/s with / without the change stream | the same of pg_recvlogical | rows/s of one large transaction | p50 of hits meanwhile / before |")
    print(f"|---:|---:|---:|---:|\n| {commits[0]:.2f} | {reader[0]:.2f} | {speed[0]:.0f} | {hits[0]:.2f} |")
    rows.write(options.csv)


main()
