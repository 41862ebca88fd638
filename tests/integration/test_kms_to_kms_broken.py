"""The KMS is exchanged, and something fails in the middle: all that opened still does, what moved stays, and the same command goes on."""

import os
import shutil
import signal
import subprocess

import pytest

from support.counted_http import CountedHttp
from support.exit_codes import CONFLICT, KEY, UNAVAILABLE
from support.kms_access import secret_file
from support.main_job import upload
from support.moving_cluster import MovingCluster, outcomes
from support.openbao import OpenBao

LONG = "SEALIFT_TEST_LONG" in os.environ


@pytest.fixture
def cluster(folder, small_tree):
    return MovingCluster(folder, small_tree)


@pytest.fixture
def second(folder):
    server = OpenBao(folder / "second").start_dev()
    server.add_transit()
    server.add_key()
    yield server
    server.stop()


@pytest.fixture
def proxy(second):
    made = CountedHttp(second.address)
    yield made
    made.stop()


def access(folder, bao, address=None, key="cluster-key"):
    return ["vault", address or bao.address, key, "--token-file", secret_file(folder, "token", bao.token)]


def trial(cluster, folder, proxy, second):
    """Requests before the move begins, counted on a machine of its own."""
    other = type(cluster.machine)(folder / "home-counting")
    other.ok("kms", "set", *access(folder, second, proxy.address))
    count = len(proxy.asked)
    proxy.asked.clear()
    return count


def test_the_new_kms_dies_after_the_first_filesystem(cluster, folder, bao, second, proxy):
    machine, new = cluster.machine, access(folder, second, proxy.address)
    tried = trial(cluster, folder, proxy, second)
    cluster.set_kms(access(folder, bao))
    cluster.fill()
    # Of each filesystem: a decrypt that the new one refuses, an encrypt, and the decrypt that shows it; for the first also a login and a look at the key.
    dead_from = tried + 6
    proxy.before = lambda number: number <= dead_from
    failed = machine.fails("kms", "set", *new, "--json", code=UNAVAILABLE, says=["2 filesystems failed (fresh, home)", "the same command"])
    assert outcomes(failed.json) == {"bare": "rewrapped", "fresh": "failed", "home": "failed"}
    assert failed.json["former_address"] == bao.address and failed.json["moving"] == 2
    assert "not waited for once more" in failed.json["moved"][2]["problem"]
    shown = machine.ok("kms").out
    assert "moving from:" in shown and bao.address in shown and "still moving:" in shown
    proxy.before = None
    shown = cluster.set_kms(new)
    assert outcomes(shown) == {"fresh": "rewrapped", "home": "rewrapped"} and shown["former_type"] is None
    bao.stop()
    cluster.check_opens()
    cluster.check()


def test_it_is_killed_before_any_of_its_requests_is_answered(cluster, folder, bao, second, proxy, needs_tools):
    """The process is killed at each request to the new KMS in turn, from the same beginning: afterwards everything opens, and it goes on."""
    machine, new = cluster.machine, access(folder, second, proxy.address)
    cluster.set_kms(access(folder, bao))
    cluster.fill()
    for name in ("home-1", "bucket"):
        shutil.copytree(folder / name, folder / "saved" / name)
    cluster.set_kms(new)
    requests = len(proxy.asked)
    assert requests > 12
    moved = set()
    for last in range(1, requests + 1, 1 if LONG else 3):
        for name in ("home-1", "bucket"):
            shutil.rmtree(folder / name)
            shutil.copytree(folder / "saved" / name, folder / name)
        kill_at(machine, new, proxy, last)
        cluster.check_opens()
        shown = cluster.set_kms(new)
        assert set(outcomes(shown).values()) <= {"rewrapped", "current"} and shown["former_type"] is None
        assert set(cluster.wrapped_by().values()) == {("vault", None, "transit", "cluster-key")}
        moved.add(len(shown["moved"]))
    assert moved == {3, 2, 1}, "it was killed before the first, between them, and before the last"
    bao.stop()
    cluster.check()


def kill_at(machine, new, proxy, last):
    proxy.asked.clear()
    process = machine.start("kms", "set", *new, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def before(number):
        if number == last:
            process.kill()
        return number < last

    proxy.before = before
    assert process.wait(timeout=60) == -signal.SIGKILL, f"it ended before its request {last}"
    proxy.before = None


def test_a_restored_kms_is_enough_when_the_old_one_is_gone(cluster, folder, bao, second):
    """The same keys on another server, under the same name or another one: the old one is not asked, and nothing fails."""
    cluster.set_kms(access(folder, bao))
    cluster.fill()
    bao.call("POST", "transit/keys/cluster-key/config", {"exportable": True, "allow_plaintext_backup": True})
    backup = bao.call("GET", "transit/backup/cluster-key")["data"]["backup"]
    second.call("POST", "transit/keys/cluster-key/config", {"deletion_allowed": True})
    second.delete_key("cluster-key")
    for name in ("cluster-key", "renamed"):
        second.call("POST", f"transit/restore/{name}", {"backup": backup})
    bao.stop()
    assert outcomes(cluster.set_kms(access(folder, second))) == dict.fromkeys(cluster.names, "current")
    shown = cluster.set_kms(access(folder, second, key="renamed"))
    assert outcomes(shown) == dict.fromkeys(cluster.names, "rewrapped")
    assert set(cluster.wrapped_by().values()) == {("vault", None, "transit", "renamed")}
    cluster.check()


def test_the_old_kms_refuses_and_the_new_one_has_other_keys(cluster, folder, bao, second):
    """Nothing can move, and it says so of each; the old one opens again, and the same command goes on."""
    machine, new = cluster.machine, access(folder, second)
    cluster.set_kms(access(folder, bao))
    cluster.fill()
    bao.call("POST", "transit/keys/cluster-key/rotate")
    bao.call("POST", "transit/keys/cluster-key/config", {"min_decryption_version": 2})
    failed = machine.fails("kms", "set", *new, "--json", code=KEY, says=["3 filesystems failed", "min_decryption_version", "the same command"])
    assert outcomes(failed.json) == dict.fromkeys(cluster.names, "failed")
    assert failed.json["moving"] == 3
    bao.call("POST", "transit/keys/cluster-key/config", {"min_decryption_version": 1})
    cluster.check_opens()
    assert outcomes(cluster.set_kms(new)) == dict.fromkeys(cluster.names, "rewrapped")
    bao.stop()
    cluster.check_opens()


def test_one_process_at_a_time_exchanges_the_kms(cluster, folder, bao, second, proxy):
    machine, new = cluster.machine, access(folder, second, proxy.address)
    cluster.set_kms(access(folder, bao))
    cluster.fill()
    said = []

    def before(number):
        if proxy.asked[-1].endswith("/encrypt/cluster-key") and len([path for path in proxy.asked if "/encrypt/" in path]) == 2 and not said:
            said.append(machine.fails("kms", "set", *access(folder, bao), code=CONFLICT, says=["another process is changing the KMS"]))
        return True

    proxy.before = before
    assert outcomes(cluster.set_kms(new)) == dict.fromkeys(cluster.names, "rewrapped")
    assert len(said) == 1


# --- what goes on meanwhile ---


class Leaving:
    """The way to the KMS that is left: while a command waits for its answer to the first of these calls, the KMS is exchanged by another process; then it
    answers so many calls more, and is gone."""

    def __init__(self, cluster, folder, bao, second, call, more):
        self.way, self.moved = CountedHttp(bao.address), None
        cluster.set_kms(access(folder, bao, self.way.address))
        cluster.fill()
        self.way.asked.clear()

        def before(number):
            if self.moved is None and f"/{call}/" in self.way.asked[-1]:
                self.moved = False
                self.moved = cluster.set_kms(access(folder, second))
                self.last = len(self.way.asked) + more
            return not self.moved or len(self.way.asked) <= self.last

        self.way.before = before

    def done(self):
        assert outcomes(self.moved)
        self.way.stop()


@pytest.mark.parametrize("options", [[], ["--new-data-key"]], ids=["its-key", "a-key-of-its-own"])
def test_an_upload_ends_under_the_new_kms(options, cluster, folder, bao, second):
    """Also one whose snapshot gets a key of its own: that is wrapped when it is published, by whoever is in force then."""
    leaving = Leaving(cluster, folder, bao, second, "encrypt" if options else "decrypt", 1)
    cluster.machine.ok("fs", "snapshot", "add", "home", "long")
    cluster.machine.ok("fs", "snapshot", "upload", "home", "long", *options)
    leaving.done()
    bao.stop()
    cluster.machine.ok("fs", "snapshot", "verify", "home", "long", "--keys")
    cluster.machine.ok("fs", "snapshot", "verify", "home", "long", "--data")


@pytest.mark.parametrize("command", ["add", "download"])
def test_a_new_filesystem_is_under_the_new_kms(command, cluster, folder, bao, second):
    """Its key was wrapped by the one that is left, and the move did not see it."""
    leaving = Leaving(cluster, folder, bao, second, "encrypt", 1)
    (folder / "late").mkdir()
    words = ["fs", "add", "late", folder / "late", "--obs", "dr"] if command == "add" else ["fs", "download", "late", folder / "late", "dr",
                                                                                          cluster.locators["home"]]
    cluster.machine.ok(*words)
    leaving.done()
    bao.stop()
    assert cluster.machine.ok("kms", "--json").json["moving"] == 0
    upload(cluster.machine, "late", "first")
    cluster.machine.ok("fs", "snapshot", "verify", "late", "first", "--keys")
