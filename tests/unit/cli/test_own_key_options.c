/* The commands that give a filesystem a key of its own, against a libsealift that is played. */
#include "played_cli.h"

Test(own_key_options, are_taken_by_fs_add)
{
    const struct sealift_own_key_spec *own = &fake.fs.own_key;

    cr_assert_eq(RUN("fs", "add", "blue", "/srv/blue", "--obs", "dr", "--kms-key-identifier", "k", "--kms-namespace",
                     "t/blue", "--kms-role-id", "r", "--kms-secret-id-file", "/s", "--kms-transit-path", "keys",
                     "--kms-auth-path", "logins"),
                 0, "%s", errors.text);
    cr_assert_str_eq(own->key_identifier, "k");
    cr_assert_str_eq(own->name_space, "t/blue");
    cr_assert_str_eq(own->role_id, "r");
    cr_assert_str_eq(own->secret_id_file, "/s");
    cr_assert_str_eq(own->transit_path, "keys");
    cr_assert_str_eq(own->auth_path, "logins");
    cr_assert_null(own->secret_id_env);
}

Test(own_key_options, of_kmip_are_taken_by_fs_add)
{
    cr_assert_eq(RUN("fs", "add", "blue", "/srv/blue", "--obs", "dr", "--kms-key-identifier", "7", "--kms-client-cert",
                     "c.pem", "--kms-client-key", "k.pem"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.fs.own_key.client_cert, "c.pem");
    cr_assert_str_eq(fake.fs.own_key.client_key, "k.pem");
}

Test(own_key_options, are_not_needed)
{
    cr_assert_eq(RUN("fs", "add", "blue", "/srv/blue", "--obs", "dr"), 0, "%s", errors.text);
    cr_assert_null(fake.fs.own_key.key_identifier);
}

Test(own_key_options, are_taken_by_fs_download)
{
    cr_assert_eq(RUN("fs", "download", "blue", "/srv/blue", "dr", FAKE_LOCATOR, "--kms-key-identifier", "k",
                     "--kms-namespace", "b", "--kms-role-id", "r", "--kms-secret-id-env", "BLUE", "--snapshot-name",
                     "base"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.download.own_key.key_identifier, "k");
    cr_assert_str_eq(fake.download.own_key.secret_id_env, "BLUE");
    cr_assert_str_eq(fake.download.snapshot_name, "base");
}

Test(own_key_options, mean_nothing_alone)
{
    cr_assert_eq(RUN("fs", "add", "blue", "/srv/blue", "--obs", "dr", "--kms-namespace", "b"), 2);
    expect_error("--kms-namespace means nothing without --kms-key-identifier");
    cr_assert_eq(
        RUN("fs", "add", "blue", "/srv/blue", "--obs", "dr", "--kms-key-identifier", "k", "--kms-secret-id-file", "/s"),
        2);
    expect_error("--kms-secret-id-file means nothing without --kms-role-id");
    cr_assert_eq(
        RUN("fs", "add", "blue", "/srv/blue", "--obs", "dr", "--kms-key-identifier", "k", "--kms-client-key", "k.pem"),
        2);
    expect_error("--kms-client-key means nothing without --kms-client-cert");
    cr_assert_eq(RUN("fs", "update", "blue", "--kms-role-id", "r"), 2);
    expect_error("--kms-role-id means nothing without --kms-key-identifier");
    cr_assert_str_eq(fake.calls, "");
}

Test(own_key_options, take_one_secret_id)
{
    cr_assert_eq(RUN("fs", "update", "blue", "--kms-key-identifier", "k", "--kms-role-id", "r", "--kms-secret-id-file",
                     "/s", "--kms-secret-id-env", "S"),
                 2);
    expect_error("exclude each other");
}

Test(own_key_options, never_take_a_secret)
{
    cr_assert_eq(RUN("fs", "add", "blue", "/srv/blue", "--kms-secret-id", "hush"), 2);
    expect_error("--kms-secret-id-file");
    cr_assert_null(strstr(errors.text, "hush"));
    cr_assert_eq(RUN("fs", "update", "blue", "--kms-secret-id=hush"), 2);
    cr_assert_null(strstr(errors.text, "hush"));
}

Test(own_key_options, move_a_filesystem_to_another_key)
{
    cr_assert_eq(RUN("fs", "update", "blue", "--kms-key-identifier", "k2", "--kms-namespace", "b"), 0, "%s",
                 errors.text);
    cr_assert_str_eq(fake.calls, "open fs_move_key fs_list ");
    cr_assert_str_eq(fake.own_key.key_identifier, "k2");
    cr_assert_str_eq(fake.own_key.name_space, "b");
}

Test(own_key_options, move_it_back_to_the_cluster_key)
{
    cr_assert_eq(RUN("fs", "update", "blue", "--use-cluster-kms-key-identifier"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open fs_move_key fs_list ");
    cr_assert_null(fake.own_key.key_identifier);
    cr_assert_eq(RUN("fs", "update", "blue", "--use-cluster-kms-key-identifier", "--kms-key-identifier", "k"), 2);
    expect_error("exclude each other");
}

Test(own_key_options, change_all_at_once_the_key_first)
{
    cr_assert_eq(RUN("fs", "update", "blue", "--kms-key-identifier", "k2", "--new-name", "green", "--no-excludes"), 0,
                 "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open fs_move_key fs_select fs_rename fs_list ");
    cr_assert_str_eq(fake.name, "blue");
    cr_assert_str_eq(fake.new_name, "green");
    fake.calls[0] = '\0';
    fake.answer = SEALIFT_DENIED;
    cr_assert_eq(RUN("fs", "update", "blue", "--kms-key-identifier", "k2", "--new-name", "green"), 3);
    cr_assert_str_eq(fake.calls, "open fs_move_key ");
}

Test(own_key_options, tell_the_library_what_is_run_where_it_is_written_down_and_how_long_to_wait)
{
    cr_assert_eq(RUN("fs", "update", "blue", "--new-name", "green", "--kms-wait", "10m", "--audit-log", "/var/a.log"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.options.command, "fs update");
    cr_assert_str_eq(fake.options.audit_log, "/var/a.log");
    cr_assert_eq(fake.options.kms_wait_seconds, 600);
    cr_assert_eq(RUN("fs"), 0);
    cr_assert_null(fake.options.audit_log);
    cr_assert_eq(fake.options.kms_wait_seconds, 0);
}
