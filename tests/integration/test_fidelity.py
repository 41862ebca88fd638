"""A tree of every odd case, carried to a bucket and back, onto ext4, XFS and btrfs. Tools that we did not write compare. What a target cannot hold is said,
counted, and an error unless it is allowed."""

import os
import subprocess

import pytest

from support.command import Sealift
from support.compare import differences
from support.exit_codes import IO
from support.loop_disk import loop_disk
from support.losses import Losses, said_flags
from support.main_job import add_folder_store, add_local_fs, add_s3, upload
from support.notices import notices, refuses_degraded
from support.odd_sources import odd_disk
from support.odd_tree import make_times
from support.sample_tree import make_sparse
from support.views import Views, compare_views

LONG = "SEALIFT_TEST_LONG" in os.environ
OUT_OF_REACH = ["--exclude=/deep/*", "--exclude=/huge/*"]  # of rsync: views.py looks there
OF_ANY_KIND = ["--filter=-x system.*", "--filter=-x btrfs.*", "--filter=-x trusted.SGI_ACL_*"]  # without what a kind shows of its own accord
TELL_ALL = ["--json", "--verbose"]

pytestmark = pytest.mark.large


def download(odd, carried, path, *options):
    """As a filesystem of its own name."""
    return odd.machine.run("fs", "download", path.parents[1].name, path, "dr", carried.locator, "--allow-no-kms", *TELL_ALL, *options)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_it_comes_back_as_it_was(kind, odd, folder, needs_tools):
    carried = odd.of(kind)
    with odd_disk(folder, kind) as disk:
        done = download(odd, carried, disk.path / "tree")
        assert done.code == 0 and done.json["degraded"] == 0, done
        assert compare_views(carried.views, Views(disk.path / "tree")) == []
        assert differences(carried.tree, disk.path / "tree", *OUT_OF_REACH) == ""


@pytest.mark.parametrize(("source", "target"), [("ext4", "xfs"), ("ext4", "btrfs"), *([("xfs", "btrfs"), ("btrfs", "xfs")] if LONG else [])])
def test_what_another_kind_of_file_system_does_not_have(source, target, odd, folder, needs_tools):
    carried = odd.of(source)
    losses = Losses(carried.views, target)
    with odd_disk(folder, target) as disk:
        path = disk.path / "tree"
        failed = download(odd, carried, path)
        said = notices(failed, "degraded")
        assert refuses_degraded(failed, losses.count), failed
        assert said_flags(said) == losses.flags
        assert {path for path, reason in said if "project" in reason} == losses.projects
        assert len([path for path, reason in said if "attribute btrfs." in reason]) == len(losses.attributes)
        assert {path for path, reason in said if "time of" in reason} == losses.times
        assert {path for path, reason in said if "takes no link" in reason} == losses.links
        assert len(said) == losses.count
        assert compare_views(losses.remaining(), Views(path)) == []
        assert differences(carried.tree, path, *OUT_OF_REACH, *OF_ANY_KIND, *(f"--exclude=/{path}" for path in losses.links | losses.times)) == ""


@pytest.mark.parametrize("kind", ["ext4", *(["xfs", "btrfs"] if LONG else [])])
def test_through_an_s3_server(kind, odd, machine, place, folder, needs_tools):
    carried = odd.of(kind)
    add_s3(machine, place)
    add_local_fs(machine, "home", carried.tree)
    locator = upload(machine, "home", "monday")
    with odd_disk(folder, kind) as disk:
        machine.ok("fs", "download", "copy", disk.path / "tree", "dr", locator, "--allow-no-kms")
        assert compare_views(carried.views, Views(disk.path / "tree")) == []
        assert differences(carried.tree, disk.path / "tree", *OUT_OF_REACH) == ""


@pytest.fixture
def carry(folder):
    """Carries a small tree onto a disk: carry(tree, target, ...) gives what the download said without --allow-degraded; the target is what it could be."""
    machine = Sealift(folder / "home")
    add_folder_store(machine, folder / "bucket")

    def carry_it(tree, target, *options, **run_options):
        add_local_fs(machine, tree.name, tree)
        locator = upload(machine, tree.name, "monday")
        return machine.run("fs", "download", "copy", target, "dr", locator, "--allow-no-kms", *TELL_ALL, *options, **run_options)

    return carry_it


def said_of(result, words):
    """The paths of which the command said so."""
    return sorted(path for path, reason in notices(result, "degraded") if words in reason)


def test_times_that_an_inode_of_128_bytes_does_not_have(carry, folder):
    moments = {"half": 1_700_000_000_500_000_000, "whole": 1_700_000_000_000_000_000, "after-2038": 4_102_444_800_000_000_000, "both": 4_102_444_800_000_000_001}
    tree = folder / "tree"
    tree.mkdir()
    for name, moment in moments.items():
        (tree / name).touch()
        os.utime(tree / name, ns=(moment, moment))
    os.utime(tree, ns=(10**18, 10**18))
    with loop_disk(folder, "ext4", options=["-I", "128"]) as disk:
        failed = carry(tree, disk.path / "tree")
        assert refuses_degraded(failed, 3), failed
        assert said_of(failed, "time") == ["after-2038", "both", "half"]
        assert (disk.path / "tree" / "half").stat().st_mtime_ns == 1_700_000_000_000_000_000
        assert (disk.path / "tree" / "whole").stat().st_mtime_ns == moments["whole"]


def test_what_is_lost_may_be_allowed(carry, folder):
    tree = folder / "tree"
    tree.mkdir()
    os.utime(tree, ns=(1, 1))
    with loop_disk(folder, "ext4", options=["-I", "128"]) as disk:
        done = carry(tree, disk.path / "tree", "--allow-degraded")
        assert done.code == 0 and done.json["degraded"] == 1 and said_of(done, "time") == ["."], done


def test_times_that_only_btrfs_has(carry, folder):
    with loop_disk(folder, "btrfs") as old, loop_disk(folder, "ext4") as new:
        tree = old.path / "tree"
        tree.mkdir()
        make_times(tree / "times", "btrfs")
        failed = carry(tree, new.path / "tree")
        assert said_of(failed, "time") == ["times/first", "times/first-directory", "times/last", "times/last-directory"]
        assert refuses_degraded(failed, 4), failed


def test_an_acl_that_xfs_shows_twice(carry, folder, needs_tools):
    with loop_disk(folder, "xfs") as old, loop_disk(folder, "ext4") as new:
        tree = old.path / "tree"
        tree.mkdir()
        subprocess.run(["setfacl", "-m", "u:1234:rwx,d:u:1234:rwx", tree], check=True)
        assert carry(tree, new.path / "tree").code == 0
        assert sorted(os.listxattr(new.path / "tree")) == ["system.posix_acl_access", "system.posix_acl_default"]


def test_a_file_that_is_longer_than_the_target_can_have_one(carry, folder):
    with loop_disk(folder, "xfs") as old, loop_disk(folder, "ext4") as new:
        tree = old.path / "tree"
        tree.mkdir()
        make_sparse(tree / "longest", [], length=(1 << 63) - 1)
        failed = carry(tree, new.path / "tree")
        assert refuses_degraded(failed, 1) and [path for path, _ in notices(failed, "degraded")] == ["longest"], failed
        assert os.listdir(new.path / "tree") == []


def test_a_tree_of_more_bytes_than_a_number_has(carry, folder):
    """Sizes whose sum is beyond 64 bits are no reason to fail."""
    with loop_disk(folder, "xfs") as old, loop_disk(folder, "xfs") as new:
        tree = old.path / "tree"
        tree.mkdir()
        for number in range(3):
            make_sparse(tree / f"longest-{number}", [(number, b"x")], length=(1 << 63) - 1)
        done = carry(tree, new.path / "tree")
        assert done.code == 0, done
        for number in range(3):
            assert (new.path / "tree" / f"longest-{number}").stat().st_size == (1 << 63) - 1


@pytest.mark.parametrize(("inodes", "says"), [("8192", "no space left on the target; free some"), ("64", "all its inodes are taken")], ids=["of-bytes", "of-inodes"])
def test_a_target_with_too_little_room(inodes, says, odd, folder):
    carried = odd.of("ext4")
    with loop_disk(folder, "ext4", megabytes=16, options=["-b", "4096", "-N", inodes]) as disk:
        failed = download(odd, carried, disk.path / "tree", "--allow-degraded")
        assert failed.code == IO and says in failed.err, failed
        assert disk.path.parent.name not in {entry["name"] for entry in odd.machine.ok("fs", "--json").json}
