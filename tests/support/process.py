"""Programs that run until they are stopped, and free ports for them."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path


class NotReady(Exception):
    """A server that ended, or did not answer in time."""


running = []  # what runs now: conftest.py shows the end of each log beside a failed test


def free_port():
    """A port of 127.0.0.1 that nobody listens on, below those that Linux gives to connections on their way out: one of them could have it before the
    server does. SeaweedFS takes the port 10000 above as well: that one is free, too."""
    for _ in range(200):
        port = random.randint(10000, 22000)
        if all(is_free(number) for number in (port, port + 10000)):
            return port
    raise NotReady("no free port on 127.0.0.1")


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until(condition, what, timeout=30):
    """Polls `condition`; `what` names it when it never came true."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise NotReady(f"not within {timeout} s: {what}")
        time.sleep(0.01)


def accepts(port):
    """Whether somebody listens on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class Server:
    """One program in a session of its own, so that stopping it also stops what it started. Its output goes to `folder`/NAME.log."""

    def __init__(self, name, argv, folder, environment=None):
        self.name = name
        self.argv = [str(argument) for argument in argv]
        self.log = Path(folder) / f"{name}.log"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **(environment or {})}
        self.process = None

    def start(self, ready, timeout=60):
        """Starts it and polls `ready` until it is true."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                                            cwd=self.log.parent, start_new_session=True)
        running.append(self)
        deadline = time.monotonic() + timeout
        while not ready():
            if self.process.poll() is not None:
                raise NotReady(f"{self.name} ended with {self.process.returncode}:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                self.stop()
                raise NotReady(f"{self.name} was not ready in {timeout} s:\n{self.last_lines()}")
            time.sleep(0.1)
        return self

    def stop(self, patience=5):
        """SIGTERM, then SIGKILL, to the whole process group."""
        if self.process is None:
            return
        self.signal_group(signal.SIGTERM)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        """SIGKILL at once, as a machine dies."""
        self.signal_group(signal.SIGKILL)
        self.process.wait()
        self.process = None
        running.remove(self)

    def signal_group(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def last_lines(self, count=40):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
