"""The servers of the client matrix: each in one temporary directory, on a free port of loopback, gone when the runner ends."""
import hashlib
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from local_servers import LocalServers, free_port, program  # noqa: E402

USER, PASSWORD = "matrix", "a-secret-of-the-client-matrix"

# What the proxy's configuration needs for a variant; None = the proxy has it not yet, and no client is run against it.
# {certificate} and {key} are PEM files for 127.0.0.1, {user} and {password} what clients send, as users.toml has them; to Redis the proxy has its own
# password.
PROXY_TOML = {
    "plain": "",
    "auth": "[auth]\nmode = \"users\"\nusers_file = \"users.toml\"\n",
    "tls": '[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n',
}


class Servers(LocalServers):
    """Starts servers and stops all of them on every way out."""

    def __init__(self):
        super().__init__("respgres-clients-")

    def certificate(self):
        """(certificate, key) for 127.0.0.1; the certificate is its own authority."""
        certificate, key = self.directory / "matrix.crt", self.directory / "matrix.key"
        if not certificate.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return certificate, key


class Target:
    """Where clients connect, and the Redis behind it, which is emptied through a Unix socket of its own."""

    def __init__(self, port, redis_socket, password):
        self.port, self.redis_socket, self.password = port, redis_socket, password

    def empty(self):
        commands = [f"AUTH {self.password}"] if self.password else []
        commands += ["FLUSHALL", "SCRIPT FLUSH", "FUNCTION FLUSH", "SLOWLOG RESET", "CONFIG RESETSTAT"]
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as replies:
            connection.settimeout(10)
            connection.connect(str(self.redis_socket))
            for command in commands:
                connection.sendall(command.encode() + b"\r\n")
                reply = replies.readline()
                if not reply.startswith(b"+OK"):
                    sys.exit(f"{command.split()[0]} of the test's Redis: {reply!r}")


def start_redis(servers, name, kind):
    """A Redis of the given kind: `plain`; `auth`, which knows clients' user and, for proxies, a password; `tls`."""
    port, unix_socket = free_port(), servers.directory / f"{name}.sock"
    lines = [f"bind 127.0.0.1\nunixsocket {unix_socket}\nunixsocketperm 700\nsave \"\"\nappendonly no\ndir {servers.directory}"]
    if kind == "auth":
        lines.append(f"requirepass {PASSWORD}\nuser {USER} on >{PASSWORD} ~* &* +@all")
    if kind == "tls":
        certificate, key = servers.certificate()
        lines.append(f"port 0\ntls-port {port}\ntls-cert-file {certificate}\ntls-key-file {key}\n"
                     f"tls-ca-cert-file {certificate}\ntls-auth-clients no")
    else:
        lines.append(f"port {port}")
    servers.start(name, [program("redis-server"), servers.write(f"{name}.conf", "\n".join(lines) + "\n")], port)
    return Target(port, unix_socket, PASSWORD if kind == "auth" else "")


def start_proxy(servers, kind, binary):
    redis = start_redis(servers, f"redis-of-the-proxy-{kind}", kind)
    port, (certificate, key) = free_port(), servers.certificate()
    credentials = f":{PASSWORD}@" if kind == "auth" else ""
    secret = hashlib.sha256(PASSWORD.encode()).hexdigest()
    rights = 'commands = ["+@all"]\nkeys = ["~*"]\nchannels = ["&*"]\n'
    servers.write("users.toml", "".join(f'[user.{name}]\npassword = "#{secret}"\n{rights}' for name in ("default", USER)))
    more = PROXY_TOML[kind].format(certificate=certificate, key=key, user=USER, password=PASSWORD)
    # `more` comes first, so that it can add keys to [server] and then begin tables of its own.
    listen, scheme, trust = ("tls:", "rediss", f'tls_ca = "{certificate}"\n') if kind == "tls" else ("", "redis", "")
    toml = (f'[server]\nlisten = ["{listen}127.0.0.1:{port}"]\n{more}\n[admin]\nlisten = ""\n'
            f'[redis]\nurl = "{scheme}://{credentials}127.0.0.1:{redis.port}/0"\n{trust}')
    servers.start(f"respgres-{kind}", [binary, "serve", "--config", servers.write(f"respgres-{kind}.toml", toml)], port)
    return Target(port, redis.redis_socket, redis.password)


def start_nutcracker(servers, kind):
    """None where nutcracker has no such thing: it has no TLS."""
    if kind == "tls":
        return None
    redis = start_redis(servers, f"redis-of-nutcracker-{kind}", kind)
    port, statistics = free_port(), free_port()
    yaml = (f"matrix:\n  listen: 127.0.0.1:{port}\n  redis: true\n  hash: fnv1a_64\n  distribution: ketama\n"
            + (f"  redis_auth: {PASSWORD}\n" if kind == "auth" else "") + f"  servers:\n   - 127.0.0.1:{redis.port}:1\n")
    servers.start(f"nutcracker-{kind}", [program("nutcracker"), "-c", servers.write(f"nutcracker-{kind}.yml", yaml), "-a", "127.0.0.1",
                                         "-s", str(statistics), "-p", servers.directory / f"nutcracker-{kind}.pid"], port)
    return Target(port, redis.redis_socket, redis.password)
