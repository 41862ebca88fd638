"""PyKMIP's server as a test wants it. Its log is in one piece, on standard error: by itself it begins a new file every megabyte and forgets the sixth. And it
listens once it knows its policies: by itself it refuses keys for a second that it will soon allow. Run by the Python that has PyKMIP."""

import logging
import sys
import time

from kmip.services.server import server


class PreparedServer(server.KmipServer):
    def serve(self):
        while set(self.policies.keys()) <= set(server.operation_policy.policies):
            time.sleep(0.02)
        super().serve()


server.handlers.RotatingFileHandler = lambda *_, **__: logging.StreamHandler()
server.KmipServer = PreparedServer
sys.exit(server.main())
