"""A cluster of three OpenBao servers, of which one dies or is sealed: every login, every list of addresses."""

import pytest

from support.command import Sealift
from support.exit_codes import UNAVAILABLE
from support.kms_access import by_approle_file, by_kubernetes, by_token_file
from support.main_job import add_folder_store, download_same, files_below, upload
from support.vault_job import name_of, set_cluster


@pytest.fixture
def machine(folder):
    made = Sealift(folder / "home-1")
    add_folder_store(made, folder / "bucket")
    return made


def away(result):
    """The servers that `kms check --json` warns of; nothing in it may have failed."""
    assert {finding["result"] for finding in result.json} <= {"ok", "warning"}
    return [finding["call"] for finding in result.json if finding["result"] == "warning" and finding["call"].startswith("reach ")]


def test_all_serve(bao_cluster, machine, folder):
    """They are tried in the order in which they are named, and shown as they were named."""
    set_cluster(machine, bao_cluster, by_approle_file, folder)
    named = [bao_cluster.active, *bao_cluster.standbys]
    assert machine.ok("kms", "--json").json["address"] == ",".join(server.address for server in named)
    checked = machine.ok("kms", "check", "--json")
    assert away(checked) == []
    assert [finding["call"] for finding in checked.json][:3] == [f"reach {name_of(server)}" for server in named]


def test_servers_are_added_later(bao_cluster, machine, small_tree, folder):
    """The key stays where it is: what was wrapped is found to be current, and nothing is written to the bucket."""
    set_cluster(machine, bao_cluster, by_approle_file, folder, bao_cluster.active.address)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    before = files_below(folder / "bucket").keys()
    result = set_cluster(machine, bao_cluster, by_approle_file, folder)
    outcome, = [line.split() for line in result.out.splitlines() if line.startswith("home ")]
    assert outcome[2] == "current"
    assert files_below(folder / "bucket").keys() == before


@pytest.mark.parametrize("by", [by_approle_file, by_kubernetes, by_token_file])
def test_every_login_outlives_the_active_one(by, bao_cluster, machine, small_tree, folder, needs_tools):
    """What one of them issued the others know; and who logs in anew is served by whichever is active then."""
    set_cluster(machine, bao_cluster, by, folder)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    dead = bao_cluster.kill_active()
    locator = upload(machine, "home", "monday")
    assert away(machine.ok("kms", "check", "--json")) == [f"reach {name_of(dead)}"]
    download_same(machine, "home2", folder / "home2", locator, small_tree)


def test_a_sealed_server_is_passed_over(bao_cluster, machine, small_tree, folder):
    """As one is that was restarted in the night."""
    sealed = bao_cluster.standbys[0]
    set_cluster(machine, bao_cluster, by_approle_file, folder, bao_cluster.address(sealed))
    sealed.kill()
    sealed.start_sealed()
    added = machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    assert f"{name_of(sealed)}: the server (or this namespace) is sealed" in added.err
    upload(machine, "home", "monday")
    checked = machine.ok("kms", "check", "--json")
    assert away(checked) == [f"reach {name_of(sealed)}"]
    assert "it is sealed" in checked.out


def test_standbys_do_when_they_are_all_that_is_named(bao_cluster, machine, small_tree, folder):
    standbys = ",".join(server.address for server in bao_cluster.standbys)
    set_cluster(machine, bao_cluster, by_approle_file, folder, standbys)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    bao_cluster.kill_active()
    upload(machine, "home", "monday")
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")
    assert away(machine.ok("kms", "check", "--json")) == []


@pytest.mark.waits
def test_a_cluster_without_its_majority(bao_cluster, machine, small_tree, folder):
    """Whoever needs a key waits a minute for it, hears of each server, and makes nothing."""
    set_cluster(machine, bao_cluster, by_approle_file, folder)
    standby = bao_cluster.standbys[0]
    bao_cluster.kill_active()
    standby.kill()
    result = machine.fails("fs", "add", "home", small_tree, "--obs", "dr", code=UNAVAILABLE,
                           says=["gave up after", *(name_of(server) for server in bao_cluster.servers)])
    assert result.err.count("Connection refused") >= 2
    assert machine.ok("fs", "--json").json == []
