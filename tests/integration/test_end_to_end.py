"""The main job on real parts: a tree carried to a real S3 server under a key of a real Vault-compatible KMS, verified, and brought back on another machine."""

import os
import uuid

import pytest

from support import kms_access
from support.command import Sealift
from support.exit_codes import NOT_FOUND
from support.main_job import add_s3, download_same, hold_nowhere, upload, verify_every_way
from support.sample_tree import copy_of_usr, measure


@pytest.mark.parametrize("reach_kms", kms_access.ALL)
def test_every_login_carries_a_tree_to_another_machine(reach_kms, bao, place, machine, second_machine, sample_tree, folder, needs_tools):
    kms = reach_kms(bao, folder)
    secret = {"environment": kms.environment}
    add_s3(machine, place)
    machine.ok("kms", "set", "vault", *kms.arguments, **secret)
    machine.ok("kms", "check", **secret)
    machine.ok("fs", "add", "home", sample_tree, "--obs", "dr", **secret)
    locator = upload(machine, "home", "monday", **secret)
    verify_every_way(machine, "home", "monday", **secret)

    add_s3(second_machine, place)
    second_machine.ok("kms", "set", "vault", *kms.arguments, **secret)
    download_same(second_machine, "home2", folder / "home2", locator, sample_tree, **secret)
    hold_nowhere(machine.home, kms.secret)
    hold_nowhere(second_machine.home, kms.secret)
    assert kms.secret not in machine.ok("kms", "--json", **secret).out


@pytest.mark.large
def test_usr_comes_back_without_a_difference(bao, place, machine, second_machine, folder, needs_tools):
    usr = copy_of_usr(folder / "usr", whole="SEALIFT_TEST_LONG" in os.environ)
    assert measure(usr)[0] >= 20_000
    kms = kms_access.by_namespace_and_custom_mounts(bao, folder)
    machine.ok("obs", "add", "dr", *place.arguments)
    machine.ok("kms", "set", "vault", *kms.arguments)
    machine.ok("fs", "add", "usr", usr, "--obs", "dr")
    locator = upload(machine, "usr", "first", timeout=1800)
    machine.ok("fs", "snapshot", "verify", "usr", "first", "--data", timeout=1800)

    add_s3(second_machine, place)
    second_machine.ok("kms", "set", "vault", *kms.arguments)
    download_same(second_machine, "usr2", folder / "usr2", locator, usr, timeout=1800)


@pytest.fixture
def uploaded(shared_bao, place, machine, small_tree, folder):
    """One small snapshot under a token; the machine, its locator and how the KMS is reached."""
    kms = kms_access.by_token_file(shared_bao, folder)
    add_s3(machine, place)
    machine.ok("kms", "set", "vault", *kms.arguments)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    return machine, upload(machine, "home", "monday"), kms


def test_a_store_is_proven_before_it_is_added(machine, place):
    found = machine.ok("obs", "add", "dr", *place.arguments, "--json").json
    assert found == machine.ok("obs", "--json").json[0]
    assert found["deletes"] == "yes"
    assert found["conditional_put"] == ("ignored" if place.server.name == "garage" else "atomic")
    assert found["verifies_checksum"] == "yes"
    assert place.list() == ["sealift.json"], "the probe left something behind"


def test_listings_say_what_is_there(uploaded, place):
    machine, locator, _ = uploaded
    stores = machine.ok("obs", "--json").json
    assert [store["name"] for store in stores] == ["dr"]
    assert stores[0]["url"] == place.url
    filesystems = machine.ok("fs", "--json").json
    assert [(entry["name"], entry["obs"]) for entry in filesystems] == [("home", "dr")]
    assert locator.startswith(filesystems[0]["id"] + "/")
    snapshots = machine.ok("fs", "snapshot", "--json").json
    assert [(entry["filesystem"], entry["name"], entry["status"], entry["locator"]) for entry in snapshots] == \
        [("home", "monday", "uploaded", locator)]
    assert snapshots[0]["size"] > 0 and snapshots[0]["stored"] > 0
    for words in (["obs"], ["fs"], ["fs", "snapshot"]):
        assert machine.ok(*words).out == machine.ok(*words, "list").out
    assert machine.ok("kms").out == machine.ok("kms", "show").out


def test_a_bucket_says_itself_what_it_holds(uploaded, place, folder):
    _, locator, kms = uploaded
    stranger = Sealift(folder / "stranger", place.server.environment)
    url = place.arguments
    listed = stranger.ok("obs", "snapshots", *url, "--json").json
    assert [entry["locator"] for entry in listed] == [locator]
    assert "home" not in stranger.ok("obs", "snapshots", *url).out, "names are for those who may use the KMS"
    stranger.ok("kms", "set", "vault", *kms.arguments)
    named = stranger.ok("obs", "snapshots", *url, "--names", "--json").json
    assert [(entry["filesystem"], entry["snapshot"]) for entry in named] == [("home", "monday")]


def test_a_locator_is_verified_without_the_filesystem_being_known(uploaded, place, folder):
    _, locator, kms = uploaded
    stranger = Sealift(folder / "stranger", place.server.environment)
    where = ["--obs", *place.arguments]
    stranger.ok("fs", "snapshot", "verify", locator, *where, "--objects", "--read")
    stranger.ok("kms", "set", "vault", *kms.arguments)
    stranger.ok("fs", "snapshot", "verify", locator, *where, "--keys")
    stranger.ok("fs", "snapshot", "verify", locator, *where, "--data")
    unknown = f"{locator.split('/')[0]}/{uuid.uuid4()}"
    stranger.fails("fs", "snapshot", "verify", unknown, *where, "--keys", code=NOT_FOUND, says=[unknown.split("/")[1]])


def test_a_filesystem_that_was_never_uploaded_stands_in_the_bucket(shared_bao, place, machine, small_tree, folder):
    kms = kms_access.by_token_file(shared_bao, folder)
    add_s3(machine, place)
    machine.ok("kms", "set", "vault", *kms.arguments)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    identity = machine.ok("fs", "--json").json[0]["id"]
    assert any(key.startswith(f"fs/{identity}/keys/") for key in place.list())
    listed = machine.ok("obs", "snapshots", "dr", "--json").json
    assert [(entry["filesystem_id"], entry["locator"]) for entry in listed] == [(identity, None)]


def test_the_bucket_holds_no_name_and_no_content(uploaded, place, small_tree):
    secrets = [b"folder-0", b"file-1", b"monday", str(small_tree).encode(), next(small_tree.rglob("file-*")).read_bytes()[:32]]
    for key in place.list():
        content = place.get(key)
        assert not any(secret in content for secret in secrets), f"{key} tells something"


def test_object_names_are_never_reused(uploaded, place, machine):
    before = {key: place.get(key) for key in place.list()}
    upload(machine, "home", "tuesday")
    after = place.list()
    assert all(place.get(key) == content for key, content in before.items()), "an object was rewritten"
    assert len(after) > len(before)
