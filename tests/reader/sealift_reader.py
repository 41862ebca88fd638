#!/usr/bin/python3
"""A second reader of sealift's format, written from docs/FORMAT.md alone: numbers in parentheses are its sections.

    sealift_reader.py BUCKET LOCATOR (--fs-key HEX | --kek HEX | --local-key FILE) [--restore FOLDER [--allow-unencrypted]]

BUCKET is a folder that holds the objects. Lists the snapshot, or writes it into an empty folder: contents with their holes, everything else that has a name,
modes and times, which is what shows that the format was understood. It is no tool to restore with: owners, attributes, flags and projects are only listed.
"""

import argparse
import base64
import ctypes
import hashlib
import hmac
import json
import os
import stat
import struct
import sys
import uuid
from collections import namedtuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Damaged(Exception):
    """Something is not as the format says."""


class Later(Exception):
    """Made by a later sealift."""


def need(condition, message):
    if not condition:
        raise Damaged(message)


# Notation (1)

class Cursor:
    """Takes values off the front of bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def raw(self, count):
        need(self.left() >= count, "ends too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def u8(self):
        return self.raw(1)[0]

    def varint(self, most=2**64 - 1):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
            need(shift < 70, "a number without end")
        need((byte > 0 or shift == 7) and value <= most, "a number out of bounds, or longer than it need be")
        return value

    def zigzag(self):
        value = self.varint()
        return -(value + 1 >> 1) if value & 1 else value >> 1

    def bytes(self):
        return self.raw(self.varint())


def hkdf(key, salt, info):
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def unseal(key, nonce, aad, sealed):
    try:
        return AESGCM(key).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise Damaged("does not authenticate") from None


zstd = ctypes.CDLL("libzstd.so.1")
zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
zstd.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t
zstd.ZSTD_decompress.restype = ctypes.c_size_t


def unzstd(packed, most):
    size = zstd.ZSTD_getFrameContentSize(packed, ctypes.c_size_t(len(packed)))
    need(size <= most, "a Zstandard frame of unknown or excessive size")
    need(zstd.ZSTD_findFrameCompressedSize(packed, ctypes.c_size_t(len(packed))) == len(packed), "not one Zstandard frame")
    plain = ctypes.create_string_buffer(max(size, 1))
    got = zstd.ZSTD_decompress(plain, ctypes.c_size_t(size), packed, ctypes.c_size_t(len(packed)))
    need(got == size, "a damaged Zstandard frame")
    return plain.raw[:size]


# JSON (3)

def no_duplicates(pairs):
    need(len({key for key, _ in pairs}) == len(pairs), "a member comes twice")
    return dict(pairs)


def parse_json(text, what=None):
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=no_duplicates)
    except ValueError as error:
        raise Damaged(f"not JSON: {error}") from None
    need(isinstance(value, dict), "not an object")
    if what is not None:
        need(value.get("sealift") == what, f"not a {what}")
        check_version(value)
    return value


def check_version(value):
    if integer(value, "version", 1, 2**63 - 1) > 1:
        raise Later("made by a later sealift")


def integer(value, key, least=0, most=2**63 - 1):
    number = value.get(key)
    if isinstance(number, str):
        need(number.lstrip("-").isdigit(), f"{key} is no integer")
        number = int(number)
    need(type(number) is int and least <= number <= most, f"{key} is no integer within its bounds")
    return number


def text(value, key):
    need(isinstance(value.get(key), str), f"{key} is no text")
    return value[key]


def unhex(value, key, size):
    digits = text(value, key)
    need(len(digits) == 2 * size and set(digits) <= set("0123456789abcdef"), f"{key} is not hex of {size} bytes")
    return bytes.fromhex(digits)


def unbase64(value):
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise Damaged("not base64") from None


def uuid_bytes(value, key):
    return uuid.UUID(text(value, key)).bytes


# Keys (4) and envelope (5)

def open_envelope(envelope, kek):
    check_version(envelope)
    if integer(envelope, "suite", 1) > 1:
        raise Later("made by a later sealift")
    fs, check = uuid_bytes(envelope, "fs"), unhex(envelope, "key_check", 32)
    aad = b"sealift/1 envelope\0" + struct.pack("<II", 1, 1) + fs + check
    fs_key = unseal(hkdf(kek, b"", b"sealift/1 seal fs key"), bytes(12), aad, unhex(envelope, "sealed_fs_key", 48))
    need(hkdf(fs_key, fs, b"sealift/1 key check") == check, "another key than the envelope says")
    return fs_key


def unwrap_local(envelope, local_key):
    need(envelope["kms"]["type"] == "local", "wrapped by another KMS")
    wrapped = text(envelope, "wrapped_kek")
    need(wrapped.startswith("local:v1:"), "not wrapped by the local KMS")
    sealed = unbase64(wrapped[len("local:v1:"):])
    return unseal(hkdf(local_key, b"", b"sealift/1 local kms wrap"), sealed[:12], b"sealift/1 local kms", sealed[12:])


# Names (2), segments and frames (8)

DATA, TREE = 1, 2
Segment = namedtuple("Segment", "kind upload number salt")
Ref = namedtuple("Ref", "segment offset size number")


def check_ref(ref):
    need(ref.segment.kind in (DATA, TREE) and ref.segment.number <= 99999999, "an impossible segment")
    need(ref.offset >= 80 and 21 <= ref.size <= 1048596 and ref.offset + ref.size <= 67108864, "an impossible frame")
    need(ref.number <= (ref.offset - 80) // 20, "an impossible frame number")
    return ref


class Bucket:
    def __init__(self, folder):
        self.folder = folder

    def get(self, name, offset=0, size=-1):
        with open(os.path.join(self.folder, name), "rb") as file:
            file.seek(offset)
            return file.read(size)

    def list(self, prefix):
        folder = os.path.join(self.folder, prefix)
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def key_record_name(fs, key_check, record):
    """Names (2)."""
    return f"fs/{uuid.UUID(bytes=fs)}/keys/{key_check.hex()}-{uuid.UUID(bytes=record)}.json"


def segment_name(fs, segment):
    folder = "data" if segment.kind == DATA else "tree"
    return f"fs/{uuid.UUID(bytes=fs)}/{folder}/{uuid.UUID(bytes=segment.upload)}/{segment.number:08d}"


def segment_header(fs, segment):
    return b"SEALSEG\0" + struct.pack("<HBBI", 1, 1, segment.kind, segment.number) + fs + segment.upload + segment.salt


def open_frame(fs_key, fs, ref, framed):
    need(len(framed) == ref.size, "a frame that is cut off")
    word, body = struct.unpack("<I", framed[:4])[0], framed[4:]
    length, flags = word & 0xffffff, word >> 24
    need(length == len(body) and flags in (0, 2), "a frame of another length, or with flags that do not fit")
    aad = segment_header(fs, ref.segment) + struct.pack("<IB", ref.number, flags)
    key = hkdf(fs_key, ref.segment.salt, b"sealift/1 segment")
    plain = unseal(key, struct.pack("<I", ref.number) + bytes(8), aad, body)
    plain = unzstd(plain, 1048576) if flags == 2 else plain
    need(1 <= len(plain) <= 1048576, "a frame of an impossible size")
    return plain


def check_segment(fs_key, fs, segment, data):
    """A whole segment, to its last byte."""
    need(data[:80] == segment_header(fs, segment), "another segment's header")
    offset, number = 80, 0
    while True:
        word = struct.unpack("<I", data[offset:offset + 4])[0] if offset + 4 <= len(data) else 0
        ref = Ref(segment, offset, 4 + (word & 0xffffff), number)
        if word >> 24 == 1:
            break
        open_frame(fs_key, fs, check_ref(ref), data[offset:offset + ref.size])
        offset, number = offset + ref.size, number + 1
    need(ref.size == 20 and offset + 20 == len(data), "an end that is none")
    aad = segment_header(fs, segment) + struct.pack("<IB", number, 1)
    key = hkdf(fs_key, segment.salt, b"sealift/1 segment")
    need(unseal(key, struct.pack("<I", number) + bytes(8), aad, data[offset + 4:]) == b"", "an end with a body")


# Tree (9)

ENTRIES, INDEX, EXTENTS = 1, 2, 3


class TreeFrame:
    """Tree frame (9.1): what items refer to, and the items, still encoded."""

    def __init__(self, plain, kind, level):
        cursor = Cursor(plain)
        need((cursor.u8(), cursor.u8()) == (kind, level), "a tree frame of another kind or level")
        segments = [Segment(cursor.u8(), cursor.raw(16), cursor.varint(), cursor.raw(32)) for _ in range(cursor.varint())]
        self.refs = [self.ref(cursor, segments) for _ in range(cursor.varint())]
        self.count = cursor.varint()
        need(self.count >= 1, "a tree frame without items")
        self.items = cursor

    @staticmethod
    def ref(cursor, segments):
        segment = cursor.varint()
        need(segment < len(segments), "a segment that is not listed")
        return check_ref(Ref(segments[segment], cursor.varint(), cursor.varint(), cursor.varint()))

    def follow(self, index, kind):
        need(index < len(self.refs) and self.refs[index].segment.kind == kind, "a reference that leads nowhere")
        return self.refs[index]

    def end(self):
        need(self.items.left() == 0, "something follows the items")


Hole = namedtuple("Hole", "length")
Chunk = namedtuple("Chunk", "ref offset length id")
TYPES = {1: "file", 2: "directory", 3: "symlink", 4: "fifo", 5: "socket", 6: "character", 7: "block", 8: "link"}
MUST = {1: {1, 3, 5, 7}, 2: {1, 3, 5}, 3: {1, 3, 5, 15}, 4: {1, 3, 5}, 5: {1, 3, 5}, 6: {1, 3, 5, 17}, 7: {1, 3, 5, 17}, 8: {15}}
MAY = {number: {2, 11, 13, 19, 21} | ({9} if number == 1 else set()) for number in range(1, 8)} | {8: {2}}


class Entry:
    """Entry (9.4)."""

    def __init__(self, cursor, before, frame):
        shared = cursor.varint(len(before))
        self.frame, self.path = frame, before[:shared] + cursor.bytes()
        self.type = cursor.u8()
        if self.type > 8:
            raise Later(f"{self.path!r}: a type of a later sealift")
        self.mode = self.uid = self.gid = self.mtime = self.mtime_ns = self.size = self.major = self.minor = self.flags = self.project = 0
        self.target = self.xattrs = b""
        self.content, self.xattr_list = (0, b""), b""
        tags = self.read_fields(cursor)
        need(self.type in MUST and MUST[self.type] <= tags <= MUST[self.type] | MAY[self.type], "fields that do not fit")
        need(not {11, 13} <= tags and (9 in tags) == (self.size > 0), "fields that do not go together")

    def read_fields(self, cursor):
        tags, last = set(), 0
        while cursor.left():
            tag, value = cursor.varint(), Cursor(cursor.bytes())
            need(tag > last, "fields out of order")
            last = tag
            if tag not in MAY[1] | {1, 3, 5, 7, 15, 17}:
                if tag % 2:
                    raise Later(f"{self.path!r}: a field of a later sealift")
                continue
            tags.add(tag)
            self.read_field(tag, value)
            need(value.left() == 0, "a field of another length")
        return tags

    def read_field(self, tag, value):
        if tag == 1:
            self.mode = value.varint(0o7777)
        elif tag == 2:
            self.identity = (value.varint(), value.varint(), value.zigzag(), value.varint(999999999))
        elif tag == 3:
            self.uid, self.gid = value.varint(2**32 - 1), value.varint(2**32 - 1)
        elif tag == 5:
            self.mtime, self.mtime_ns = value.zigzag(), value.varint(999999999)
        elif tag == 7:
            self.size = value.varint(2**63 - 1)
        elif tag == 9:
            self.content = (value.u8(), value.raw(value.left()))
            need(self.content[0] <= 8, "a list of an impossible level")
        elif tag == 11:
            self.xattrs = value.raw(value.left())
            need(1 <= len(self.xattrs) <= 65536, "an impossible set of attributes")
        elif tag == 13:
            self.xattr_list = value.raw(value.left())
        elif tag == 15:
            self.target = value.raw(value.left())
            need(self.target and b"\0" not in self.target and (self.type != 3 or len(self.target) <= 4095), "an impossible target")
        elif tag == 17:
            self.major, self.minor = value.varint(2**32 - 1), value.varint(2**32 - 1)
        elif tag == 19:
            self.flags = value.varint(2**32 - 1)
        elif tag == 21:
            self.project = value.varint(2**32 - 1)


def order(path):
    """Paths (9.3): a key that sorts them."""
    return path.replace(b"/", b"\0")


def parent(path):
    return path.rpartition(b"/")[0]


def check_path(path):
    names = path.split(b"/") if path else []
    need(len(path) <= 262144 and b"\0" not in path, "an impossible path")
    need(all(1 <= len(name) <= 255 and name not in (b".", b"..") for name in names), "a path of an impossible name")


def parse_xattrs(data):
    """Sets of extended attributes (9.6)."""
    cursor, found = Cursor(data), []
    while cursor.left():
        name, value = cursor.bytes(), cursor.bytes()
        need(1 <= len(name) <= 255 and b"\0" not in name and (not found or found[-1][0] < name), "attributes out of order")
        found.append((name, value))
    return found


class Snapshot:
    """Reading a snapshot (12)."""

    def __init__(self, bucket, locator):
        fs_text, upload_text = locator.split("/")
        self.bucket = bucket
        self.fs, self.upload = uuid.UUID(fs_text).bytes, uuid.UUID(upload_text).bytes
        self.parse_manifest(bucket.get(f"fs/{fs_text}/snapshots/{upload_text}.json"))
        self.cache = {}

    def parse_manifest(self, manifest):
        """Manifest (10)."""
        lines = manifest.split(b"\n")
        need(len(lines) == 4 and lines[3] == b"", "not three lines")
        self.body_line, self.hmac = lines[0], unhex(parse_json(lines[2]), "hmac", 32)
        self.body, self.envelope = parse_json(lines[0], "manifest"), parse_json(lines[1])
        need(uuid_bytes(self.body, "fs") == self.fs and uuid_bytes(self.body, "upload") == self.upload, "another manifest")
        self.key_check = unhex(self.body, "key_check", 32)
        need(uuid_bytes(self.envelope, "fs") == self.fs and unhex(self.envelope, "key_check", 32) == self.key_check,
             "another envelope")

    def envelopes(self):
        """The newest key record first, the manifest's own last."""
        folder = f"fs/{uuid.UUID(bytes=self.fs)}/keys"
        for name in reversed(self.bucket.list(folder)):
            if not name.startswith(self.key_check.hex() + "-"):
                continue
            record = parse_json(self.bucket.get(f"{folder}/{name}"), "key")
            need(key_record_name(self.fs, self.key_check, uuid_bytes(record, "record")) == f"{folder}/{name}", "another key record")
            need(uuid_bytes(record, "fs") == self.fs, "a key record of another filesystem")
            need(unhex(record["envelope"], "key_check", 32) == self.key_check, "another key than its name says")
            yield record["envelope"]
        yield self.envelope

    def unlock(self, fs_key):
        need(hkdf(fs_key, self.fs, b"sealift/1 key check") == self.key_check, "another FS key")
        key = hkdf(fs_key, self.upload, b"sealift/1 manifest")
        need(hmac.digest(key, self.body_line, "sha256") == self.hmac, "the manifest does not authenticate")
        self.fs_key = fs_key
        self.chunk_id_key = hkdf(fs_key, b"", b"sealift/1 chunk id")

    def private(self):
        """Private part (6)."""
        key = hkdf(self.fs_key, self.upload, b"sealift/1 private")
        aad = b"sealift/1 private\0" + self.fs + self.upload
        return parse_json(unseal(key, bytes(12), aad, unbase64(text(self.body, "private"))), "private")

    def frame(self, ref):
        if ref not in self.cache:
            if len(self.cache) > 8:
                self.cache.clear()
            framed = self.bucket.get(segment_name(self.fs, ref.segment), ref.offset, ref.size)
            self.cache[ref] = open_frame(self.fs_key, self.fs, ref, framed)
        return self.cache[ref]

    def roots(self):
        for part in self.body["parts"]:
            frame = part["frame"]
            segment = Segment(TREE, uuid_bytes(frame, "upload"), integer(frame, "segment"), unhex(frame, "salt", 32))
            ref = Ref(segment, integer(frame, "offset"), integer(frame, "size"), integer(frame, "number"))
            yield check_ref(ref), integer(part, "level", 0, 8)

    def walk(self, ref, level, key):
        """Index (9.2). All entries below the frame; the first path there must fit the key."""
        frame = TreeFrame(self.frame(ref), INDEX if level else ENTRIES, level)
        path = b""
        for number in range(frame.count):
            if level:
                child, found = frame.follow(frame.items.varint(), TREE), frame.items.bytes()
            else:
                entry = Entry(Cursor(frame.items.bytes()), path, frame)
                path = entry.path
                found = path[:512]
            need(number > 0 or key is None or key == found, "an index that lies")
            if level:
                yield from self.walk(child, level - 1, found)
            else:
                yield entry
        frame.end()

    def entries(self):
        last, types = None, {}
        for ref, level in self.roots():
            for entry in self.walk(ref, level, None):
                check_path(entry.path)
                if last is None:
                    need(entry.path == b"" and entry.type == 2, "a tree without a root")
                else:
                    need(order(last) < order(entry.path), f"{entry.path!r} is out of order")
                    need(types.get(parent(entry.path)) == 2, f"{entry.path!r} is in no directory")
                if entry.type == 8:
                    need(types.get(entry.target) not in (None, 2, 8), f"{entry.path!r} is a link to nothing")
                last = entry.path
                types[last] = entry.type
                yield entry

    def extents(self, frame, level, items, size):
        """Lists of extents (9.5)."""
        covered = 0
        while items.left():
            index = items.varint()
            if level:
                child, length = frame.follow(index, TREE), items.varint()
                below = TreeFrame(self.frame(child), EXTENTS, level - 1)
                yield from self.extents(below, level - 1, below.items, length)
            elif index == 0:
                length = items.varint()
                yield Hole(length)
            else:
                chunk = Chunk(frame.follow(index - 1, DATA), items.varint(), items.varint(), items.raw(16))
                length = chunk.length
                need(chunk.offset + length <= 1048576, "a chunk out of bounds")
                yield chunk
            need(length > 0, "an extent of nothing")
            covered += length
        need(size is None or covered == size, "extents that do not add up")

    def pieces(self, frame, level, items, size):
        """Holes, and the bytes between them."""
        for extent in self.extents(frame, level, Cursor(items), size):
            if isinstance(extent, Hole):
                yield extent
                continue
            piece = self.frame(extent.ref)[extent.offset:extent.offset + extent.length]
            need(len(piece) == extent.length, "a chunk beyond its frame")
            need(hmac.digest(self.chunk_id_key, piece, "sha256")[:16] == extent.id, "another chunk than the tree says")
            yield piece

    def content(self, entry):
        level, items = entry.content
        return self.pieces(entry.frame, level, items, entry.size)

    def xattrs(self, entry):
        pieces = list(self.pieces(entry.frame, 0, entry.xattr_list, None))
        need(not any(isinstance(piece, Hole) for piece in pieces), "a set of attributes with a hole")
        return entry.xattrs or b"".join(pieces)


def check_log(snapshot):
    """Log (11): every byte that the snapshot uses is what its log says, and the log is what the manifest says."""
    folder = f"fs/{uuid.UUID(bytes=snapshot.fs)}"
    log = snapshot.body["log"]
    own = f"{folder}/logs/{uuid.UUID(bytes=snapshot.upload)}"
    data = snapshot.bucket.get(f"{own}/{integer(log, 'record'):08d}")
    need(hashlib.sha256(data).digest() == unhex(log, "sha256", 32), "another closing record")
    for usage in parse_json(data, "log")["usages"]:
        used = {"data": unbase64(usage["data"]), "tree": unbase64(usage["tree"])}
        for number, digest in enumerate(usage["records"]):
            data = snapshot.bucket.get(f"{folder}/logs/{usage['upload']}/{number:08d}")
            need(hashlib.sha256(data).hexdigest() == digest, "another log record")
            for stored in parse_json(data, "log").get("segments", []):
                place, bits = stored["number"], used[stored["kind"]]
                if place // 8 < len(bits) and bits[place // 8] >> place % 8 & 1:
                    check_stored(snapshot, usage["upload"], stored)


def check_stored(snapshot, upload, stored):
    segment = Segment({"data": DATA, "tree": TREE}[stored["kind"]], uuid.UUID(upload).bytes, integer(stored, "number"),
                      unhex(stored, "salt", 32))
    data = snapshot.bucket.get(segment_name(snapshot.fs, segment))
    need(len(data) == stored["size"] and hashlib.sha256(data).hexdigest() == stored["sha256"], "another segment")
    check_segment(snapshot.fs_key, snapshot.fs, segment, data)


# The command

HASHED = 1 << 30


def content_digest(entry, snapshot):
    """SHA-256. A file that would take years to hash has none; its pieces are looked at all the same."""
    digest = hashlib.sha256()
    for piece in snapshot.content(entry):
        if entry.size > HASHED:
            continue
        if isinstance(piece, Hole):
            for at in range(0, piece.length, 1 << 20):
                digest.update(bytes(min(1 << 20, piece.length - at)))
        else:
            digest.update(piece)
    return digest.hexdigest() if entry.size <= HASHED else ""


def show(entry, snapshot):
    xattrs = snapshot.xattrs(entry)
    parse_xattrs(xattrs)
    return (f"x{entry.path.hex()} {entry.type} {entry.mode} {entry.uid} {entry.gid} {entry.mtime} {entry.mtime_ns} {entry.size} "
            f"x{entry.target.hex()} {entry.major} {entry.minor} {entry.flags} {entry.project} x{xattrs.hex()} x{content_digest(entry, snapshot)}")


class Place:
    """An open directory that goes from one to the next name by name: no path is too long for it, and it follows no link."""

    def __init__(self, folder):
        self.names, self.fd = [], os.open(folder, os.O_DIRECTORY)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def step(self, name):
        inner = os.open(name, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self.fd)
        os.close(self.fd)
        self.fd = inner

    def go(self, path):
        """To the directory that holds `path`; the name that it has there."""
        *above, name = path.split(b"/")
        while self.names != above[:len(self.names)]:
            self.names.pop()
            self.step("..")
        for inner in above[len(self.names):]:
            self.step(inner)
            self.names.append(inner)
        return name


def restore(snapshot, folder):
    need(not os.listdir(folder), f"{folder} is not empty")
    directories, left_out = [], set()
    with Place(folder) as place, Place(folder) as other:
        for entry in snapshot.entries():
            if entry.type == 2:
                directories.append(entry)
            if not entry.path:
                continue
            if entry.target in left_out or not restore_entry(entry, snapshot, place, place.go(entry.path), other):
                print(f"left out: {entry.path!r}, a {TYPES[entry.type]}", file=sys.stderr)
                left_out.add(entry.path)
        for entry in reversed(directories):
            name = place.go(entry.path) or "."
            os.chmod(name, entry.mode, dir_fd=place.fd)
            set_time(place, name, entry)


SPECIAL = {4: stat.S_IFIFO, 5: stat.S_IFSOCK, 6: stat.S_IFCHR, 7: stat.S_IFBLK}


def restore_entry(entry, snapshot, place, name, other):
    """Whether it could be: only root makes devices."""
    if entry.type == 1:
        restore_file(entry, snapshot, place, name)
    elif entry.type == 2:
        os.mkdir(name, 0o700, dir_fd=place.fd)
    elif entry.type == 3:
        os.symlink(entry.target, name, dir_fd=place.fd)
    elif entry.type == 8:
        os.link(other.go(entry.target), name, src_dir_fd=other.fd, dst_dir_fd=place.fd, follow_symlinks=False)
    else:
        try:
            os.mknod(name, SPECIAL[entry.type] | 0o600, os.makedev(entry.major, entry.minor), dir_fd=place.fd)
        except PermissionError:
            return False
    if entry.type == 1 or entry.type in SPECIAL:
        os.chmod(name, entry.mode, dir_fd=place.fd)
    if entry.type not in (2, 8):
        set_time(place, name, entry)
    return True


def restore_file(entry, snapshot, place, name):
    with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=place.fd), "wb") as file:
        for piece in snapshot.content(entry):
            if isinstance(piece, Hole):
                file.seek(piece.length, os.SEEK_CUR)
            else:
                file.write(piece)
        file.truncate(entry.size)


def set_time(place, name, entry):
    moment = entry.mtime * 10**9 + entry.mtime_ns
    os.utime(name, ns=(moment, moment), dir_fd=place.fd, follow_symlinks=False)


def find_fs_key(snapshot, options):
    if options.fs_key:
        return bytes.fromhex(options.fs_key)
    failure = None
    for envelope in snapshot.envelopes():
        try:
            if options.kek:
                return open_envelope(envelope, bytes.fromhex(options.kek))
            with open(options.local_key, "rb") as file:
                return open_envelope(envelope, unwrap_local(envelope, file.read()))
        except (Damaged, Later) as error:
            failure = error
    raise failure


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket")
    parser.add_argument("locator")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--fs-key")
    key.add_argument("--kek")
    key.add_argument("--local-key")
    parser.add_argument("--restore")
    parser.add_argument("--private", action="store_true")
    parser.add_argument("--allow-unencrypted", action="store_true")
    options = parser.parse_args()
    snapshot = Snapshot(Bucket(options.bucket), options.locator)
    snapshot.unlock(find_fs_key(snapshot, options))
    if options.restore:
        need(options.allow_unencrypted or not snapshot.private().get("encrypted"), "it was encrypted at rest: --allow-unencrypted restores it in the clear")
        restore(snapshot, options.restore)
        return
    if options.private:
        print(json.dumps(snapshot.private()))
        return
    check_log(snapshot)
    for entry in snapshot.entries():
        print(show(entry, snapshot))


if __name__ == "__main__":
    main()
