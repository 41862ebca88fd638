"""Someone who is not root carries the tree of every odd case. What they may not read is missing, what they may not set is degraded: said, counted, an error
unless it is allowed. And nothing that comes back may do more than it could."""

import os
import shutil
import subprocess

import pytest

from support.command import Sealift, binary
from support.compare import differences
from support.exit_codes import DENIED
from support.main_job import add_folder_store
from support.notices import notices, refuses_degraded
from support.odd_sources import odd_disk
from support.views import Views

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]

TELL_ALL = ["--json", "--verbose"]
# What rsync compares when nobody can have owners and attributes. It does not look at modes: those are never more than they were, which is shown apart.
CONTENTS_AND_TIMES = ["--no-o", "--no-g", "--no-p", "--no-A", "--no-X", "--no-D", "--info=nonreg0", "--exclude=/huge/*"]

pytestmark = pytest.mark.large


class User(Sealift):
    """Runs the command as nobody, with a home of its own."""

    def run(self, *arguments, **options):
        return super().run(*arguments, prefix=AS_NOBODY, **options)


@pytest.fixture
def user(folder, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    folder.chmod(0o711)
    monkeypatch.setenv("SEALIFT_BINARY", str(shutil.copy(binary(), folder / "sealift")))
    for name in ("home", "bucket"):
        (folder / name).mkdir()
        os.chown(folder / name, NOBODY, NOBODY)
    user = User(folder / "home")
    add_folder_store(user, folder / "bucket")
    return user


def unreadable(tree):
    """Files that nobody may not read, and directories that nobody may not list, as find sees it."""
    found = subprocess.run([*AS_NOBODY, "find", ".", "(", "-type", "f", "!", "-readable", "-o", "-type", "d", "!", "(", "-readable", "-executable", ")", ")",
                            "-prune", "-printf", r"%P\0"], cwd=tree, check=True, capture_output=True).stdout
    return sorted(os.fsdecode(path) for path in found.split(b"\0")[:-1])


def test_an_ordinary_user(user, odd, folder, needs_tools):
    carried = odd.of("ext4")
    missing = unreadable(carried.tree)
    locator = upload_what_may_be_read(user, carried.tree, missing)
    with odd_disk(folder, "ext4") as disk:
        os.chown(disk.path, NOBODY, NOBODY)
        path = disk.path / "tree"
        failed = user.run("fs", "download", "copy", path, "dr", locator, "--allow-no-kms", *TELL_ALL)
        restored = Views(path)
        lost = count_lost(carried.views, restored, missing)
        assert lost["owner"] and lost["set-id"] and lost["made"] and lost["flags"], lost
        assert len(notices(failed, "degraded")) == sum(lost.values()), (lost, failed)
        assert refuses_degraded(failed, sum(lost.values())), failed

        assert differences(carried.tree, path, *CONTENTS_AND_TIMES, *(f"--exclude=/{gone}{inside}" for gone in missing for inside in ("", "/*"))) == ""
        assert restored.by_tool["huge"] == carried.views.by_tool["huge"]
        assert restored.by_tool["getcap"] == {}
        assert [path for path in restored.by_tool["find"] if mode(restored, path) & ~mode(carried.views, path)] == []


def upload_what_may_be_read(user, tree, missing):
    """Says what is missing, and publishes only when it may be."""
    user.ok("fs", "add", "home", tree, "--obs", "dr", "--allow-no-kms")
    user.ok("fs", "snapshot", "add", "home", "monday")
    failed = user.run("fs", "snapshot", "upload", "home", "monday", *TELL_ALL)
    assert failed.code == DENIED and f"{len(missing)} paths" in failed.err and "--allow-missing" in failed.err, failed
    partial = user.ok("fs", "snapshot", "upload", "home", "monday", "--allow-missing", *TELL_ALL)
    assert sorted(path for path, _ in notices(partial, "missing")) == missing
    assert partial.json["missing"] == len(missing) and partial.json["partial"] is True
    return partial.json["locator"]


def mode(views, path):
    return int(views.by_tool["find"][path].split(b" ")[1], 8)


def owner(views, path):
    return views.by_tool["find"][path].split(b" ")[2:4]


def count_lost(source, target, missing):
    """How many attributes the target lacks, of each kind; of an inode with several names once. What the user could not see (trusted.*) nobody can tell."""
    inodes = {path for path, first in target.by_tool["links"].items() if path == first}
    inodes |= set(target.by_tool["find"]) - set(target.by_tool["links"])
    strangers = {path for path in inodes if owner(source, path) != owner(target, path)}
    flags = [path for path in inodes if set(source.by_tool["lsattr"].get(path, b"")) - set(target.by_tool["lsattr"].get(path, b""))]
    never_read = {f"./{path}".encode() for path in missing}
    return {"owner": len(strangers) + len(target.by_tool["deep"]),  # whatever may be read of it is root's
            "set-id": len([path for path in strangers if mode(source, path) & 0o6000 or path in source.by_tool["getcap"]]),
            "flags": len(flags),
            "attributes": len(lost_attributes(source, target, inodes)),
            "made": len([path for path in source.by_tool["find"] if path not in target.by_tool["find"] and not is_below(path, never_read)])}


def lost_attributes(source, target, inodes):
    names = {path.removeprefix(b"./") for path in inodes}
    return [line for path, told in source.by_tool["getfattr"].items() if path in names for line in told.split(b"\n")
            if line not in target.by_tool["getfattr"].get(path, b"").split(b"\n") and not line.startswith((b"trusted.", b"security.capability="))]


def is_below(path, directories):
    parts = path.split(b"/")
    return any(b"/".join(parts[:count]) in directories for count in range(1, len(parts) + 1))
