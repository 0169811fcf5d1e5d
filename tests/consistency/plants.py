#!/usr/bin/env python3
"""Shows that the checker finds each planted bug: plants.py RUN RESPGRES [PLANT ...].

RUN: the built consistency_run. RESPGRES: a respgres that was built with -DRESPGRES_PLANTS=ON. Without a bug switched on, that program must pass first.
Each bug must be found within 60 s. Prints a table; ends with 1 if a bug was not found.
"""
import os
import re
import subprocess
import sys

# Bug -> options of the run in which it shows.
LEASES = ["--mode", "lease-only"]
PLANTS = {
    "value_before_token": LEASES,
    "token_kept": LEASES,
    "fixed_token": LEASES,
    "lease_not_checked": LEASES,
    "joiner_rule_dropped": LEASES,
}


def run(program, respgres, plant, options):
    return subprocess.run([program, "--respgres", respgres, "--seed", "1", "--quiet", *options], env={**os.environ, "RESPGRES_PLANT": plant},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def broken_rules(output):
    return " ".join(rule for rule, count in re.findall(r"violations of (R\d) +(\d+)", output) if count != "0")


def main():
    program, respgres = sys.argv[1:3]
    wanted = sys.argv[3:] or list(PLANTS)
    clean = run(program, respgres, "none", [*LEASES, "--seconds", "20"])
    print(f"{'none':22} {'passes' if clean.returncode == 0 else 'FAILS: ' + broken_rules(clean.stdout)}", flush=True)
    missed = clean.returncode != 0
    for plant in wanted:
        ran = run(program, respgres, plant, [*PLANTS[plant], "--seconds", "60", "--expect-violations", "--stop-at-first"])
        time = re.search(r"first violation after ([\d.]+) s", ran.stdout)
        found = ran.returncode == 0
        missed = missed or not found
        when = f"after {time.group(1):>6} s" if time else "at the end"
        print(f"{plant:22} {when + '  ' + broken_rules(ran.stdout) if found else 'NOT FOUND ' + ran.stdout[-300:]}", flush=True)
    sys.exit(1 if missed else 0)


main()
