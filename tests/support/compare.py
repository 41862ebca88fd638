"""Comparing two trees with a tool that we did not write."""

import subprocess


def differences(source, target, *options):
    """What rsync would have to do to make `target` like `source`: contents by checksum, owners, modes, times to the nanosecond, links, ACLs, xattrs.
    Empty when the trees are the same, apart from what rsync's options leave out."""
    done = subprocess.run(["rsync", "-naiHAXc", "--delete", "--modify-window=-1", "--numeric-ids", *options, f"{source}/", f"{target}/"],
                          capture_output=True, text=True, errors="surrogateescape")
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_same(source, target):
    found = differences(source, target)
    assert found == "", f"{source} and {target} differ:\n{found[:4000]}"
