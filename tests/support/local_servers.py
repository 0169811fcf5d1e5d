"""Servers for a test: in one temporary directory, gone when the test ends."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


class LocalServers:
    """Starts servers and stops all of them on every way out."""

    def __init__(self, prefix):
        self.directory = Path(tempfile.mkdtemp(prefix=prefix))
        self.running, self.stop_with = {}, {}

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(143))       # so that __exit__ is reached
        return self

    def __exit__(self, *_):
        for name, process in self.running.items():
            process.send_signal(self.stop_with[name])
        for name in list(self.running):
            self.stop(name)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, name, command, address, environment=None, stop_with="TERM"):
        """`address`, a port of 127.0.0.1 or a Unix socket's path, is where it listens once it is up."""
        self.stop_with[name] = getattr(signal, f"SIG{stop_with}")
        with open(self.directory / f"{name}.log", "wb") as log:
            # setpriv: gone with the test even if that is killed.
            self.running[name] = subprocess.Popen(["setpriv", "--pdeathsig", stop_with, *command], stdin=subprocess.DEVNULL,
                                                  stdout=log, stderr=log, cwd=self.directory, env={**os.environ, **(environment or {})})
        deadline = time.monotonic() + 10
        while self.running[name].poll() is None and time.monotonic() < deadline:
            try:
                connect(address).close()
                return
            except OSError:
                time.sleep(0.01)
        log = (self.directory / f"{name}.log").read_text(errors="replace")
        sys.exit(f"{name} did not start: {' '.join(map(str, command))}\n{log[-2000:]}")

    def stop(self, name):
        process = self.running.pop(name)
        process.send_signal(self.stop_with[name])
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def died(self):
        return sorted(name for name, process in self.running.items() if process.poll() is not None)

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)           # some hold a password
        return path


def connect(address, timeout=1):
    if isinstance(address, int):
        return socket.create_connection(("127.0.0.1", address), timeout)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(timeout)
        connection.connect(str(address))
    except OSError:
        connection.close()
        raise
    return connection


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")       # a user's PATH has no sbin
    return found or sys.exit(f"{name} is not installed: bash conf/packages.sh --clients")
