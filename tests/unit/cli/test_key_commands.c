/* The commands of a key's life, against a libsealift that is played. */
#include "played_cli.h"

/* --- rewrap and rekey --- */

Test(key_commands, rewrap_passes_on_what_is_asked)
{
    cr_assert_eq(RUN("kms", "rewrap", "--all", "--dry-run", "--new-key-uid", "7"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open kms_rewrap ");
    cr_assert(fake.rewrap.all && fake.rewrap.dry_run && !fake.rewrap.convert);
    cr_assert_str_eq(fake.rewrap.new_key_uid, "7");
    cr_assert_null(fake.rewrap.obs.url);
    expect_out("rewrapped");
}

Test(key_commands, rewrap_takes_a_bucket_and_how_it_is_reached)
{
    cr_assert_eq(RUN("kms", "rewrap", "--obs", "s3://b/p", "--endpoint", "http://127.0.0.1:1", "--fs", "u"), 0, "%s",
                 errors.text);
    cr_assert_str_eq(fake.rewrap.obs.url, "s3://b/p");
    cr_assert_str_eq(fake.rewrap.obs.endpoint, "http://127.0.0.1:1");
    cr_assert_str_eq(fake.rewrap.fs_id, "u");
    cr_assert_eq(RUN("kms", "rewrap", "--obs", "dr", "--endpoint", "http://127.0.0.1:1"), 2);
    expect_error("no URL is given");
    cr_assert_eq(RUN("kms", "rewrap", "--obs", "dr", "--all"), 2);
    cr_assert_eq(RUN("kms", "rewrap", "--fs", "u"), 2);
}

Test(key_commands, rewrap_says_when_there_is_nothing)
{
    fake.rows = 0;
    cr_assert_eq(RUN("kms", "rewrap"), 0);
    expect_error("There is no filesystem to rewrap.");
}

Test(key_commands, kms_rewrap_is_of_one_filesystem)
{
    cr_assert_eq(RUN("fs", "kms-rewrap", "home", "--new-key-uid", "7"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.rewrap.fs, "home");
    cr_assert_str_eq(fake.rewrap.new_key_uid, "7");
}

Test(key_commands, what_failed_is_shown_with_what_did_not)
{
    fake.answer = SEALIFT_KEY;
    cr_assert_eq(RUN("kms", "rewrap", "--json"), 8);
    expect_out("\"outcome\":\"rewrapped\"");
}

Test(key_commands, rekey_names_what_stays_under_older_keys)
{
    cr_assert_eq(RUN("fs", "rekey", "home"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open fs_rekey snapshot_list ");
    expect_out("generation:");
    expect_error("The next upload is a full one.");
    expect_error("1 uploaded snapshot stays readable under older keys");
    fake.calls[0] = '\0';
    fake.rows = 0;
    cr_assert_eq(RUN("fs", "rekey", "home"), 0);
    cr_assert_str_eq(fake.calls, "open fs_rekey ");
}

/* --- who can open it --- */

#define UUID "6f1d0a6e-3b1c-4c55-9d0a-0123456789ab"

Test(key_commands, a_name_or_a_locator_says_whose_keys)
{
    cr_assert_eq(RUN("fs", "key", "home", "--check"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.keys.fs, "home");
    cr_assert(fake.keys.check);
    expect_out("6f693c4cfe87 ");
    cr_assert_eq(RUN("fs", "key", "list", UUID, "--obs", "file:///b", "--json"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.keys.locator, UUID);
    cr_assert_null(fake.keys.fs);
    cr_assert_str_eq(fake.keys.obs.url, "file:///b");
    expect_out("6f693c4cfe87c47c7456e57aa985b467562b2250ec9754e33b618b8d9c18023c");
    cr_assert_eq(RUN("fs", "key", UUID "/" UUID, "--obs", "dr"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.keys.locator, UUID "/" UUID);
    cr_assert_eq(RUN("fs", "key", UUID), 2);
    expect_error("say with --obs");
    cr_assert_eq(RUN("fs", "key", "home", "--obs", "dr"), 0);
    cr_assert_str_eq(fake.keys.fs, "home", "a filesystem's keys in a bucket besides its own");
}

Test(key_commands, a_second_vault_is_told_like_a_filesystems_own_key)
{
    cr_assert_eq(RUN("fs", "key", "add", "home", "--vault", "http://127.0.0.1:8200", "--kms-key-identifier", "k",
                     "--kms-namespace", "team/a", "--kms-transit-path", "t", "--kms-role-id", "r",
                     "--kms-secret-id-env", "V", "--kms-auth-path", "a", "--kms-ca-cert", "ca"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.vault.address, "http://127.0.0.1:8200");
    cr_assert_str_eq(fake.vault.key, "k");
    cr_assert_str_eq(fake.vault.name_space, "team/a");
    cr_assert_str_eq(fake.vault.transit_path, "t");
    cr_assert_str_eq(fake.vault.auth_path, "a");
    cr_assert_str_eq(fake.vault.role_id, "r");
    cr_assert_str_eq(fake.vault.secret_id_env, "V");
    cr_assert_str_eq(fake.vault.ca_cert, "ca");
    cr_assert_null(fake.name);
}

Test(key_commands, a_second_kms_may_be_a_kmip_server_or_a_file)
{
    cr_assert_eq(RUN("fs", "key", "add", "home", "--kmip", "h:1", "--kms-key-identifier", "7", "--kms-client-cert", "c",
                     "--kms-client-key", "d"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.kmip.servers, "h:1");
    cr_assert_str_eq(fake.kmip.client_cert, "c");
    cr_assert_str_eq(fake.kmip.client_key, "d");
    cr_assert_eq(RUN("fs", "key", "add", "home", "--local-key-file", "f"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.name, "f");
}

Test(key_commands, what_names_no_second_kms_or_two_is_refused)
{
    cr_assert_eq(RUN("fs", "key", "add", "home"), 2);
    expect_error("--vault ADDRESS, --kmip HOST:PORT, or --local-key-file FILE");
    cr_assert_eq(RUN("fs", "key", "add", "home", "--vault", "a"), 2);
    cr_assert_eq(RUN("fs", "key", "add", "home", "--vault", "a", "--kmip", "b", "--kms-key-identifier", "k"), 2);
    cr_assert_eq(RUN("fs", "key", "add", "home", "--local-key-file", "f", "--kms-key-identifier", "k"), 2);
    cr_assert_eq(RUN("fs", "key", "add", "home", "--vault", "a", "--kms-key-identifier", "k", "--kms-token", "t"), 2);
    expect_error("use --kms-token-file FILE");
    cr_assert_str_empty(fake.calls, "%s", fake.calls);
}

Test(key_commands, remove_names_the_record)
{
    cr_assert_eq(RUN("fs", "key", "remove", "home", "r"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.keys.fs, "home");
    cr_assert_str_eq(fake.name, "r");
    expect_error("Key record r is removed. In a bucket that keeps versions an old version of it stays.");
    fake.answer = SEALIFT_CONFLICT;
    cr_assert_eq(RUN("fs", "key", "remove", UUID, "r", "--obs", "dr"), 5);
    cr_assert_str_eq(fake.keys.locator, UUID);
}
