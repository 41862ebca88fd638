"""What goes on while the KMS is exchanged by another process ends under the new one, which is all that is needed afterwards."""

import pytest

from support.counted_http import CountedHttp
from support.kms_access import token_access
from support.main_job import upload
from support.moving_cluster import MovingCluster, outcomes


@pytest.fixture
def cluster(folder, small_tree):
    return MovingCluster(folder, small_tree)


class Leaving:
    """The way to the KMS that is left: while a command waits for its answer to the first of these calls, the KMS is exchanged by another process; then it
    answers so many calls more, and is gone."""

    def __init__(self, cluster, folder, bao, second_bao, call, more):
        self.way, self.moved = CountedHttp(bao.address), None
        cluster.set_kms(token_access(folder, bao, self.way.address))
        cluster.fill()
        self.way.asked.clear()

        def before(number):
            if self.moved is None and f"/{call}/" in self.way.asked[-1]:
                self.moved = False
                self.moved = cluster.set_kms(token_access(folder, second_bao))
                self.last = len(self.way.asked) + more
            return not self.moved or len(self.way.asked) <= self.last

        self.way.before = before

    def done(self):
        assert outcomes(self.moved)
        self.way.stop()


@pytest.mark.parametrize("options", [[], ["--new-data-key"]], ids=["its-key", "a-key-of-its-own"])
def test_an_upload_ends_under_the_new_kms(options, cluster, folder, bao, second_bao):
    """Also one whose snapshot gets a key of its own: that is wrapped when it is published, by whoever is in force then."""
    leaving = Leaving(cluster, folder, bao, second_bao, "encrypt" if options else "decrypt", 1)
    cluster.machine.ok("fs", "snapshot", "add", "home", "long")
    cluster.machine.ok("fs", "snapshot", "upload", "home", "long", *options)
    leaving.done()
    bao.stop()
    cluster.machine.ok("fs", "snapshot", "verify", "home", "long", "--keys")
    cluster.machine.ok("fs", "snapshot", "verify", "home", "long", "--data")


@pytest.mark.parametrize("command", ["add", "download"])
def test_a_new_filesystem_is_under_the_new_kms(command, cluster, folder, bao, second_bao):
    """Its key was wrapped by the one that is left, and the move did not see it."""
    leaving = Leaving(cluster, folder, bao, second_bao, "encrypt", 1)
    (folder / "late").mkdir()
    words = ["fs", "add", "late", folder / "late", "--obs", "dr"] if command == "add" else ["fs", "download", "late", folder / "late", "dr",
                                                                                          cluster.locators["home"]]
    cluster.machine.ok(*words)
    leaving.done()
    bao.stop()
    assert cluster.machine.ok("kms", "--json").json["moving"] == 0
    upload(cluster.machine, "late", "first")
    cluster.machine.ok("fs", "snapshot", "verify", "late", "first", "--keys")
