"""PyKMIP's server with a log in one piece: its own begins a new file every megabyte and forgets the sixth. Run by the Python that has PyKMIP."""

import logging
import sys

from kmip.services.server import server


def whole_log(path, mode, **_):
    return logging.FileHandler(path, mode)


server.handlers.RotatingFileHandler = whole_log
sys.exit(server.main())
