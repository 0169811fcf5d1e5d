"""The client programs: which there are, what each is run with, and how those that are not from Debian are installed."""
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "clients"
NODE = 20      # the lowest major version that node-redis 6 and ioredis 6 run on

# client -> its variants: what its library has.
CLIENTS = {
    "node_redis": ["resp2", "resp3", "auth", "tls"],
    "ioredis": ["resp2", "resp3", "auth", "tls"],
    "redis_py": ["resp2", "auth", "tls"],
    "hiredis": ["resp2", "auth"],
    "php_redis": ["resp2", "auth", "tls"],
    "perl_redis": ["resp2", "auth", "tls"],
    "ruby_redis": ["resp2", "auth", "tls"],
}


def node_version():
    found = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout if shutil.which("node") else ""
    return int(found.lstrip("v").split(".")[0]) if found.startswith("v") else 0


def node():
    """The machine's node; where it is too old (Debian 12 has 18), the one that npm's package `node-linux-...` brings."""
    if node_version() >= NODE:
        return "node"
    found = list(BUILD.glob("node_modules/node-linux-*/bin/node"))
    return str(found[0]) if found else sys.exit(f"npm installed no node {NODE} or later for this kind of machine; please install one")


def install_npm_packages():
    """`npm ci` into build/clients, unless what is there came from the same lock file. Programs stand beside node_modules: so node finds them."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for source in [*HERE.glob("*.mjs"), HERE / "steps.json", HERE / "package.json", HERE / "package-lock.json"]:
        shutil.copyfile(source, BUILD / source.name)
    omit = ["--omit=optional"] if node_version() >= NODE else []
    stamp, wanted = BUILD / "installed", " ".join(omit) + (HERE / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not shutil.which("npm"):
        sys.exit("npm is not installed: bash conf/packages.sh --clients")
    print("Installing the npm clients into build/clients", flush=True)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", *omit], cwd=BUILD, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"npm ci failed:\n{done.stderr[-2000:]}")
    stamp.write_text(wanted)


def c_string(text):
    return '"' + "".join(f"\\{byte:03o}" for byte in text.encode()) + '"'


def build_hiredis():
    """steps.json as a C header, as C has no JSON; then the program."""
    lines = ["struct matrix_step { const char* name; int count; const char* arguments[16]; size_t lengths[16]; };",
             "static const struct matrix_step matrix_steps[] = {"]
    for step in json.loads((HERE / "steps.json").read_text()):
        arguments = ", ".join(c_string(argument) for argument in step["command"])
        lengths = ", ".join(str(len(argument.encode())) for argument in step["command"])
        lines.append(f"    {{{c_string(step['name'])}, {len(step['command'])}, {{{arguments}}}, {{{lengths}}}}},")
    header, binary = BUILD / "matrix_steps.h", BUILD / "hiredis"
    text = "\n".join(lines + ["};", ""])
    if not header.exists() or header.read_text() != text:
        header.write_text(text)
    if binary.exists() and binary.stat().st_mtime > max(header.stat().st_mtime, (HERE / "hiredis.c").stat().st_mtime):
        return
    built = subprocess.run(["cc", "-O1", "-Wall", "-Wextra", f"-I{BUILD}", str(HERE / "hiredis.c"), "-o", str(binary), "-lhiredis", "-pthread"],
                           capture_output=True, text=True)
    if built.returncode:
        sys.exit(f"hiredis.c: {built.stderr[-2000:]}\nlibhiredis-dev: bash conf/packages.sh --clients")


def prepare(clients):
    BUILD.mkdir(parents=True, exist_ok=True)
    if {"node_redis", "ioredis"} & set(clients):
        install_npm_packages()
    if "hiredis" in clients:
        build_hiredis()


def command_of(client):
    """What runs the client; host, port and variant follow. Debian's libraries belong to Debian's interpreters, so these have their full path."""
    return {
        "node_redis": lambda: [node(), str(BUILD / "node_redis.mjs")],
        "ioredis": lambda: [node(), str(BUILD / "ioredis.mjs")],
        "redis_py": lambda: ["/usr/bin/python3", "-B", str(HERE / "redis_py.py")],
        "hiredis": lambda: [str(BUILD / "hiredis")],
        # phpredis has no limit of its own on a reply that never comes: PHP's, 60 s, is too long to wait here.
        "php_redis": lambda: ["/usr/bin/php", "-d", "default_socket_timeout=3", str(HERE / "php_redis.php")],
        "perl_redis": lambda: ["/usr/bin/perl", str(HERE / "perl_redis.pl")],
        "ruby_redis": lambda: ["/usr/bin/ruby", str(HERE / "ruby_redis.rb")],
    }[client]()
