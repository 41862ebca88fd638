"""A TCP proxy in front of a server that can be told to behave like a bad network."""

import socket
import threading
import time

from support.process import free_port


class Proxy:
    """Forwards 127.0.0.1:`port` to `target_port`. Set `delay` (seconds before each piece), `cut_after` (bytes of answers after which every connection
    is cut, once) at any time, or send the server away. `tap(piece, answers)` hears each piece before it is passed on; meanwhile it is on its way."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.delay = 0.0
        self.cut_after = None
        self.tap = None
        self.refusing = False
        self.open = set()
        self.cuts = 0
        self.answered = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self.listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                client.close()
                continue
            self.open |= {client, server}
            threading.Thread(target=self.forward, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self.forward, args=(server, client, True), daemon=True).start()

    def forward(self, source, target, answers):
        try:
            while piece := source.recv(65536):
                if self.tap:
                    self.tap(piece, answers)
                if self.delay:
                    time.sleep(self.delay)
                if answers and self.must_cut(len(piece)):
                    break
                target.sendall(piece)
        except OSError:
            pass
        self.shut(source, target)
        self.open.discard(source)
        source.close()

    @staticmethod
    def shut(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def go_away(self, seconds=None):
        """Cuts all connections and refuses new ones; comes back after so many seconds, or when told."""
        self.refusing = True
        self.shut(*list(self.open))
        if seconds is not None:
            threading.Timer(seconds, self.come_back).start()

    def come_back(self):
        self.refusing = False

    def must_cut(self, size):
        with self.lock:
            self.answered += size
            if self.cut_after is None or self.answered < self.cut_after:
                return False
            self.cut_after = None
            self.cuts += 1
            return True

    def stop(self):
        self.shut(self.listener)  # who waits in accept() would take one more connection
        self.listener.close()
