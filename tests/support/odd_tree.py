"""A tree of every odd case that a file system of its kind can hold: what sample_tree.py has, and what takes a disk of one's own."""

import os
import random
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.sample_tree import make_sample_tree, make_sparse, set_times

# The flags that chattr(1) can set. Of those that only a directory has the letters are in the second text.
FLAGS = {"ext4": ("suSiadActx", "DTP"), "xfs": ("SiadAx", "P"), "btrfs": ("SiadAcCm", "D")}
LASTING = "ai"
ANY_BYTE = bytes(byte for byte in range(1, 256) if byte != ord("/"))
PROJECTS = {"xfs"}  # ext4 has them only with a feature that wants a kernel with quotas
# The longest file, and how far times reach.
HUGE = {"ext4": (1 << 44) - 4096, "xfs": 1 << 62, "btrfs": 1 << 62}
LONGEST_LINK = {"ext4": 4003, "xfs": 1023, "btrfs": 4003}
FIRST_MOMENT = {"ext4": -(1 << 31), "xfs": -(1 << 31), "btrfs": -5_000_000_000}
LAST_MOMENT = {"ext4": 15_032_385_535, "xfs": 16_299_260_424, "btrfs": 20_000_000_000}


@dataclass
class Extent:
    """How far the odd cases go."""
    wide: int = 3_000  # names in one directory
    extents: int = 2_000  # of one file
    link_groups: int = 300
    depth: int = 1_000
    deep_name: int = 20  # bytes: paths of 20 kilobytes, and of a quarter of a megabyte, which is near the format's limit


EXTENT = Extent(wide=100_000, extents=100_000, link_groups=100_000, deep_name=250) if "SEALIFT_TEST_LONG" in os.environ else Extent()


def make_odd_tree(root, kind, extent=EXTENT):
    """Fills `root`, an empty directory on a file system of this kind (ext4: with ea_inode, for its large attributes), which needs root. What rsync and
    other tools of paths cannot reach is in `deep`, and what they would read for years is in `huge`."""
    root = Path(root)
    chance = random.Random(5)
    make_sample_tree(root / "sample", longest_link=LONGEST_LINK[kind])
    make_linked(root / "linked", extent.link_groups)
    make_attributed(root / "attributed", chance)
    make_pieces(root / "pieces", extent.extents)
    make_wide(root / "wide", extent.wide)
    make_huge(root / "huge", kind)
    make_deep(root / "deep", extent.depth, extent.deep_name)
    make_times(root / "times", kind)
    make_flagged(root / "flagged", kind)
    if kind in PROJECTS:
        make_projects(root / "projects")
    for folder in ("linked", "attributed", "pieces", "wide", "flagged", "projects"):
        set_times(root / folder, chance)  # nothing of one that is not there
    set_lasting_flags(root / "flagged")
    return root


def make_linked(folder, groups):
    """Hard links of everything that can have them, also across directories; and many groups, whose names lie far apart."""
    folder.mkdir()
    for side in ("first", "second"):
        (folder / side).mkdir()
    os.symlink("nowhere", folder / "symlink")
    os.mkfifo(folder / "fifo", 0o600)
    os.mknod(folder / "character", stat.S_IFCHR | 0o620, os.makedev(5, 1))
    os.mknod(folder / "block", stat.S_IFBLK | 0o660, os.makedev(7, 200))
    os.mknod(folder / "socket", stat.S_IFSOCK | 0o755)
    for name in ("symlink", "fifo", "character", "block", "socket"):
        for number in range(3):
            os.link(folder / name, folder / "second" / f"{name}-{number}", follow_symlinks=False)
    for number in range(groups):
        name = folder / "first" / f"{number:06d}"
        with open(name, "wb") as file:
            file.write(b"" if number % 10 == 0 else b"group %d" % number)
        os.link(name, folder / "second" / f"{groups - number:06d}")


def make_attributed(folder, chance):
    """Attributes of every namespace on every type, and more of them than fit into a tree's entry."""
    folder.mkdir()
    (folder / "file").write_text("labelled")
    (folder / "directory").mkdir()
    os.symlink("file", folder / "symlink")
    os.mkfifo(folder / "fifo")
    os.mknod(folder / "character", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    os.mknod(folder / "block", stat.S_IFBLK | 0o600, os.makedev(7, 201))
    for number, name in enumerate(("file", "directory", "symlink", "fifo", "character", "block")):
        os.setxattr(folder / name, "security.selinux", b"system_u:object_r:odd_%d_t:s0\0" % number, follow_symlinks=False)
        os.setxattr(folder / name, "trusted.sealift", b"on a %s" % name.encode(), follow_symlinks=False)
        os.lchown(folder / name, 1000 + number, 2000 + number)
    (folder / "large").write_text("attributes of some 80 kilobytes")
    (folder / "large-on-a-directory").mkdir()
    for number in range(5):
        for name in ("large", "large-on-a-directory"):
            os.setxattr(folder / name, f"user.large-{number}", chance.randbytes(16_000))
    os.setxattr(folder / "file", "user." + "n" * 250, b"a name of 255 bytes")
    os.setxattr(folder / "file", b"user.\xff\n=", b"any byte\n\0")

    for name, capabilities in (("effective", "cap_net_raw,cap_net_admin=ep"), ("inherited", "cap_chown=i"), ("also-set-uid", "cap_kill+ep")):
        (folder / name).write_text(name)
        os.chown(folder / name, 1234, 4321)
        os.chmod(folder / name, 0o4711 if name == "also-set-uid" else 0o755)
        subprocess.run(["setcap", capabilities, folder / name], check=True)

    shared = folder / "shared"
    shared.mkdir()
    os.chmod(shared, 0o3775)
    os.chown(shared, 0, 4321)
    subprocess.run(["setfacl", "-m", "u:1234:rwx,g:4321:r-x,d:u:1234:rwx,d:g:4321:r-x,d:o::---,d:m::rwx", shared], check=True)
    (shared / "inherits").write_text("inherits the default ACL")
    (shared / "does-not").write_text("had it, and lost it")
    subprocess.run(["setfacl", "-b", shared / "does-not"], check=True)
    (shared / "inner").mkdir()
    subprocess.run(["setfacl", "-k", shared / "inner"], check=True)
    os.mkfifo(shared / "fifo")
    subprocess.run(["setfacl", "-m", "u:77:rw", shared / "fifo"], check=True)


def make_pieces(folder, count):
    """Files of many extents: data and holes by turns; and holes punched where data was."""
    folder.mkdir()
    pieces = ((number * 8192 + 4096 * (number % 3 == 0), b"%07d\n" % number * 512) for number in range(count))
    make_sparse(folder / "many", list(pieces), length=count * 8192 + 1_000_001)
    with open(folder / "punched", "wb") as file:
        file.write(b"punched\n" * (1 << 17))
    for offset in range(0, 1 << 20, 1 << 16):
        subprocess.run(["fallocate", "--punch-hole", "--offset", str(offset), "--length", str(1 << 15), folder / "punched"], check=True)
    make_sparse(folder / "odd-edges", [(4095, b"x"), (8193, b"y"), (1 << 20, b"z" * 5000)], length=(1 << 20) + 5001)


def make_wide(folder, count):
    """Many names in one directory: short ones and such of 255 bytes, in no order."""
    folder.mkdir()
    directory = os.open(folder, os.O_DIRECTORY)
    for number in range(count):
        name = b"%08x" % (number * 2654435761 % (1 << 32))
        if number % 50 == 0:
            name += ANY_BYTE[:255 - len(name)]
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644, dir_fd=directory))
    os.close(directory)


def make_huge(folder, kind):
    """As long as a file can be, with a little data at the ends and on the way."""
    folder.mkdir()
    length = HUGE[kind]
    make_sparse(folder / "longest", [(0, b"first"), (length // 3, b"middle"), (length - 4, b"last")])
    make_sparse(folder / "nothing", [], length=length)


def make_deep(folder, depth, length):
    """A path that no call takes, reached one name after the other."""
    folder.mkdir()
    below = os.open(folder, os.O_DIRECTORY)
    for level in range(depth):
        name = b"%04d-" % level + b"d" * (length - 5)
        os.mkdir(name, 0o750, dir_fd=below)
        inner = os.open(name, os.O_DIRECTORY, dir_fd=below)
        os.utime(below, ns=(level * 10**9 + 7,) * 2)
        os.close(below)
        below = inner
    file = os.open("bottom", os.O_CREAT | os.O_WRONLY, 0o640, dir_fd=below)
    os.write(file, b"as deep as it gets")
    os.setxattr(file, "user.deep", b"too")
    os.close(file)
    os.link("bottom", "linked", src_dir_fd=below, dst_dir_fd=below)
    os.symlink("bottom", "symlink", dir_fd=below)
    os.mkfifo("fifo", dir_fd=below)
    os.close(below)


def make_flagged(folder, kind):
    """For each flag a file and a directory that have it, and what inherits it beside what was there before and does not."""
    of_any, of_directories = FLAGS[kind]
    folder.mkdir()
    for flag in of_any:
        path = folder / f"file-{as_name(flag)}"
        path.touch()
        if flag not in LASTING:
            change(path, f"+{flag}")  # some only of an empty file
        path.write_bytes(b"flagged\n" * 1000)
    for flag in of_any + of_directories:
        path = folder / f"directory-{as_name(flag)}"
        path.mkdir()
        make_children(path)
        if flag not in LASTING:
            change(path, f"+{flag}")
        (path / "heir").write_bytes(b"heir\n" * 1000)
        (path / "heiress").mkdir()
    (folder / "several").write_text("several at once")
    change(folder / "several", "+dSA")
    (folder / "linked").write_text("immutable under two names")
    os.link(folder / "linked", folder / "linked-too")


def set_lasting_flags(folder):
    """Immutable and append-only: when all else is done."""
    for flag in LASTING:
        directory = folder / f"directory-{flag}"
        change(directory / "child", f"+{flag}")
        change(directory, f"+{flag}")
        change(folder / f"file-{flag}", f"+{flag}")
    change(folder / "linked", "+i")
    change(folder / "several", "+ai")


def make_children(folder):
    (folder / "child").write_bytes(b"child\n" * 1000)
    (folder / "grandchildren").mkdir()
    (folder / "grandchildren" / "one").write_text("one")
    os.symlink("child", folder / "symlink")
    os.link(folder / "child", folder / "child-too")


def as_name(flag):
    """Whoever lists these should not have to look twice."""
    return flag if flag.islower() else f"upper-{flag}"


def change(path, *flags):
    subprocess.run(["chattr", *flags, path], check=True)


def make_projects(folder):
    """Project ids, also of children that do not have what their directory hands down, and of a file that is linked across projects."""
    folder.mkdir()
    parent = folder / "hands-down"
    parent.mkdir()
    make_children(parent)
    (folder / "linked").write_text("linked into a directory that hands down another project")
    change(folder / "linked", "-p", "7")
    os.link(folder / "linked", parent / "linked")
    change(parent, "+P", "-p", "42")
    (parent / "heir").write_text("heir")
    (parent / "heiress").mkdir()
    (parent / "no-heir").write_text("with a project of its own")
    change(parent / "no-heir", "-p", "4294967294")


def make_times(folder, kind):
    """The first and the last moment that fit, and those around which other programs err."""
    folder.mkdir()
    moments = {"first": FIRST_MOMENT[kind] * 10**9, "last": LAST_MOMENT[kind] * 10**9, "1969": -1, "1969-half": -500_000_000, "1970": 0,
               "2038": (1 << 31) * 10**9 - 1, "after-2038": (1 << 31) * 10**9 + 1, "after-2106": (1 << 32) * 10**9 + 123_456_789}
    for name, moment in moments.items():
        (folder / name).touch()
        (folder / f"{name}-directory").mkdir()
        for path in (folder / name, folder / f"{name}-directory"):
            os.utime(path, ns=(moment, moment))
