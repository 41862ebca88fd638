#!/usr/bin/python3
"""Runs the second reader against what ours writes: test_reader.py MAKE_SAMPLE [more arguments of unittest]."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import uuid

try:
    import sealift_reader as reader
except ImportError as missing:
    print(f"skipped: {missing}; install python3-cryptography")
    sys.exit(77)

MAKE_SAMPLE = sys.argv.pop(1) if len(sys.argv) > 1 else "make_sample"
FORMAT = pathlib.Path(__file__).parents[2] / "docs" / "FORMAT.md"


class Sample:
    def __init__(self, folder, seed):
        subprocess.run([MAKE_SAMPLE, folder, str(seed)], check=True)
        self.bucket = reader.Bucket(os.path.join(folder, "bucket"))
        self.expected = pathlib.Path(folder, "expected").read_text().splitlines()
        locator, fs_key, kek = pathlib.Path(folder, "keys").read_text().split()
        self.locator, self.fs_key, self.kek = locator, bytes.fromhex(fs_key), bytes.fromhex(kek)

    def open(self):
        snapshot = reader.Snapshot(self.bucket, self.locator)
        snapshot.unlock(self.fs_key)
        return snapshot

    def read_all(self):
        snapshot = self.open()
        reader.check_log(snapshot)
        return [reader.show(entry, snapshot) for entry in snapshot.entries()]

    def objects(self):
        return [path for path in pathlib.Path(self.bucket.folder).rglob("*") if path.is_file()]


class SecondReader(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.sample = Sample(os.path.join(self.folder, "sample"), 1)

    def test_finds_what_was_written(self):
        for seed in range(1, 5):
            sample = Sample(os.path.join(self.folder, str(seed)), seed)
            self.assertEqual(sample.read_all(), sample.expected)

    def test_sees_every_shape_of_the_format(self):
        snapshot = self.sample.open()
        entries = list(snapshot.entries())
        self.assertEqual({entry.type for entry in entries}, set(reader.TYPES))
        self.assertTrue(any(entry.content[0] >= 1 for entry in entries), "no file has extents frames")
        self.assertTrue(any(entry.xattr_list for entry in entries), "no attributes are elsewhere")
        self.assertGreaterEqual(max(level for _, level in snapshot.roots()), 1, "there is no index")

    def test_obtains_the_key_from_the_envelopes(self):
        envelopes = list(reader.Snapshot(self.sample.bucket, self.sample.locator).envelopes())
        self.assertEqual(len(envelopes), 2)
        for envelope in envelopes:
            self.assertEqual(reader.open_envelope(envelope, self.sample.kek), self.sample.fs_key)

    def test_reads_the_private_part(self):
        private = self.sample.open().private()
        self.assertEqual((private["filesystem"], private["snapshot"], private["path"]), ("home", 'monday "\u00e9"', "/srv/home"))
        self.assertEqual(private["generation"], 1)

    def test_looks_at_the_key_records_of_its_own_key_only(self):
        snapshot = reader.Snapshot(self.sample.bucket, self.sample.locator)
        folder = pathlib.Path(self.sample.bucket.folder, "fs", str(uuid.UUID(bytes=snapshot.fs)), "keys")
        (folder / f"{'00' * 32}-018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json").write_text("{")
        (folder / "018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json").write_text("{")
        self.assertEqual(len(list(snapshot.envelopes())), 2)
        (folder / f"{snapshot.key_check.hex()}-018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json").write_text("{")
        self.assertRaises(reader.Damaged, lambda: list(snapshot.envelopes()))

    def test_reads_the_marker(self):
        self.assertEqual(reader.parse_json(self.sample.bucket.get("sealift.json"), "bucket")["version"], 1)

    def test_restores_files_directories_and_links(self):
        target = pathlib.Path(self.folder, "target")
        target.mkdir()
        reader.restore(self.sample.open(), str(target))
        self.assertEqual((target / "files/content").stat().st_size, 300000)
        self.assertTrue((target / "files/content").samefile(target / "files/content.again"))
        self.assertEqual((target / "files").stat().st_mode & 0o7777, 0o1755)
        self.assertEqual(len(os.listdir(target / "links")), 600)

    def test_refuses_any_object_that_is_altered_cut_or_missing(self):
        for path in self.sample.objects():
            if path.name == "sealift.json" or "keys" in path.parts:
                continue  # neither is needed to read with the FS key
            data = path.read_bytes()
            for at in sorted({0, 9, len(data) // 3, len(data) // 2, len(data) - 2}):
                changed = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:]
                with self.subTest(path=path.name, at=at):
                    self.refuses(path, changed, data)
                    self.refuses(path, data[:at], data)
            path.unlink()
            self.assertRaises(OSError, self.sample.read_all)
            path.write_bytes(data)
        self.assertEqual(self.sample.read_all(), self.sample.expected)

    def refuses(self, path, changed, data):
        path.write_bytes(changed)
        try:
            # What remains are an envelope's hints, which the FS key at hand makes needless.
            if path.parent.name == "snapshots" and self.sample.read_all() == self.sample.expected:
                self.assertNotEqual(changed.split(b"\n")[1], data.split(b"\n")[1])
                return
            self.assertRaises((reader.Damaged, reader.Later, OSError, ValueError, KeyError, TypeError), self.sample.read_all)
        except (reader.Damaged, reader.Later, ValueError, KeyError, TypeError):
            pass
        finally:
            path.write_bytes(data)

    def test_computes_the_vectors_that_the_document_states(self):
        document = FORMAT.read_text()
        fs_key, salt = bytes(range(32)), b"\xa5" * 32
        fs = uuid.UUID("6f1d0a6e-3b1c-4c55-9d0a-0123456789ab").bytes
        upload = uuid.UUID("018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7").bytes
        frame = bytes.fromhex("13000000c12cf42873ccf9082c61c9193cfc673140a3b1")
        self.assertIn(frame.hex(), document)
        key_check = reader.hkdf(fs_key, fs, b"sealift/1 key check")
        self.assertIn(f"| `{key_check.hex()}` |", document)
        self.assertIn(f"| `{reader.key_record_name(fs, key_check, upload)}` |", document)
        self.assertIn(reader.hkdf(fs_key, salt, b"sealift/1 segment").hex(), document)
        chunk_id_key = reader.hkdf(fs_key, b"", b"sealift/1 chunk id")
        self.assertIn(reader.hmac.digest(chunk_id_key, b"abc", "sha256")[:16].hex(), document)
        ref = reader.Ref(reader.Segment(reader.DATA, upload, 7, salt), 80, len(frame), 0)
        self.assertEqual(reader.open_frame(fs_key, fs, ref, frame), b"abc")


if __name__ == "__main__":
    unittest.main()
