/* The commands of filesystems, against a libsealift that is played: what it is asked, and what is made
 * of its answers. */
#include "played_cli.h"

Test(fs_commands, adds_a_filesystem_only_with_a_place_for_its_key)
{
    cr_assert_eq(RUN("fs", "add", "home", "/srv/home"), 2);
    expect_error("needs --obs OBS");
    cr_assert_eq(RUN("fs", "add", "home", "/srv/home", "--obs", "dr", "--no-key-backup"), 2);
    cr_assert_eq(RUN("fs", "add", "home", "/srv/home", "--no-key-backup"), 0);
    cr_assert(fake.fs.no_key_backup);
    cr_assert_eq(RUN("fs", "add", "home", "/srv/home", "--obs", "dr", "--allow-no-kms"), 0);
    cr_assert_str_eq(fake.fs.path, "/srv/home");
    cr_assert_str_eq(fake.fs.obs, "dr");
    cr_assert(fake.fs.allow_no_kms);
    expect_out("name:      home\n");
}

Test(fs_commands, downloads_from_a_name_or_a_url)
{
    cr_assert_eq(RUN("fs", "download", "home2", "/srv/home2", "dr", FAKE_LOCATOR, "--connections", "3"), 0, "%s",
                 errors.text);
    cr_assert_str_eq(fake.download.name, "home2");
    cr_assert_str_eq(fake.download.path, "/srv/home2");
    cr_assert_str_eq(fake.download.obs.url, "dr");
    cr_assert_str_eq(fake.download.locator, FAKE_LOCATOR);
    cr_assert_eq(fake.download.transfer.connections, 3);
    expect_out("filesystem: 22222222-54f5-4c86-b5f9-9b3d6f3c7d11\n");

    cr_assert_eq(RUN("fs", "download", "home2", "/srv/home2", FAKE_LOCATOR, "--obs", "file:///srv/dr"), 0, "%s",
                 errors.text);
    cr_assert_str_eq(fake.download.obs.url, "file:///srv/dr");
    cr_assert_str_eq(fake.download.locator, FAKE_LOCATOR);

    cr_assert_eq(RUN("fs", "download", "home2", "/srv/home2", FAKE_LOCATOR), 2);
    expect_error("needs the store once");
    cr_assert_eq(RUN("fs", "download", "home2", "/srv/home2", "dr", FAKE_LOCATOR, "--obs", "dr"), 2);
}

Test(fs_commands, asks_for_encryption_at_rest_or_for_none)
{
    cr_assert_eq(RUN("fs", "add", "home", "/srv/home", "--obs", "dr", "--encrypted"), 0, "%s", errors.text);
    cr_assert(fake.fs.encrypted);
    expect_out("at rest:   locked\n");
    cr_assert_eq(RUN("fs", "download", "home2", "/p", "dr", FAKE_LOCATOR), 0);
    cr_assert_not(fake.download.encrypted);
    cr_assert_not(fake.download.allow_unencrypted);
    cr_assert_eq(RUN("fs", "download", "home2", "/p", "dr", FAKE_LOCATOR, "--encrypted"), 0);
    cr_assert(fake.download.encrypted);
    cr_assert_eq(RUN("fs", "download", "home2", "/p", "dr", FAKE_LOCATOR, "--allow-unencrypted"), 0);
    cr_assert(fake.download.allow_unencrypted);
    cr_assert_eq(RUN("fs", "download", "h", "/p", "dr", FAKE_LOCATOR, "--encrypted", "--allow-unencrypted"), 2);
    expect_error("--encrypted and --allow-unencrypted exclude each other");
}

Test(fs_commands, unlocks_one_filesystem_or_all)
{
    cr_assert_eq(RUN("fs", "unlock", "home", "--wait", "5m"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.unlock.name, "home");
    cr_assert_eq(fake.unlock.wait_seconds, 300);
    expect_out("home        /srv/home  unlocked\n");
    cr_assert_eq(RUN("fs", "unlock"), 0);
    cr_assert_eq(fake.unlock.name, NULL);
    cr_assert_eq(fake.unlock.wait_seconds, 0);
    cr_assert_eq(RUN("fs", "unlock", "--wait", "5"), 2);
    expect_error("--wait: '5' is no length of time; write 90s, 5m or 1h");
    fake.rows = 0;
    cr_assert_eq(RUN("fs", "unlock"), 0);
    expect_error("No filesystem is encrypted at rest.");
}

Test(fs_commands, locks_a_filesystem_and_lists_who_holds_it)
{
    fake.rows = 0;
    cr_assert_eq(RUN("fs", "lock", "home"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.name, "home");
    cr_assert_str_eq(out.text, "");
    expect_error("Filesystem home is locked.");
    cr_assert_eq(RUN("fs", "lock", "home", "--json"), 0);
    cr_assert_str_eq(out.text, "[]\n");
    fake.rows = 1;
    fake.answer = SEALIFT_CONFLICT;
    cr_assert_eq(RUN("fs", "lock", "home"), 5);
    cr_assert_str_eq(out.text, " PID  COMMAND  HOLDS\n4711  vi       /srv/home/letter\n");
}

Test(fs_commands, forgets_a_filesystem_and_says_how_it_comes_back)
{
    cr_assert_eq(RUN("fs", "remove", "home"), 0);
    cr_assert_str_eq(fake.fs_remove.name, "home");
    cr_assert(!fake.fs_remove.purge && !fake.fs_remove.allow_key_loss);
    expect_error("\"sealift cluster recover\" brings it back");
    fake.key_record = "no";
    cr_assert_eq(RUN("fs", "remove", "home", "--allow-key-loss"), 0);
    cr_assert(fake.fs_remove.allow_key_loss);
    expect_error("Forgotten, with its key");
    cr_assert_eq(RUN("fs", "remove", "home", "--evidence", "/e"), 2);
    cr_assert_eq(RUN("fs", "remove", "home", "--obs", "dr"), 2);
    cr_assert_eq(RUN("fs", "remove", "home", "--purge-from-obs", "--evidence", "/e", "--obs", "dr"), 0);
    cr_assert(fake.fs_remove.purge);
    cr_assert_str_eq(fake.fs_remove.evidence, "/e");
    expect_out("manifest");
    expect_error("6 objects deleted in the bucket, 5.5 KiB");
}

Test(fs_commands, says_of_a_purge_that_failed_how_much_went)
{
    fake.answer = SEALIFT_CONFLICT;
    cr_assert_eq(RUN("fs", "remove", "home", "--purge-from-obs"), 5);
    expect_error("6 objects deleted in the bucket");
    cr_assert_eq(RUN("fs", "remove", "home"), 5);
    cr_assert_null(strstr(errors.text, "deleted in the bucket"));
}

Test(fs_commands, adds_a_filesystem_with_what_is_left_out)
{
    cr_assert_eq(RUN("fs", "add", "home", "/srv/home", "--obs", "dr", "--exclude", "*.tmp", "--exclude-from", "-",
                     "--exclude=!keep.tmp", "--exclude-caches"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.exclude[0], "*.tmp");
    cr_assert_str_eq(fake.exclude[1], "!keep.tmp");
    cr_assert_null(fake.exclude[2]);
    cr_assert_str_eq(fake.exclude_from[0], "-");
    cr_assert(fake.selection.exclude_caches && !fake.selection.exclude_nodump);
    expect_out("left out:  *.tmp, !keep.tmp, /cache/ and 2 more\n");
}

Test(fs_commands, replaces_what_is_left_out_only_when_told_by_what)
{
    cr_assert_eq(RUN("fs", "update", "home", "--exclude", "core"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open fs_select fs_list ");
    cr_assert_str_eq(fake.name, "home");
    cr_assert_str_eq(fake.exclude[0], "core");
    cr_assert_eq(RUN("fs", "update", "home", "--no-excludes"), 0, "%s", errors.text);
    cr_assert_null(fake.exclude[0]);
    cr_assert_eq(RUN("fs", "update", "home"), 2);
    expect_error("nothing to change");
    cr_assert_eq(RUN("fs", "update", "home", "--no-excludes", "--exclude-nodump"), 2);
    expect_error("exclude each other");
}

Test(fs_commands, shows_patterns_as_an_array)
{
    cr_assert_eq(RUN("fs", "--json"), 0);
    expect_out("\"exclude\":[\"*.tmp\",\"!keep.tmp\",\"/cache/\",\"*.o\",\"core\"],\"exclude_caches\":false,"
               "\"exclude_nodump\":true,");
}
