"""Programs that run until they are stopped, and ports for them."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path


class NotReady(Exception):
    """A server that ended, or did not answer in time."""


held = []  # sockets: each keeps a port for this run
running = []  # what runs now: conftest.py shows the end of each log beside a failed test


def free_port(*beside):
    """A port of 127.0.0.1 for one server, which it has until this run ends: where it is not started, or was stopped, nobody listens. `beside`: how far above
    it are those that the server takes by itself. It is below those that Linux gives to whoever asks for any."""
    for _ in range(200):
        port = random.randint(10000, 22000)
        holders = [hold_port(port + distance) for distance in (0, *beside)]
        if all(holders):
            held.extend(holders)
            return port
        for holder in filter(None, holders):
            holder.close()
    raise NotReady("no free port on 127.0.0.1")


def hold_port(port):
    """A socket that keeps others away: it is bound, and never listens. None if somebody has the port, or holds it. The server may have it beside this one,
    since both say SO_REUSEADDR; this one does so only now, or it would not notice another holder."""
    holder = socket.socket()
    try:
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        return None
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return holder


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
        while True:
            is_ready = ready()
            if self.process.poll() is not None:  # whoever answers, it is another
                raise NotReady(f"{self.name} ended with {self.process.returncode}:\n{self.last_lines()}")
            if is_ready:
                return self
            if time.monotonic() > deadline:
                self.stop()
                raise NotReady(f"{self.name} was not ready in {timeout} s:\n{self.last_lines()}")
            time.sleep(0.02)

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
