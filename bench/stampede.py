#!/usr/bin/env python3
"""A key expires, and everybody asks for it at once: how often PostgreSQL is asked, and how long the last client waits.

    python3 bench/stampede.py --postgres URL [--clients N] [--rounds N] [--csv FILE]

The query takes a second. N clients (10000) over three proxies with one Redis and one PostgreSQL, whose own statistics (pg_stat_statements) count the
queries. The lone query is a single client's miss of another key. Prints a table.
"""
import argparse
import resource
import select
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from figures import Rows, quartiles, timed  # noqa: E402
from postgres import sql  # noqa: E402
from resp import ask, command, receive  # noqa: E402
from servers import BenchServers, connect  # noqa: E402

PROXIES = 3
VALUE = b"$5\r\nvalue\r\n"
SETUP = """
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE OR REPLACE FUNCTION slow_value(bigint) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN 'value'; END $$;
"""
COUNT = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE 'SELECT slow_value(%'"
SECTIONS = """[postgres]
url = "{postgres}"
[mapping.slow]
key = "slow:{{id:int}}"
ttl = "2s"
fill_timeout = "10s"
query = "SELECT slow_value(:id) AS value"
"""


def wait_until(redis, key, there):
    """Until Redis holds the key, or does no more. A fill answers before it has stored the value."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        redis.sendall(command("EXISTS", key))
        if receive(redis, 4) == (b":1\r\n" if there else b":0\r\n"):
            return
        time.sleep(0.01)
    sys.exit(f"{key} is not {'stored' if there else 'expired'}")


def stampede(clients, request):
    """The seconds that each client waits."""
    poller, sent, waited = select.epoll(), {}, []
    by_number = {each.fileno(): each for each in clients}
    for number in by_number:
        poller.register(number, select.EPOLLIN)
    for number, connection in by_number.items():
        connection.sendall(request)
        sent[number] = time.perf_counter()
    while len(waited) < len(clients):
        ready = poller.poll(30)
        if not ready:
            sys.exit(f"{len(clients) - len(waited)} clients got no answer within 30 s")
        for number, _ in ready:
            if receive(by_number[number], len(VALUE)) != VALUE:
                sys.exit("a wrong reply")
            waited.append(time.perf_counter() - sent[number])
    return waited


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", required=True, metavar="URL")
    parser.add_argument("--clients", type=int, default=10_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < options.clients + 500:
        sys.exit(f"{options.clients + 500} open files are needed, the limit is {hard}: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sql(options.postgres, SETUP)
    queries, slowest = [], []
    with BenchServers("respgres-stampede-") as servers:
        redis_port = servers.redis()
        ports = [servers.respgres(redis_port, SECTIONS.format(postgres=options.postgres), name=f"respgres_{i}")[0] for i in range(PROXIES)]
        clients = [connect(ports[i % PROXIES], 30) for i in range(options.clients)]
        for connection in clients:
            ask(connection, command("PING"), b"+PONG\r\n")
        with connect(redis_port) as redis:
            for i in range(options.rounds):
                hot, request = f"slow:{2 * i}", command("GET", f"slow:{2 * i}")
                lone = timed(ask, clients[0], command("GET", f"slow:{2 * i + 1}"), VALUE)
                ask(clients[0], request, VALUE)
                wait_until(redis, hot, True)
                wait_until(redis, hot, False)
                before = int(sql(options.postgres, COUNT))
                waited = stampede(clients, request)
                queries.append(int(sql(options.postgres, COUNT)) - before)
                slowest.append(max(waited) / lone)
                if queries[-1] == 0:
                    sys.exit("nobody missed the key")
    rows = Rows()
    rows.add("stampede.queries", max(queries))
    rows.add("stampede.slowest", *quartiles(slowest))
    print(f"| {options.clients} clients, {PROXIES} proxies | queries, the most of {options.rounds} rounds | slowest client / lone query, median |")
    print(f"|---|---:|---:|\n| one expired key | {max(queries)} | {quartiles(slowest)[0]:.2f} |")
    rows.write(options.csv)


main()
