#!/usr/bin/env python3
"""What one fill of the dashboard's key costs: rows that the proxy makes JSON of, beside PostgreSQL's json_agg.

    python3 bench/fills.py --postgres URL --postmaster PID [--cycles N] [--csv FILE]

The database holds the betting tables. Both kinds of keys are filled through the same proxy, over one connection to PostgreSQL, in turns of 20 misses by one
client; latency is that of the client's GET, CPU that of PostgreSQL's processes. Ratios are taken cycle by cycle. Prints a table.
"""
import argparse
import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from figures import Rows, cpu_seconds, quartiles, timed  # noqa: E402
from resp import Client, command  # noqa: E402
from servers import BenchServers, connect  # noqa: E402

TURN = 20
QUERY = """SELECT id, user_id, event_id, amount, status, placed_at FROM bets WHERE status = 'OPEN'
ORDER BY placed_at DESC, id DESC LIMIT LEAST(GREATEST(CAST(:limit AS bigint), 0), 1000)"""
KEYS = {"rows": "active_bets:limit_100", "json_agg": "agg_bets:limit_100"}
SECTIONS = f'''[postgres]
url = "{{postgres}}"
pool = 1
[mapping.rows]
key = "active_bets:limit_{{{{limit:int}}}}"
shape = "json"
ttl = "1h"
query = """{QUERY}"""
[mapping.json_agg]
key = "agg_bets:limit_{{{{limit:int}}}}"
ttl = "1h"
query = """SELECT json_agg(newest)::text AS value FROM ({QUERY}) AS newest"""
'''


def turn(proxy, key, postmaster):
    """Median latency and CPU of PostgreSQL, both in microseconds per fill. DEL through the proxy: the fill before cannot store any more then."""
    before, latencies = cpu_seconds(postmaster), []
    for _ in range(TURN):
        proxy.call(command("DEL", key))
        latencies.append(timed(proxy.call, command("GET", key)))
    return statistics.median(latencies) * 1e6, (cpu_seconds(postmaster) - before) / TURN * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", required=True, metavar="URL")
    parser.add_argument("--postmaster", required=True, type=int, metavar="PID")
    parser.add_argument("--cycles", type=int, default=40, metavar="N")
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    latency, cpu = {name: [] for name in KEYS}, {name: [] for name in KEYS}
    with BenchServers("respgres-fills-") as servers:
        port, _ = servers.respgres(servers.redis(), SECTIONS.format(postgres=options.postgres))
        proxy = Client(connect(port, 10))
        for key in KEYS.values():
            if b"\r\n[{" not in proxy.call(command("GET", key)):
                sys.exit(f"{key} is no array of rows")
        for cycle in range(options.cycles + 1):
            for name in random.sample(list(KEYS), len(KEYS)):
                taken, used = turn(proxy, KEYS[name], options.postmaster)
                if cycle > 0:                         # the first one warms up
                    latency[name].append(taken)
                    cpu[name].append(used)
    rows = Rows()
    print("| fill of 100 rows | p50 us | / json_agg | PostgreSQL's CPU us | / json_agg |\n|---|---:|---:|---:|---:|")
    ratios = {}
    for what, measured in (("latency", latency), ("cpu", cpu)):
        ratios[what] = quartiles([one / two for one, two in zip(measured["rows"], measured["json_agg"]) if two > 0])
        rows.add(f"fills.{what}", *ratios[what])
    for name in KEYS:
        relative = [f"{ratios[what][0]:.2f}" if name == "rows" else "1" for what in ("latency", "cpu")]
        print(f"| {name} | {statistics.median(latency[name]):.0f} | {relative[0]} | {statistics.median(cpu[name]):.0f} | {relative[1]} |")
    rows.write(options.csv)


main()
