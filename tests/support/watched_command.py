"""A command that is looked at from outside whenever something it says to a server is on its way: what a core would hold then, and what /proc shows."""

import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from support.core_image import Ended, core_image, stopped


class WatchedCommand:
    """`images` are of the moments, `shown` is what /proc, standard output and standard error had to show, `heard` what passed with the requests."""

    def __init__(self):
        self.images, self.shown, self.heard = [], [], []
        self.process = self.code = None
        self.started = threading.Event()
        self.lock = threading.Lock()

    def tap_requests(self):
        """For a support.network.Proxy: looks at each piece of a request."""

        def hear(piece, answers):
            with self.lock:
                self.heard.append(piece)
                if not answers:
                    self.look_if_there()

        return hear

    def tap_bytes(self, every, most):
        """The same, but looks whenever so many more bytes have passed either way, at most `most` times."""
        passed = looks = 0

        def hear(piece, answers):
            nonlocal passed, looks
            with self.lock:
                passed += len(piece)
                if looks < most and passed > (looks + 1) * every:
                    looks += 1
                    self.look_if_there()

        return hear

    def look_if_there(self):
        """A command may end while its last words are on their way."""
        self.started.wait(30)
        with suppress(Ended):
            self.look()

    def look(self):
        with stopped(self.process):
            self.images.append(core_image(self.process.pid))
            self.shown += [Path(f"/proc/{self.process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]

    def start(self, machine, *arguments):
        self.process = machine.start("--verbose", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.started.set()
        return self

    def end(self):
        """Waits for it, and returns its standard output."""
        out, err = self.process.communicate(timeout=120)
        self.shown += [out, err]
        self.code = self.process.returncode
        return out.decode()
