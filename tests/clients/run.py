#!/usr/bin/env python3
"""The client matrix: stock Redis clients with their default settings, against Redis, respgres and nutcracker.

Every client (node-redis, ioredis, redis-py, hiredis, phpredis, Perl's Redis, redis-rb) runs the commands of steps.json and its own steps
(typed methods, pipeline, transaction, publish and subscribe, blocking pop, script, client-side cache) three times: against a Redis
asked directly, through the proxy, through nutcracker; each has a Redis of its own, emptied before. A step is equal if the client printed
the same reply or error as in front of Redis. Prints a table and every step that differs through the proxy; ends with 0 if there is none.

    bash conf/packages.sh --build --clients                     # what it needs of Debian
    python3 tests/clients/run.py                                # RESPGRES_BINARY, or build/release/bin/respgres
    python3 tests/clients/run.py --client ioredis --variant resp3
    python3 tests/clients/run.py --self-test                    # a second Redis in the proxy's place: all must be equal
    python3 tests/clients/run.py --invalidation 127.0.0.1:6380 KEY       # cache_invalidation.mjs, which tells what KEY must be

Variants: resp2, resp3 (where the library has it), auth, tls. A variant that the proxy has not yet is listed as such, and is neither equal
nor different; PROXY_TOML in servers.py switches it on.
"""
import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from programs import BUILD, CLIENTS, HERE, command_of, node, prepare
from replies import differences, shown
from servers import PASSWORD, PROXY_TOML, USER, Servers, start_nutcracker, start_proxy, start_redis

LIMIT = 60                     # seconds for one client against one server
KIND = {"resp2": "plain", "resp3": "plain", "auth": "auth", "tls": "tls"}      # which servers a variant needs


def run_client(client, variant, port, certificate):
    """(lines that the client printed, what went wrong with the program itself)"""
    environment = {**os.environ, "MATRIX_USER": USER, "MATRIX_PASSWORD": PASSWORD}
    if variant == "tls":
        environment["MATRIX_CA"] = str(certificate)
    try:
        done = subprocess.run([*command_of(client), "127.0.0.1", str(port), variant], capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=LIMIT, env=environment)
        output, trouble = done.stdout, done.stderr.decode(errors="replace")[-1000:] if done.returncode else ""
        if done.returncode and not trouble:
            trouble = f"exit code {done.returncode}"
    except subprocess.TimeoutExpired as late:
        output, trouble = late.stdout or b"", f"not done within {LIMIT} s"
    except OSError as error:
        sys.exit(f"{error}; bash conf/packages.sh --clients installs what the matrix needs")
    lines = [json.loads(line) for line in output.decode(errors="replace").split("\n") if line.startswith("{") and line.endswith("}")]
    return lines, trouble.strip()


def run_cell(client, variant, targets, certificate):
    """{target: (lines, trouble)}; the targets at the same time, as they share nothing."""
    def against(target):
        target.empty()
        return run_client(client, variant, target.port, certificate)
    with ThreadPoolExecutor() as pool:
        running = {name: pool.submit(against, target) for name, target in targets.items() if target}
        return {name: run.result() for name, run in running.items()}


def start_targets(servers, kind, options):
    """{"direct": ..., "proxy": ..., "nutcracker": ...}; None for what has no such variant."""
    targets = {"direct": start_redis(servers, f"redis-{kind}", kind)}
    if options.self_test:
        targets["proxy"] = start_redis(servers, f"second-redis-{kind}", kind)
        return targets
    targets["proxy"] = start_proxy(servers, kind, options.binary) if PROXY_TOML[kind] is not None else None
    targets["nutcracker"] = start_nutcracker(servers, kind) if options.nutcracker else None
    return targets


def judge(results, name, rules):
    """(text for the table, steps that differ, what went wrong) of one target."""
    if name not in results:
        return ("not yet" if name == "proxy" else "-"), [], ""
    expected, found = results["direct"][0], results[name][0]
    unequal = differences(expected, found, rules)
    equal = sum(1 for step in expected if step["step"] not in {name for name, *_ in unequal})
    return f"{equal} of {len(expected)} equal", unequal, results[name][1]


def run_matrix(servers, options):
    """Prints the table and the differences; how many cells were equal, different and not yet to be had."""
    rules = {step["name"]: step.get("shape") or step.get("order") for step in json.loads((HERE / "steps.json").read_text())}
    certificate, _ = servers.certificate()
    kinds, reports, counts = {}, [], {"equal": 0, "different": 0, "not yet": 0}
    proxy = "second Redis" if options.self_test else "proxy"
    table = []

    def show(*columns):
        table.append("{:<12} {:<8} {:<22} {}".format(*columns).rstrip())
        print(table[-1], flush=True)

    show("client", "variant", proxy, "" if options.self_test else "nutcracker")
    for client in options.client or CLIENTS:
        for variant in CLIENTS[client]:
            if options.variant and variant not in options.variant:
                continue
            kind = KIND[variant]
            if kind not in kinds:
                kinds[kind] = start_targets(servers, kind, options)
            results = run_cell(client, variant, kinds[kind], certificate)
            proxied, unequal, trouble = judge(results, "proxy", rules)
            beside, unequal_beside, _ = judge(results, "nutcracker", rules)
            show(client, variant, proxied, "" if options.self_test else beside)
            direct_trouble = results["direct"][1] or ("" if len(results["direct"][0]) > len(rules) else "too few steps")
            if direct_trouble:
                reports.append(f"{client} {variant}: the client fails in front of Redis itself: {direct_trouble}")
            if trouble:
                reports.append(f"{client} {variant}, {proxy}: the client's program failed: {trouble}")
            for where, found in ((proxy, unequal), ("nutcracker", unequal_beside if options.all_differences else [])):
                reports += [f"{client} {variant}, {where}: {step}\n    redis  {shown(ours)}\n    {where:<6} {shown(theirs)}"
                            for step, ours, theirs in found]
            counts["different" if direct_trouble or trouble or unequal else "not yet" if proxied == "not yet" else "equal"] += 1
    for name in servers.died():
        reports.append(f"{name} ended by itself")
        counts["different"] += 1 if "respgres" in name else 0
    if reports:
        print("\nDifferences:\n" + "\n".join(reports))
    print(f"\n{counts['equal']} cells equal, {counts['different']} different, {counts['not yet']} not yet")
    if options.table:
        Path(options.table).write_text("\n".join(table) + "\n")
    return counts


def invalidation(host_and_port, key, *mode):
    """Runs cache_invalidation.mjs; its exit code."""
    host, _, port = host_and_port.rpartition(":")
    return subprocess.run([node(), str(BUILD / "cache_invalidation.mjs"), host, str(port), key, *mode]).returncode


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", action="append", choices=CLIENTS, help="this client only; may be repeated")
    parser.add_argument("--variant", action="append", choices=KIND, help="this variant only; may be repeated")
    parser.add_argument("--binary", default=os.environ.get("RESPGRES_BINARY") or str(HERE.parents[1] / "build/release/bin/respgres"))
    parser.add_argument("--self-test", action="store_true", help="compare Redis with a second Redis, in all variants, and try cache_invalidation.mjs")
    parser.add_argument("--no-nutcracker", dest="nutcracker", action="store_false", help="without the column beside it")
    parser.add_argument("--all-differences", action="store_true", help="show nutcracker's as well")
    parser.add_argument("--prepare", action="store_true", help="install and build the clients' programs only")
    parser.add_argument("--table", help="write the table into this file as well")
    parser.add_argument("--invalidation", nargs="+", metavar=("HOST:PORT", "KEY [set]"), help="run cache_invalidation.mjs only")
    return parser.parse_args()


def main():
    options = arguments()
    if options.invalidation:
        prepare(["node_redis"])
        sys.exit(invalidation(*options.invalidation))
    prepare(options.client or CLIENTS)
    if options.prepare:
        return
    if not options.self_test and not os.access(options.binary, os.X_OK):
        sys.exit(f"{options.binary} does not exist; build it, or name it in RESPGRES_BINARY")
    with Servers() as servers:
        counts = run_matrix(servers, options)
        failed = counts["different"] or not counts["equal"]
        if options.self_test and not options.client:
            failed = invalidation(f"127.0.0.1:{start_redis(servers, 'redis-invalidation', 'plain').port}", "key", "set") or failed
    sys.exit(1 if failed else 0)


main()
