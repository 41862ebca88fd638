"""Trees to carry: a small one with everything that a file system can hold, and a large one of real data."""

import os
import random
import socket
import stat
import subprocess
from pathlib import Path

MIB = 1 << 20
IS_ROOT = os.geteuid() == 0

ODD_NAMES = [b"with space", b"new\nline", b"tab\there", b"-rf", b"*?[x]", b"quote'\"`$", b"back\\slash", b"latin1-\xe9\xff", b"trailing ",
             b" leading", b"...", b"..hidden", b"\xf0\x9f\x90\x9a", b"e\xcc\x81", b"\xc3\xa9", b"carriage\rreturn", b"\x01\x1b[31m\x7f",
             b"n" * 255, b"%2e%2e", b"a.b", b"a-b", b"a"]


def make_sample_tree(root, seed=1, longest_link=4003):
    """Every type, xattrs, ACLs, hard links, holes, odd names, odd times. What needs root is left out for others. XFS has links of 1,023 bytes at most."""
    root = Path(root)
    root.mkdir(parents=True)
    chance = random.Random(seed)
    make_contents(root / "contents", chance)
    make_names(root / "names")
    make_links(root / "links", longest_link)
    make_special_files(root / "special")
    make_metadata(root / "metadata", chance)
    make_shapes(root / "shapes", chance)
    set_times(root, chance)
    return root


def make_contents(folder, chance):
    folder.mkdir()
    (folder / "empty").touch()
    (folder / "one-byte").write_bytes(b"x")
    (folder / "text").write_text("the quick brown fox\n" * 5000)
    for size in (4095, 4096, 4097, MIB - 1, MIB, MIB + 1, 5 * MIB + 123):
        (folder / f"random-{size}").write_bytes(chance.randbytes(size))
    twin = chance.randbytes(300_000)
    (folder / "twin-1").write_bytes(twin)
    (folder / "twin-2").write_bytes(twin)
    (folder / "zeroes").write_bytes(bytes(2 * MIB))
    make_sparse(folder / "hole-first", [(3 * MIB, b"end")])
    make_sparse(folder / "hole-last", [(0, b"start")], length=4 * MIB)
    make_sparse(folder / "holes-between", [(number * MIB, chance.randbytes(10_000)) for number in range(0, 16, 3)])
    make_sparse(folder / "all-hole", [], length=64 * MIB)


def make_sparse(path, pieces, length=0):
    """Of its full length from the beginning: behind the end of a file that grows a file system may make room, and fill it with zeros."""
    with open(path, "wb") as file:
        file.truncate(max([length, *(offset + len(data) for offset, data in pieces)]))
        for offset, data in pieces:
            file.seek(offset)
            file.write(data)


def make_names(folder):
    folder.mkdir()
    for number, name in enumerate(ODD_NAMES):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(b"name %d" % number)
    for name in (b"dir with \n", b"a+b"):
        inner = os.path.join(os.fsencode(folder), name)
        os.mkdir(inner)
        with open(os.path.join(inner, b"x"), "wb"):
            pass


def make_links(folder, longest):
    folder.mkdir()
    (folder / "file").write_text("linked")
    (folder / "sub").mkdir()
    os.link(folder / "file", folder / "hard-1")
    os.link(folder / "file", folder / "sub" / "hard-2")
    (folder / "empty").touch()
    os.link(folder / "empty", folder / "empty-too")
    os.symlink("file", folder / "relative")
    os.symlink("/nonexistent/absolute", folder / "absolute")
    os.symlink("nowhere", folder / "dangling")
    os.symlink("sub", folder / "to-folder")
    os.symlink("x/" * (longest // 2 - 1) + "end", folder / "long")
    os.symlink(b"\xff\xfe", os.path.join(os.fsencode(folder), b"odd-target"))


def make_special_files(folder):
    folder.mkdir()
    os.mkfifo(folder / "fifo", 0o640)
    os.link(folder / "fifo", folder / "fifo-too")
    here = os.getcwd()
    os.chdir(folder)  # a socket's path has 108 bytes at most
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    os.chdir(here)
    if IS_ROOT:
        os.mknod(folder / "character", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        os.mknod(folder / "block", stat.S_IFBLK | 0o660, os.makedev(259, 70000))


def make_metadata(folder, chance):
    folder.mkdir()
    for mode in (0o000, 0o400, 0o777, 0o4755, 0o2755, 0o1644, 0o6711):
        path = folder / f"mode-{mode:04o}"
        path.write_text(oct(mode))
        os.chmod(path, mode)
    (folder / "sticky").mkdir()
    os.chmod(folder / "sticky", 0o1777)
    (folder / "read-only").mkdir()
    (folder / "read-only" / "inside").write_text("inside")
    os.chmod(folder / "read-only", 0o555)

    attributed = folder / "xattrs"
    attributed.write_text("attributed")
    os.setxattr(attributed, "user.short", b"value")
    os.setxattr(attributed, "user.empty", b"")
    os.setxattr(attributed, "user.binary", bytes(range(256)))
    os.setxattr(attributed, "user.long", chance.randbytes(2500))
    (folder / "xattr-folder").mkdir()
    os.setxattr(folder / "xattr-folder", "user.on-a-folder", b"yes")

    for path, is_folder in ((folder / "acl-file", False), (folder / "acl-folder", True)):
        if is_folder:
            path.mkdir()
            subprocess.run(["setfacl", "-m", "d:u:1234:rwx,d:g:4321:r-x", path], check=True)
        else:
            path.write_text("acl")
        subprocess.run(["setfacl", "-m", "u:1234:rw-,g:4321:r--", path], check=True)

    if IS_ROOT:
        for uid, gid in ((1000, 1000), (12345, 54321), (4_000_000_000, 4_000_000_001)):
            path = folder / f"owned-{uid}"
            path.write_text("owned")
            os.chown(path, uid, gid)
        os.setxattr(attributed, "trusted.overlay", b"trusted")
        program = folder / "capable"
        program.write_text("#!/bin/true\n")
        os.setxattr(program, "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
        os.symlink("xattrs", folder / "owned-link")
        os.chown(folder / "owned-link", 1000, 1001, follow_symlinks=False)


def make_shapes(folder, chance):
    folder.mkdir()
    (folder / "empty-folder").mkdir()
    wide = folder / "wide"
    wide.mkdir()
    for number in range(2500):
        (wide / f"{chance.randrange(1 << 40):010x}-{number}").write_bytes(chance.randbytes(chance.randrange(200)))
    deep = folder
    for level in range(40):
        deep = deep / f"level-{level}"
        deep.mkdir()
    (deep / "bottom").write_text("bottom")


def set_times(root, chance):
    """Nanoseconds everywhere, and times before 1970 and after 2038; folders last, from the bottom."""
    for folder, _, files in os.walk(os.fsencode(root), topdown=False):
        for name in [*files, b""]:
            moment = chance.choice((1_700_000_000, 1_000_000_000, -86_400, 4_102_444_800)) * 10**9 + chance.randrange(10**9)
            os.utime(os.path.join(folder, name) if name else folder, ns=(moment, moment), follow_symlinks=False)


def make_small_tree(root, seed=2):
    """A handful of files, a few hundred kilobytes: for tests that upload many times."""
    root = Path(root)
    chance = random.Random(seed)
    for number in range(12):
        folder = root / f"folder-{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file-{number}").write_bytes(chance.randbytes(chance.randrange(1, 60_000)))
    os.symlink("file-0", root / "folder-0" / "link")
    return root


def copy_of_usr(target, entries=20_000, megabytes=500, whole=False):
    """A copy of /usr, or of so many of its folders that there are at least `entries` entries, in at most about `megabytes`."""
    target = Path(target)
    if whole:
        subprocess.run(["cp", "-a", "--reflink=auto", "-x", "/usr", target], check=True)
        return target
    target.mkdir()
    copied = size = 0
    for folder in sorted(path for path in Path("/usr").glob("*/*") if path.is_dir() and not path.is_symlink()):
        count, bytes_inside = measure(folder)
        if size + bytes_inside > megabytes * MIB:
            continue
        (target / folder.parent.name).mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", "-x", folder, target / folder.parent.name], check=True)
        copied, size = copied + count, size + bytes_inside
        if copied >= entries and size > megabytes * MIB // 2:
            return target
    assert copied >= entries, f"/usr holds only {copied} entries in folders that fit into {megabytes} MB"
    return target


def measure(folder):
    """Entries and bytes of a folder, each file at its length."""
    count = size = 0
    for inner, folders, files in os.walk(folder):
        count += 1 + len(files)
        for name in files:
            size += os.lstat(os.path.join(inner, name)).st_size
    return count, size


def remove_tree(path):
    """Removes a tree, also one with folders that its owner may not enter, with what is immutable, and deeper than Python goes."""
    if not IS_ROOT:
        subprocess.run(["chmod", "-R", "u+rwX", path], capture_output=True)
    if subprocess.run(["rm", "-rf", path], capture_output=True).returncode != 0:
        subprocess.run(["chattr", "-R", "-f", "-i", "-a", path], capture_output=True)
        subprocess.run(["rm", "-rf", path], capture_output=True)
