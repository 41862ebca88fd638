"""Networks that cut, delay and refuse: a transfer goes on, and what arrives is what was sent."""

import subprocess

import pytest

from support.exit_codes import UNAVAILABLE
from support.main_job import add_local_fs, download_same, upload
from support.network import Proxy
from support.process import wait_until


@pytest.fixture
def proxy(s3):
    made = Proxy(s3.port)
    yield made
    made.stop()


@pytest.fixture
def carried(machine, place, proxy, small_tree):
    """A machine that reaches its store through the proxy, with one filesystem."""
    machine.ok("obs", "add", "dr", place.url, "--endpoint", proxy.endpoint, "--region", place.server.region, "--no-check")
    add_local_fs(machine, "home", small_tree)
    return machine


def test_connections_that_are_cut(carried, proxy, small_tree, folder, needs_tools):
    proxy.cut_after = proxy.answered + 700
    locator = upload(carried, "home", "monday")
    proxy.cut_after = proxy.answered + 100_000
    download_same(carried, "again", folder / "again", locator, small_tree, "--allow-no-kms")
    assert proxy.cuts == 2, "nothing was cut"


def test_a_slow_network(carried, proxy, small_tree, folder, needs_tools):
    proxy.delay = 0.15
    locator = upload(carried, "home", "monday")
    download_same(carried, "again", folder / "again", locator, small_tree, "--allow-no-kms")


def test_a_server_that_is_away_for_a_moment(carried, proxy):
    proxy.delay = 0.1
    carried.ok("fs", "snapshot", "add", "home", "monday")
    asked = proxy.answered
    process = carried.start("fs", "snapshot", "upload", "home", "monday", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: proxy.answered > asked, "the upload talks to the store")
    proxy.go_away(seconds=3)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    carried.ok("fs", "snapshot", "verify", "home", "monday", "--data")


def test_a_server_that_stays_away(carried, proxy):
    proxy.go_away()
    carried.ok("fs", "snapshot", "add", "home", "monday")
    carried.fails("fs", "snapshot", "upload", "home", "monday", code=UNAVAILABLE, says=[proxy.endpoint.removeprefix("http://")])
    proxy.come_back()
    carried.ok("fs", "snapshot", "upload", "home", "monday")
