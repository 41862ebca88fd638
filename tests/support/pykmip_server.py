"""PyKMIP's server with its log in one piece, on standard error: by itself it begins a new file every megabyte and forgets the sixth. Run by the Python that
has PyKMIP."""

import logging
import sys

from kmip.services.server import server

server.handlers.RotatingFileHandler = lambda *_, **__: logging.StreamHandler()
sys.exit(server.main())
