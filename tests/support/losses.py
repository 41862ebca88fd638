"""What a tree loses on a file system of another kind, computed from what the tools say of the source."""

import copy
import re

from support.odd_tree import FIRST_MOMENT, FLAGS, LAST_MOMENT, LONGEST_LINK, PROJECTS


COMPRESSED = b"btrfs.compression=0x7a6c6962"


class Losses:
    """Of an inode with several names at the first of them, where it is told."""

    def __init__(self, views, kind):
        self.views, self.kind = views, kind
        flags = views.by_tool["lsattr"]
        told = [path for path in flags if views.by_tool["links"].get(path, path) == path]
        self.flags = {plain(path): lost for path in told if (lost := set(flags[path].split(b" ")[1].decode()) - self.kept_flags())}
        self.projects = {plain(path) for path in told if flags[path].split(b" ")[0] != self.project(flags[path])}
        self.attributes = {path for path in views.by_tool["getfattr"] if not self.keeps_attributes(path)}
        self.times = {plain(path) for path, told in views.by_tool["find"].items() if self.kept_time(told) != told}
        self.links = {plain(path) for path in views.by_tool["find"] if self.is_lost_link(path)}

    @property
    def count(self):
        return len(self.flags) + len(self.projects) + len(self.attributes) + len(self.times) + len(self.links)

    def kept_flags(self):
        return set("".join(FLAGS[self.kind]))

    def project(self, told):
        return told.split(b" ")[0] if self.kind in PROJECTS else b"0"

    def keeps_attributes(self, path):
        """btrfs has some of its own."""
        return self.kind == "btrfs" or b"\nbtrfs." not in b"\n" + self.views.by_tool["getfattr"][path]

    def kept_time(self, told):
        """What find says of an inode whose time is at most as early or late as there are any."""
        words = told.split(b" ")
        second = float(words[4])
        if second < FIRST_MOMENT[self.kind]:
            words[4] = b"%d.0000000000" % FIRST_MOMENT[self.kind]
        elif second > LAST_MOMENT[self.kind]:
            words[4] = b"%d.0000000000" % LAST_MOMENT[self.kind]
        return b" ".join(words)

    def is_lost_link(self, path):
        words = self.views.by_tool["find"][path].split(b" ", 7)
        return words[0] == b"l" and int(words[6]) > LONGEST_LINK[self.kind]

    def remaining(self):
        """The views that the target should give."""
        views = copy.copy(self.views)
        views.by_tool = {tool: {path: told for path, told in seen.items() if not isinstance(path, bytes) or plain(path) not in self.links}
                         for tool, seen in views.by_tool.items()}
        views.by_tool["find"] = {path: self.kept_time(told) for path, told in views.by_tool["find"].items()}
        kept = self.kept_flags()
        flags = {path: bytes(flag for flag in told.split(b" ")[1] if chr(flag) in kept) for path, told in views.by_tool["lsattr"].items()}
        views.by_tool["lsattr"] = {path: self.project(told) + b" " + flags[path] for path, told in views.by_tool["lsattr"].items()}
        attributes = {path: told for path, told in views.by_tool["getfattr"].items() if path not in self.attributes}
        if self.kind == "btrfs":  # it tells of compression in an attribute, too
            attributes = {**{path.removeprefix(b"./"): COMPRESSED for path in flags if b"c" in flags[path]}, **attributes}
        views.by_tool["getfattr"] = attributes
        return views


def plain(path):
    """As the command says it: the path below the root."""
    return path.removeprefix(b"./").decode(errors="surrogateescape")


def said_flags(said):
    """By path: the flags that the command said it could not set."""
    found = {}
    for path, reason in said:
        match = re.search(r"its flags ([a-zA-Z]+) ", reason)
        if match:
            found.setdefault(path, set()).update(match[1])
    return found
