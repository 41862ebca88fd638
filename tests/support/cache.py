"""Where scripts/servers installed the servers, and what to say when it did not."""

import os
from pathlib import Path

import pytest


def cache_folder():
    if "SEALIFT_CACHE" in os.environ:
        return Path(os.environ["SEALIFT_CACHE"])
    system = Path("/var/cache/sealift-tests")
    if os.access(system, os.R_OK) or os.geteuid() == 0:
        return system
    return Path.home() / ".cache" / "sealift-tests"


def installed(part, program):
    """The path of a program in the cache; skips the test, naming the part, when it is not there."""
    path = cache_folder() / program
    if not path.exists():
        pytest.skip(f"{part} is not installed: scripts/servers {part}")
    return path
