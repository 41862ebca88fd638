"""What a tree is in the words of tools that we did not write: find, getfattr, getcap, lsattr, filefrag; and of a walk of our own where paths are too long for
them. Each view says of each path what it found there."""

import os
import re
import stat
import subprocess

# Flags that belong to how a file system stores something, not to what its owner asked for: extents, hashed directories, inline data, encrypted, verity.
KERNELS_OWN = b"eINEV"
# XFS shows root its ACLs a second time, in the form in which it keeps them.
ACL_AGAIN = b"trusted.SGI_ACL_"


def tell(tree, *argv, paths=None):
    """What a tool says in `tree`; of many paths when they are given."""
    if paths is not None:
        argv = ["xargs", "-0", "-r", *argv]
    done = subprocess.run(argv, cwd=tree, input=None if paths is None else b"\0".join(paths), capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:2000]
    return done.stdout


class Views:
    """`deep` is the directory, below the tree's root, whose paths are too long; `huge` one whose files are too long to be read."""

    def __init__(self, tree, deep="deep", huge="huge"):
        self.tree, self.deep, self.huge = tree, deep, huge
        kinds = self.list_paths()
        everything = sorted(kinds)
        regular = [path for path in everything if kinds[path] == b"f"]
        by_tool = {"find": self.see_by_find, "links": self.see_links,
                   "getfattr": lambda: self.see_attributes(everything),
                   "getcap": lambda: self.see_capabilities(regular),
                   "lsattr": lambda: self.see_flags([path for path in everything if kinds[path] in (b"f", b"d")]),
                   "filefrag": lambda: self.see_extents(regular),
                   "deep": self.see_deep, "huge": self.see_huge}
        self.by_tool = {tool: see() for tool, see in by_tool.items()}

    def find(self, *actions):
        """Pairs of path and what the actions print."""
        said = tell(self.tree, "find", ".", "-path", f"./{self.deep}/*", "-prune", "-o", *actions)
        words = said.split(b"\0")
        return dict(zip(words[:-1:2], words[1::2], strict=True))

    def list_paths(self):
        return self.find("-printf", r"%p\0%y\0")

    def see_by_find(self):
        """Type, mode, owner, time to the nanosecond; of all but directories names and size, too."""
        return self.find("-type", "d", "-printf", r"%p\0%y %m %U %G %T@\0", "-o", "-printf", r"%p\0%y %m %U %G %T@ %n %s %l\0")

    def see_links(self):
        """Of each name the first that is the same inode."""
        inodes = self.find("!", "-type", "d", "-printf", r"%p\0%i\0")
        first = {}
        for path in sorted(inodes):
            first.setdefault(inodes[path], path)
        return {path: first[inode] for path, inode in inodes.items()}

    def see_attributes(self, paths):
        blocks = [block.split(b"\n") for block in tell(self.tree, "getfattr", "-d", "-m", "-", "-h", "-e", "hex", "--", paths=paths).split(b"\n\n") if block]
        seen = {lines[0].removeprefix(b"# file: "): sorted(line for line in lines[1:] if not line.startswith(ACL_AGAIN)) for lines in blocks}
        return {path: b"\n".join(lines) for path, lines in seen.items() if lines}

    def see_capabilities(self, paths):
        return dict(line.rsplit(b" ", 1) for line in tell(self.tree, "getcap", "--", paths=paths).splitlines())

    def see_flags(self, paths):
        """Project and flags: `7 ------d---`."""
        found, last = {}, None
        for line in tell(self.tree, "lsattr", "-pd", "--", paths=paths).split(b"\n"):
            match = re.fullmatch(rb" *(\d+) ([-a-zA-Z]+) (\./.*|\.)", line)
            if match:
                last = match[3]
                found[last] = match[1] + b" " + bytes(flag for flag in match[2] if flag not in KERNELS_OWN + b"-")
            elif line:
                found[last + b"\n" + line] = found.pop(last)
        return found

    def see_extents(self, paths):
        """Runs of blocks that are there, of the files that have a block and a hole: what is written with holes is more than a block."""
        sparse = [path for path in paths if os.lstat(os.path.join(os.fsencode(self.tree), path)).st_size > 4096]
        runs, path = {}, None
        for line in tell(self.tree, "filefrag", "-s", "-v", "-b4096", "--", paths=sparse).split(b"\n"):
            named = re.match(rb"File size of (.*) is \d+ \(", line)
            extent = re.match(rb" *\d+: +(\d+)\.\. +(\d+): +", line)
            if named:
                path = named[1]
                runs[path] = []
            elif extent and b"unwritten" not in line:  # room that the file system made for later
                first, last = int(extent[1]), int(extent[2])
                last = first if b"inline" in line else last  # told in bytes
                if runs[path] and runs[path][-1][1] + 1 == first:
                    first = runs[path].pop()[0]
                runs[path].append((first, last))
        return {path: str(found).encode() for path, found in runs.items()}

    def see_deep(self):
        """One name after the other, each directory opened from the one above."""
        seen, level = {}, 0
        below = os.open(os.path.join(self.tree, self.deep), os.O_DIRECTORY)
        while below is not None:
            inner = None
            for name in sorted(os.listdir(below)):
                status = os.stat(name, dir_fd=below, follow_symlinks=False)
                seen[f"{level}/{name}"] = self.see_deep_entry(below, name, status)
                if stat.S_ISDIR(status.st_mode):
                    inner = os.open(name, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=below)
            os.close(below)
            below, level = inner, level + 1
        return seen

    @staticmethod
    def see_deep_entry(directory, name, status):
        content = None
        if stat.S_ISLNK(status.st_mode):
            content = os.readlink(name, dir_fd=directory)
        elif stat.S_ISREG(status.st_mode):
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)
            content = os.read(file, 1 << 20), {key: os.getxattr(file, key) for key in sorted(os.listxattr(file))}
            os.close(file)
        links = 0 if stat.S_ISDIR(status.st_mode) else status.st_nlink
        return f"{status.st_mode:o} {status.st_uid} {status.st_gid} {status.st_mtime_ns} {links} {content}".encode()

    def see_huge(self):
        """Size and data, wherever it is; what is between is nothing."""
        folder = os.path.join(self.tree, self.huge)
        seen = {}
        for name in sorted(os.listdir(folder)):
            file = os.open(os.path.join(folder, name), os.O_RDONLY)
            seen[name] = str([os.fstat(file).st_size, *read_pieces(file)]).encode()
            os.close(file)
        return seen


def read_pieces(file):
    at = 0
    while True:
        try:
            at = os.lseek(file, at, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole follows
            return
        end = os.lseek(file, at, os.SEEK_HOLE)
        data = os.pread(file, min(end - at, 1 << 20), at)
        if data.strip(b"\0"):
            yield at + len(data) - len(data.lstrip(b"\0")), data.strip(b"\0")
        at = end


def compare_views(source, target):
    """Where they differ: (tool, path, what the source has, what the target has)."""
    found = []
    for tool, seen in source.by_tool.items():
        other = target.by_tool[tool]
        for path in sorted({*seen, *other}, key=os.fsencode):
            if seen.get(path) != other.get(path):
                found.append((tool, path, seen.get(path), other.get(path)))
    return found
