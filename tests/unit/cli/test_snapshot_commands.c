/* The commands of snapshots, against a libsealift that is played: what it is asked, and what is made of its answers. */
#include "played_cli.h"

Test(snapshot_commands, adds_and_lists_snapshots)
{
    cr_assert_eq(RUN("fs", "snapshot", "add", "home", "tuesday", "--from", "/snap/t"), 0);
    cr_assert_str_eq(fake.snapshot.from, "/snap/t");
    expect_out("name:       tuesday\n");
    cr_assert_str_eq(errors.text, "");
    cr_assert_eq(RUN("fs", "snapshot", "add", "home", "tuesday"), 0);
    expect_error("it will be read live");
    cr_assert_eq(RUN("fs", "snapshot", "add", "home", "tuesday", "--live"), 0);
    cr_assert(fake.snapshot.live);
    cr_assert_str_eq(errors.text, "");
    cr_assert_eq(RUN("fs", "snapshot", "add", "home", "tuesday", "--live", "--keep"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "add", "home", "tuesday", "--live", "--from", "/snap/t"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "list", "home"), 0);
    expect_out("FILESYSTEM  NAME     CREATED              STATUS       SIZE   STORED  LOCATOR\n"
               "home        tuesday  2025-11-24 16:00:00  uploaded  5.0 GiB  3.0 MiB  " FAKE_LOCATOR "\n");
}

Test(snapshot_commands, says_what_becomes_of_a_snapshot_that_was_made)
{
    fake.not_live = true;
    fake.from = "/srv/home/.sealift-snapshots/1";
    fake.native = "btrfs";
    cr_assert_eq(RUN("fs", "snapshot", "add", "home", "tuesday"), 0);
    expect_error("A btrfs snapshot of the filesystem was made, which is removed");
    fake.native = NULL;
    cr_assert_eq(RUN("fs", "snapshot", "add", "home", "tuesday", "--keep"), 0);
    cr_assert(fake.snapshot.keep);
    expect_error("and stays: /srv/home/.sealift-snapshots/1");
    fake.not_live = false;
    fake.from = NULL;
}

Test(snapshot_commands, ends_an_upload_with_the_locator)
{
    cr_assert_eq(
        RUN("fs", "snapshot", "upload", "home", "monday", "--workers", "4", "--allow-missing", "--cross-mounts"), 0,
        "%s", errors.text);
    cr_assert(fake.upload.cross_mounts);
    cr_assert_str_eq(fake.upload.fs, "home");
    cr_assert_str_eq(fake.upload.snapshot, "monday");
    cr_assert_eq(fake.upload.transfer.workers, 4);
    cr_assert_eq(fake.upload.compression_level, 3);
    cr_assert(fake.upload.allow_missing);
    expect_out("stored:      2.0 KiB\n");
    expect_error("It was read live");
    cr_assert_str_eq(out.text + strlen(out.text) - sizeof(FAKE_LOCATOR), FAKE_LOCATOR "\n");
    expect_error("upload: 25%, 1.0 MiB of 4.0 MiB");
    expect_error("missing: a/b\\xff: Permission denied\n");
}

Test(snapshot_commands, prints_nothing_but_the_locator_when_quiet)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--quiet"), 0);
    cr_assert_str_eq(out.text, FAKE_LOCATOR "\n");
    cr_assert_str_eq(errors.text, "missing: a/b\\xff: Permission denied\n", "problems are told all the same");
}

Test(snapshot_commands, uploads_as_json)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--json"), 0);
    cr_assert_eq(strncmp(out.text, "{\"locator\":\"" FAKE_LOCATOR "\",\"entries\":3,", 90), 0, "%s", out.text);
    expect_error("{\"progress\":{\"stage\":\"upload\",");
    expect_error("{\"notice\":{\"kind\":\"missing\",\"path\":\"a/b\\ufffd\",\"path_hex\":\"612f62ff\",");
}

Test(snapshot_commands, chooses_the_compression)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "off"), 0);
    cr_assert(fake.upload.no_compression);
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "19"), 0);
    cr_assert_eq(fake.upload.compression_level, 19);
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "20"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "best"), 2);
    expect_error("neither a level from 1 to 19 nor off");
}

Test(snapshot_commands, lists_what_is_in_a_snapshot)
{
    cr_assert_eq(RUN("fs", "snapshot", "ls", "home", "monday"), 0, "%s", errors.text);
    cr_assert_str_eq(out.text, "ann\nann/\\x1b[31mred\nann/link\nann/other\ntty\n");
    cr_assert_str_eq(fake.ls.fs, "home");
    cr_assert_str_eq(fake.ls.snapshot, "monday");
    cr_assert(fake.ls.path == NULL && fake.ls.locator == NULL && !fake.ls.recursive);

    cr_assert_eq(RUN("fs", "snapshot", "ls", "home", "monday", "ann", "-Rl"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.ls.path, "ann");
    cr_assert(fake.ls.recursive);
    expect_out("drwxr-s---   1000    100          -  ");
    expect_out("-rwSr--r--      0      0    1.5 KiB  ");
    expect_out("  ann/link -> ../etc/\\xff\n");
    expect_out("hard link       -      -          -  -                    ann/other -> ann/red\n");
    expect_out("crw-rw-rwT      0      0       5, 1  ");
}

Test(snapshot_commands, lists_a_snapshot_as_json)
{
    cr_assert_eq(RUN("fs", "snapshot", "ls", "home", "monday", "--json"), 0, "%s", errors.text);
    expect_out("[\n{\"path\":\"ann\",\"type\":\"directory\",\"mode\":\"2750\",\"uid\":1000,\"gid\":100,\"size\":0,"
               "\"modified\":\"2026-09-21T14:13:20Z\",\"mtime_s\":1790000000,");
    expect_out("\"mtime_s\":9223372036854775807,");
    expect_out("\"target\":\"../etc/\\ufffd\",\"target_hex\":\"2e2e2f6574632fff\"}");
    expect_out("{\"path\":\"ann/other\",\"type\":\"hard-link\",\"mode\":null,");
}

Test(snapshot_commands, lists_a_snapshot_that_only_the_bucket_knows)
{
    cr_assert_eq(RUN("fs", "snapshot", "ls", FAKE_LOCATOR, "ann/x", "--obs", "s3://b", "--endpoint", "http://e"), 0);
    cr_assert_str_eq(fake.ls.locator, FAKE_LOCATOR);
    cr_assert_str_eq(fake.ls.path, "ann/x");
    cr_assert(fake.ls.fs == NULL && fake.ls.snapshot == NULL);
    cr_assert_str_eq(fake.ls.obs.endpoint, "http://e");

    cr_assert_eq(RUN("fs", "snapshot", "ls", FAKE_LOCATOR, "a", "b", "--obs", "s3://b"), 2);
    expect_error("'b' is one argument too many");
    cr_assert_eq(RUN("fs", "snapshot", "ls", FAKE_LOCATOR), 2);
    expect_error("either as FS SNAPSHOT, or as LOCATOR --obs OBS");
}

Test(snapshot_commands, brings_back_single_files)
{
    cr_assert_eq(RUN("fs", "snapshot", "get", "home", "monday", "a/b", "c", "--to", "/tmp/x"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.get.fs, "home");
    cr_assert_str_eq(fake.get.snapshot, "monday");
    cr_assert_str_eq(fake.got[0], "a/b");
    cr_assert_str_eq(fake.got[1], "c");
    cr_assert(fake.got[2] == NULL && fake.get.locator == NULL);
    cr_assert_str_eq(fake.get.to, "/tmp/x");
    cr_assert(!fake.get.allow_degraded && !fake.get.allow_unencrypted);
    expect_out("requests: 4\n");

    cr_assert_eq(RUN("fs", "snapshot", "get", "--to", "x", FAKE_LOCATOR, "--obs", "s3://b", "a", "--allow-unencrypted"),
                 0);
    cr_assert_str_eq(fake.get.locator, FAKE_LOCATOR);
    cr_assert(fake.get.fs == NULL && fake.get.snapshot == NULL && fake.get.allow_unencrypted);
    cr_assert_str_eq(fake.got[0], "a");
    cr_assert_eq(fake.got[1], NULL);

    cr_assert_eq(RUN("fs", "snapshot", "get", "home", "monday", "--to", "x"), 2);
    expect_error("no path of the snapshot is named");
    cr_assert_eq(RUN("fs", "snapshot", "get", "home", "monday", "a"), 2);
    expect_error("needs --to DIR");
}

Test(snapshot_commands, asks_what_to_verify)
{
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday"), 2);
    expect_error("\n  --keys ");
    expect_error("\n  --objects ");
    expect_error("\n  --data ");
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--keys", "--data"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--data", "--read"), 2);
    expect_error("--read means nothing without --objects\n");
}

Test(snapshot_commands, verifies_each_kind)
{
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--keys"), 0, "%s", errors.text);
    cr_assert_eq(fake.verify.kind, SEALIFT_VERIFY_KEYS);
    cr_assert_str_eq(fake.verify.fs, "home");
    cr_assert_str_eq(fake.verify.snapshot, "monday");
    cr_assert_eq(fake.verify.locator, NULL);
    expect_out("wrappings that open: 2\n");

    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--objects"), 0);
    cr_assert_eq(fake.verify.kind, SEALIFT_VERIFY_OBJECTS);
    expect_out("by checksum: 6\n");

    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--objects", "--read", "--json"), 0);
    cr_assert_eq(fake.verify.kind, SEALIFT_VERIFY_READ);
    cr_assert_str_eq(out.text, "{\"locator\":\"" FAKE_LOCATOR "\",\"kind\":\"read\",\"objects\":7,\"bytes\":4096,"
                               "\"seconds\":0.000}\n");

    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--data"), 0);
    cr_assert_eq(fake.verify.kind, SEALIFT_VERIFY_DATA);
}

Test(snapshot_commands, verifies_a_locator_that_is_not_known_here)
{
    cr_assert_eq(RUN("fs", "snapshot", "verify", FAKE_LOCATOR, "--obs", "s3://b", "--endpoint", "http://e", "--keys"),
                 0, "%s", errors.text);
    cr_assert_eq(fake.verify.fs, NULL);
    cr_assert_eq(fake.verify.snapshot, NULL);
    cr_assert_str_eq(fake.verify.locator, FAKE_LOCATOR);
    cr_assert_str_eq(fake.verify.obs.url, "s3://b");
    cr_assert_str_eq(fake.verify.obs.endpoint, "http://e");

    cr_assert_eq(RUN("fs", "snapshot", "verify", FAKE_LOCATOR, "--keys"), 2);
    expect_error("either as FS SNAPSHOT, or as LOCATOR --obs OBS");
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--obs", "dr", "--keys"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--endpoint", "http://e", "--keys"), 2);
}

Test(snapshot_commands, removes_a_snapshot_and_lists_what_nothing_uses)
{
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday", "--evidence", "/e"), 0);
    cr_assert_str_eq(fake.snapshot_remove.fs, "home");
    cr_assert_str_eq(fake.snapshot_remove.snapshot, "monday");
    cr_assert_str_eq(fake.snapshot_remove.evidence, "/e");
    expect_out("removed:        monday\n");
    expect_out("UPLOAD                                STATE   OBJECTS     SIZE  LAST RECORD\n");
    expect_error("docs/OPERATIONS.md says how it is cleaned up");

    fake.rows = 0;
    fake.versioning = "yes";
    cr_assert_eq(RUN("fs", "snapshot", "remove", FAKE_LOCATOR, "--obs", "dr"), 0);
    cr_assert_str_eq(fake.snapshot_remove.locator, FAKE_LOCATOR);
    cr_assert_str_eq(fake.snapshot_remove.obs.url, "dr");
    cr_assert_eq(fake.snapshot_remove.fs, NULL);
    expect_error("stays there as an old version, until");
    fake.object_lock = "yes";
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday"), 0);
    expect_error("cannot be deleted for good before its retention ends");
    cr_assert_eq(RUN("fs", "snapshot", "remove", "monday"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday", "--obs", "dr"), 2);
}

Test(snapshot_commands, tells_no_size_and_no_count_of_what_was_never_uploaded)
{
    fake.rows = 0;
    fake.never_uploaded = true;
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday"), 0);
    cr_assert_str_eq(out.text, "filesystem:  home\nremoved:     monday\n");
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday", "--json"), 0);
    expect_out("\"manifest\":null,\"size\":0,");
    expect_out("\"unused_known\":false,\"unused_uploads\":0,");
}

Test(snapshot_commands, answers_a_removal_as_one_object)
{
    fake.rows = 2;
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday", "--json"), 0);
    expect_out("{\"listing\":[\n{\"filesystem_id\":");
    expect_out(",\"removed\":{\"filesystem\":\"home\",\"name\":\"monday\",");
    fake.answer = SEALIFT_CONFLICT;
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday", "--json"), 5);
    cr_assert_str_eq(out.text, "{\"listing\":[]\n,\"removed\":null}\n");

    /* A purge that failed says how far it came. */
    cr_assert_eq(RUN("fs", "remove", "home", "--purge-from-obs", "--json"), 5);
    expect_out("\"outcome\":\"deleted\"");
    expect_out(",\"removed\":{\"filesystem\":\"home\",");
    expect_out("\"forgotten\":false");
}

Test(snapshot_commands, uploads_without_what_is_named_for_once)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--exclude", "/iso", "--exclude-nodump"), 0);
    cr_assert_str_eq(fake.exclude[0], "/iso");
    cr_assert(fake.selection.exclude_nodump);
}

Test(snapshot_commands, says_in_a_dry_run_what_would_go)
{
    fake.all_readable = true;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open snapshot_preview ");
    cr_assert_str_eq(out.text, "entries:     2\nfiles:       1\ndirectories: 1\nothers:      0\nsize:        4.9 KiB\n"
                               "left out:    1\nmissing:     0\nlive:        yes\ntime:        0:00\n");
    cr_assert_str_eq(errors.text, "");
}

Test(snapshot_commands, lists_each_path_in_a_verbose_dry_run)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run", "--verbose"), 3);
    cr_assert_null(fake.upload.transfer.progress, "a bar would run into the list");
    expect_out("directory                     .\n"
               "file                 4.9 KiB  a\\xff\n"
               "excluded                      b: is left out by the pattern 'b'\n"
               "missing                       c: Permission denied\n"
               "entries:     2\n");
    expect_error("1 path cannot be read (named above)");
}

Test(snapshot_commands, tells_in_a_dry_run_what_would_fail_the_upload)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run"), 3);
    expect_error("missing: c: Permission denied\n");
    expect_error("--allow-missing");
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run", "--allow-missing"), 0);
}

Test(snapshot_commands, lists_a_dry_run_as_json)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run", "--json", "--allow-missing"), 0);
    cr_assert_str_eq(
        out.text,
        "{\"listing\":[\n"
        "{\"path\":\".\",\"type\":\"directory\",\"size\":0,\"excluded\":null,\"missing\":null},\n"
        "{\"path\":\"a\\ufffd\",\"path_hex\":\"61ff\",\"type\":\"file\",\"size\":5000,\"excluded\":null,\"missing\":"
        "null},\n"
        "{\"path\":\"b\",\"type\":null,\"size\":0,\"excluded\":\"is left out by the pattern 'b'\",\"missing\":null},\n"
        "{\"path\":\"c\",\"type\":null,\"size\":0,\"excluded\":null,\"missing\":\"Permission denied\"}\n]\n"
        ",\"totals\":{\"entries\":2,\"files\":1,\"directories\":1,\"others\":0,\"size\":5000,\"excluded\":1,"
        "\"missing\":1,\"live\":true,\"seconds\":0.250}}\n");
    cr_assert_str_eq(errors.text, "");
}

Test(snapshot_commands, leaves_the_json_of_a_broken_dry_run_well_formed)
{
    fake.answer = SEALIFT_IO;
    cr_assert_neq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run", "--json"), 0);
    expect_out("\n]\n,\"totals\":null}\n");
}
