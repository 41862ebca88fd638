"""A way to an HTTP server that notes what is asked for."""

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.process import free_port


class CountedHttp:
    """Hands on to `address`; `asked` has the path of each request, in order. `before`, if it is set, is called before each, with its number from 1 on; when
    it says no, the connection is closed without an answer. With `refusal`, a status, nothing is handed on, and all is answered by it."""

    def __init__(self, address):
        self.asked = []
        self.before = None
        self.refusal = None
        counted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                counted.asked.append(self.path)
                if counted.before and not counted.before(len(counted.asked)):
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.startswith("X-Vault") or name == "Content-Type"}
                status, answer = counted.refusal, b'{"errors":[]}'
                if status is None:
                    status, answer = ask(urllib.request.Request(address + self.path, body or None, headers, method=self.command))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def ask(request):
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()
