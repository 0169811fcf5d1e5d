"""SQL by psql and by libpq, and the change stream, for the Python benchmarks."""
import ctypes
import subprocess
import sys
import time

from resp import command

PATIENCE = 60                                  # seconds


def sql(url, text):
    """The answer without frills."""
    done = subprocess.run(["psql", url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else sys.exit(done.stderr)


class Prepared:
    """A prepared statement without parameters, over a connection of its own: libpq itself, since what is timed shall be PostgreSQL."""

    def __init__(self, url, query):
        self.libpq = ctypes.CDLL("libpq.so.5")
        for name in ("PQconnectdb", "PQprepare", "PQexecPrepared"):
            getattr(self.libpq, name).restype = ctypes.c_void_p
        self.connection = ctypes.c_void_p(self.libpq.PQconnectdb(url.encode()))
        self._finish(self.libpq.PQprepare(self.connection, b"read", query.encode(), 0, None))

    def run(self):
        """Returns when all rows are there; how many."""
        return self._finish(self.libpq.PQexecPrepared(self.connection, b"read", 0, None, None, None, 0))

    def _finish(self, result):
        result, done = ctypes.c_void_p(result), (1, 2)     # PGRES_COMMAND_OK, PGRES_TUPLES_OK
        rows = self.libpq.PQntuples(result) if self.libpq.PQresultStatus(result) in done else None
        self.libpq.PQclear(result)
        return rows if rows is not None else sys.exit("PostgreSQL refuses a query of the benchmark")


def wait_until_followed(client, key):
    """Until the proxy can prove how fresh a key is, so until it follows the change stream."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        client.call(command("GET", key))
        if b"proved" in client.call(command("PROXY", "META", key)):
            return
        time.sleep(0.05)
    sys.exit("the change stream is not followed")
