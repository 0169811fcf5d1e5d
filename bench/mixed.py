#!/usr/bin/env python3
"""The betting platform live: dashboards read through a proxy that follows the change stream, while bets are placed and settled.

    python3 bench/mixed.py --postgres URL --bookmaker FILE --respgres FILE [--seconds S] [--rate N] [--csv FILE]

The database holds the betting tables; the mappings are those of conf/betting.toml, the wide ones with coalesce_ms = 300. One client reads a mix of keys in
turn, first without and then with `bookmaker run` (transactions a second: --rate). Prints a table: p50 and p99 of each kind, and how many reads were hits.
"""
import argparse
import random
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from figures import Rows, percentile, timed  # noqa: E402
from postgres import wait_until_followed  # noqa: E402
from resp import Client, command  # noqa: E402
from servers import BenchServers, connect, free_port, shipped_mappings, stats  # noqa: E402

WIDE = ("active_bets", "bet_count", "daily_settlement", "hot_events")
IDS = 1000                                     # users and events that are read
# mapping -> (of a hundred reads, the commands)
MIX = {
    "active_bets": (40, [command("GET", "active_bets:limit_100")]),
    "bet_count": (20, [command("GET", f"bet_count:{status}") for status in ("OPEN", "SETTLED", "CASHED_OUT", "CANCELLED")]),
    "event": (25, [command("HGETALL", f"event:{i}") for i in range(1, IDS + 1)]),
    "user_bets": (15, [command("GET", f"user_bets:{i}") for i in range(1, IDS + 1)]),
}


def sections(url):
    additions = {**dict.fromkeys(WIDE, "coalesce_ms = 300"), "user_bets": 'immutable = ["user_id"]'}
    return f'[postgres]\nurl = "{url}"\n[freshness]\nsource = "replication"\n{shipped_mappings(additions)}'


def set_up(respgres, servers, text):
    """Publication and slot."""
    config = servers.write("setup.toml", f'[server]\nlisten = ["127.0.0.1:{free_port()}"]\n[admin]\nlisten = ""\n{text}')
    done = subprocess.run([respgres, "setup", "--config", config, "--apply"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"respgres setup failed:\n{done.stdout}{done.stderr}")


def read_mix(client, admin, seconds, choice):
    """{mapping: (seconds of each read, part that were hits)}."""
    before = stats(admin)["mappings"]
    taken, weights, end = {name: [] for name in MIX}, [weight for weight, _ in MIX.values()], time.perf_counter() + seconds
    while time.perf_counter() < end:
        name = choice.choices(list(MIX), weights)[0]
        taken[name].append(timed(client.call, choice.choice(MIX[name][1])))
    after = stats(admin)["mappings"]
    return {name: (each, (after[name]["hits"] - before[name]["hits"]) / max(1, len(each))) for name, each in taken.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", required=True, metavar="URL")
    parser.add_argument("--bookmaker", required=True, metavar="FILE")
    parser.add_argument("--respgres", required=True, metavar="FILE")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="of each half")
    parser.add_argument("--rate", type=int, default=100, metavar="N", help="transactions a second")
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    choice, rows = random.Random(1), Rows()
    with BenchServers("respgres-mixed-") as servers:
        text = sections(options.postgres)
        set_up(options.respgres, servers, text)
        port, admin = servers.respgres(servers.redis(), text, options.respgres)
        client = Client(connect(port, 30))
        wait_until_followed(client, "active_bets:limit_100")
        read_mix(client, admin, 1, choice)                 # fills what is read often
        quiet = read_mix(client, admin, options.seconds, choice)
        live = subprocess.Popen([options.bookmaker, "run", "--postgres", options.postgres, "--rate", str(options.rate), "--seconds",
                                 str(options.seconds + 1)], stdout=subprocess.DEVNULL)
        busy = read_mix(client, admin, options.seconds, choice)
        if live.wait(30) != 0:
            sys.exit("bookmaker failed")
    print(f"| reads | quiet: p50 / p99, ms | hits | {options.rate} transactions/s: p50 / p99, ms | hits |\n|---|---:|---:|---:|---:|")
    for name in MIX:
        cells = []
        for state, found in (("quiet", quiet), ("live", busy)):
            taken, hits = found[name]
            p50, p99 = (percentile(taken, part) * 1e3 for part in (0.5, 0.99))
            rows.add(f"mixed.{name}.{state}", p50)
            cells.append(f"{p50:.3f} / {p99:.3f} | {100 * hits:.0f} %")
        print(f"| {name} | {cells[0]} | {cells[1]} |")
    rows.write(options.csv)


main()
