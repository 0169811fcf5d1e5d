#!/usr/bin/env python3
"""Shows that the checker finds each planted bug: plants.py RUN --respgres PATH [PLANT ...].

RUN: the built consistency_run. PATH: a respgres that was built with -DRESPGRES_PLANTS=ON. Without a bug switched on, that program must pass first.
Each bug must be found within 60 s. Prints a table; ends with 1 if a bug was not found.
"""
import argparse
import os
import re
import subprocess
import sys

# Bug -> options of the run in which it shows.
LEASES = "--mode lease-only"
STREAM = "--mode replication"
PLANTS = {
    "value_before_token": LEASES,
    "joiner_rule_dropped": LEASES,
    "token_kept": STREAM,
    "fixed_token": LEASES,
    "lease_not_checked": STREAM,
    "registry_after_lease": STREAM + " --bound 100 --slowness 20 --writes 12",
    "old_image_ignored": STREAM,
    "no_fence": STREAM + " --sync-standby",
    "lsn_instead_of_xid": STREAM + " --sync-standby",
    "xid_not_widened": STREAM + " --sync-standby",
    "mark_before_drop": STREAM + " --faults leader_kill",
    "promise_without_stream": STREAM + " --bound 100 --postgres synchronous_commit=off",
    "set_instead_of_cas": STREAM + " --faults redis_rollback",
    "no_replay": STREAM + " --faults lossy_failover",
    "slot_without_visibility": STREAM + " --sync-standby --faults slot_drop",
    "purge_keeps_leases": STREAM + " --faults slot_drop_in_pause --slowness 20",
    "gate_ignored": STREAM + " --faults lossy_failover",
    "generation_ignored": STREAM + " --faults lossy_failover",
    "after_ignored": STREAM + " --faults proxy_stop",
    "near_put_late": STREAM + " --near",
    "near_put_from_fill": STREAM + " --near",
}
# What the program must pass without a bug.
CLEAN = [LEASES + " --sync-standby", STREAM + " --sync-standby"]


def run(args, plant, options):
    command = [args.run, "--respgres", args.respgres, "--seed", str(args.seed), "--quiet", *options.split()]
    return subprocess.run(command, env={**os.environ, "RESPGRES_PLANT": plant}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def broken_rules(output):
    return " ".join(rule for rule, count in re.findall(r"violations of (R\d) +(\d+)", output) if count != "0")


def show(plant, options, result):
    print(f"| {plant:23} | {options:74} | {result}", flush=True)


def passes_without(args, options):
    ran = run(args, "none", options + " --seconds 20")
    show("none", options, "passes 20 s" if ran.returncode == 0 else "FAILS " + (broken_rules(ran.stdout) or ran.stdout[-300:]))
    return ran.returncode == 0


def finds(args, plant):
    ran = run(args, plant, PLANTS[plant] + " --seconds 60 --expect-violations --stop-at-first")
    time = re.search(r"first violation after ([\d.]+) s", ran.stdout)
    when = f"{float(time.group(1)):.1f} s" if time else "at the end"
    show(plant, PLANTS[plant], f"{when}: {broken_rules(ran.stdout)}" if ran.returncode == 0 else "NOT FOUND " + ran.stdout[-300:])
    return ran.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--respgres", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("plants", nargs="*", metavar="PLANT", help="all of them unless some are named")
    args = parser.parse_intermixed_args()
    unknown = [name for name in args.plants if name not in PLANTS]
    if unknown:
        parser.error("no such plant: " + " ".join(unknown))
    clean = [passes_without(args, options) for options in ([] if args.plants else CLEAN)]
    found = [finds(args, plant) for plant in args.plants or PLANTS]
    sys.exit(0 if all(clean + found) else 1)


main()
