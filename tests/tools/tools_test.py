#!/usr/bin/env python3
"""The tools of Redis through the proxy: redis-cli in all its modes, redis-benchmark, prometheus-redis-exporter. What works, works as with Redis; what
a proxy cannot do ends at once and says why. Nothing hangs. Argument: the respgres binary."""
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from local_servers import LocalServers, free_port, program  # noqa: E402

LIMIT = 30                     # seconds for a tool that ends by itself
FOREVER = 1.5                  # of a tool that does not
MASTER = "the proxy is no replication master; replicas connect to Redis itself"

# redis-cli's arguments, standard input, exit code, what its output must match. {file} does not exist before.
CLI = [
    ("GET text", "", 0, r"^value$"),
    ("-3 HGETALL hash", "", 0, r"^field value$|field\nvalue"),
    ("", "SET piped 1\nGET piped\n", 0, r"OK\n1"),
    ("-r 3 -i 0.01 PING", "", 0, r"PONG\nPONG\nPONG"),
    ("-x SET read", "from standard input", 0, r"OK"),
    ("--csv LRANGE list 0 -1", "", 0, r'"a","b"'),
    ("--json LRANGE list 0 -1", "", 0, r'\["a","b"\]'),
    ("-n 3 DBSIZE", "", 0, r"^0$"),
    ("-c GET text", "", 0, r"^value$"),
    ("--scan --pattern h*sh", "", 0, r"^hash$"),
    ("--bigkeys", "", 0, r"Biggest +list found .*list.* has 2 items"),
    ("--memkeys", "", 0, r"Biggest +hash found .*hash.* has \d+ bytes"),
    ("--hotkeys", "", 1, r"An LFU maxmemory policy is not selected"),
    ("--pipe", "SET p 1\r\nSET q 2\r\n", 0, r"errors: 0, replies: 2"),
    ("--latency -i 0.1", "", 0, r"^\d+ \d+ [\d.]+ \d+"),
    ("--eval {script} key , argument", "", 0, r"key\nargument"),
    ("--rdb {file}", "", 1, "SYNC with master failed: .*" + MASTER),
    ("--functions-rdb {file}", "", 1, MASTER),
    ("--replica", "", 1, "SYNC with master failed: .*" + MASTER),
    ("--cluster check 127.0.0.1:{port}", "", 1, r"is not configured as a cluster node"),
    ("CLUSTER NODES", "", 0, r"cluster support disabled"),
    # What --ldb sends first. redis-cli does not look at the reply, and runs the script without the debugger.
    ("SCRIPT DEBUG YES", "", 0, r"unsupported command 'SCRIPT.DEBUG'"),
    ("MONITOR", "", 0, r"unsupported command 'MONITOR'"),
    ("SHUTDOWN NOSAVE", "", 0, r"unsupported command 'SHUTDOWN'"),
    ("SLOWLOG LEN", "", 0, r"^\d+$"),
    ("LATENCY LATEST", "", 0, r"^$"),
    ("MEMORY USAGE text", "", 0, r"^\d+$"),
    ("CONFIG GET databases", "", 0, r"databases\n16"),
    ("COMMAND DOCS get", "", 0, r"Get the value of a key"),
    ("INFO commandstats", "", 0, r"cmdstat_"),
    ("INFO proxy", "", 0, r"# Proxy\s+proxy_version:"),
]
# Those that go on until they are stopped, and what they have printed by then.
ENDLESS = [("--stat -i 0.1", r"keys +mem|^\d+ +\S+[KM]"), ("--latency-history -i 0.2", r"-- [\d.]+ seconds range"), ("SUBSCRIBE channel", r"subscribe\nchannel\n1")]


def run(command, stdin="", limit=LIMIT):
    """(exit code, both outputs); None as the code of one that did not end."""
    command = ["stdbuf", "-oL", *command]
    try:
        done = subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=limit)
        code, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        code, output = None, (late.stdout or b"") + (late.stderr or b"")
    return code, output.decode(errors="replace").replace("\r", "\n")


def redis_cli(servers, port):
    script = servers.write("script.lua", "return {KEYS[1], ARGV[1]}")
    for line, stdin, expected, pattern in CLI:
        words = line.format(script=script, file=servers.directory / "new", port=port).split()
        code, output = run([program("redis-cli"), "-p", str(port), *words], stdin)
        yield f"redis-cli {line}", code == expected and re.search(pattern, output, re.MULTILINE), f"exit code {code}: {output[-500:]}"
    for line, pattern in ENDLESS:
        code, output = run([program("redis-cli"), "-p", str(port), *line.split()], limit=FOREVER)
        yield f"redis-cli {line}", code is None and re.search(pattern, output, re.MULTILINE), f"exit code {code}: {output[-500:]}"


def redis_benchmark(port):
    for options in (["-n", "1000"], ["-n", "4000", "-P", "16", "--threads", "2", "-t", "ping,set,get,incr,lpush,mset"], ["-n", "1000", "-3", "-t", "get"]):
        code, output = run([program("redis-benchmark"), "-p", str(port), "-q", *options], limit=120)
        finished = re.findall(r"requests per second", output)
        yield f"redis-benchmark {' '.join(options)}", code == 0 and finished and "rror" not in output, f"exit code {code}: {output[-500:]}"


def exporter(servers, ports):
    """The names of what prometheus-redis-exporter finds, directly and through the proxy."""
    if not (binary := shutil.which("prometheus-redis-exporter")):
        print("skipped prometheus-redis-exporter: not installed (bash conf/packages.sh --clients)")
        return
    names = []
    for number, port in enumerate(ports):
        own = free_port()
        servers.start(f"exporter-{number}", [binary, "-redis.addr", f"redis://127.0.0.1:{port}", "-web.listen-address", f"127.0.0.1:{own}",
                                             "-check-keys", "text"], own)
        with urllib.request.urlopen(f"http://127.0.0.1:{own}/metrics", timeout=LIMIT) as page:
            text = page.read().decode()
        names.append(set(re.findall(r"^(redis_\w+)", text, re.MULTILINE)) if "\nredis_up 1\n" in text else set())
    yield "prometheus-redis-exporter", len(names[0]) > 100 and names[0] <= names[1], f"missing: {sorted(names[0] - names[1])}"


def main():
    failed = 0
    with LocalServers("respgres-tools-") as servers:
        redis, proxy = free_port(), free_port()
        servers.start("redis", [program("redis-server"), "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", servers.directory], redis)
        config = servers.write("proxy.toml", f'[server]\nlisten = ["127.0.0.1:{proxy}"]\n[admin]\nlisten = ""\n'
                                             f'[redis]\nurl = "redis://127.0.0.1:{redis}/0"\n')
        servers.start("proxy", [sys.argv[1], "serve", "--config", config], proxy)
        for line in ("SET text value", "RPUSH list a b", "HSET hash field value"):
            run([program("redis-cli"), "-p", str(redis), *line.split()])
        for results in (redis_cli(servers, proxy), exporter(servers, (redis, proxy)), redis_benchmark(proxy)):
            for name, passed, why in results:
                failed += not passed
                print(("ok      " if passed else "FAILED  ") + name + ("" if passed else f"\n{why}"), flush=True)
        if servers.died():
            print(f"FAILED  {servers.died()} ended by itself")
            failed += 1
    sys.exit(1 if failed else 0)


main()
