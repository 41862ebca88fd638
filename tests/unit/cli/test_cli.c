/* The commands, against a libsealift that is played: what it is asked, and what is made of its answers. */
#include "played_cli.h"

#include <signal.h>

Test(cli, adds_an_obs_and_shows_what_was_found)
{
    cr_assert_eq(RUN("obs", "add", "dr2", "s3://bucket/prefix", "--endpoint", "http://127.0.0.1:8333", "--region=eu",
                     "--lock-mode", "compliance", "--lock-for", "4w", "--home", "/somewhere", "--memory", "64M"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open obs_add obs_list ");
    cr_assert_str_eq(fake.options.home, "/somewhere");
    cr_assert_eq(fake.options.memory, 64 << 20);
    cr_assert_eq(fake.options.log_level, SEALIFT_LOG_WARNING);
    cr_assert_str_eq(fake.name, "dr2");
    cr_assert_str_eq(fake.obs.url, "s3://bucket/prefix");
    cr_assert_str_eq(fake.obs.endpoint, "http://127.0.0.1:8333");
    cr_assert_str_eq(fake.obs.region, "eu");
    cr_assert_str_eq(fake.obs.lock_mode, "compliance");
    cr_assert_eq(fake.obs.lock_days, 28);
    cr_assert_eq(fake.obs.addressing, NULL);
    cr_assert_not(fake.no_check);
    expect_out("conditional put:    atomic\n");
    cr_assert_str_eq(errors.text, "");
}

Test(cli, shows_nothing_of_what_was_added_when_quiet)
{
    cr_assert_eq(RUN("obs", "add", "dr", "file:///srv/dr", "--no-check", "--quiet"), 0);
    cr_assert(fake.no_check);
    cr_assert_str_eq(out.text, "");
}

Test(cli, changes_only_what_is_named)
{
    cr_assert_eq(RUN("obs", "update", "dr", "--url", "s3://other"), 0);
    cr_assert_str_eq(fake.obs.url, "s3://other");
    cr_assert_eq(fake.obs.endpoint, NULL);
    cr_assert_eq(RUN("obs", "update", "dr"), 0);
    cr_assert_eq(fake.obs.url, NULL);
}

Test(cli, takes_back_what_is_named)
{
    cr_assert_eq(RUN("obs", "update", "dr", "--reset", "endpoint,lock-mode", "--region", "eu-1"), 0);
    cr_assert_str_eq(fake.obs.endpoint, "");
    cr_assert_str_eq(fake.obs.lock_mode, "");
    cr_assert_str_eq(fake.obs.region, "eu-1");
    cr_assert_eq(fake.obs.profile, NULL);
    cr_assert_eq(RUN("obs", "update", "dr", "--reset", "endpoint,url"), 2);
    expect_error("'url' is no option that can be taken back");
    cr_assert_eq(RUN("obs", "update", "dr", "--reset", "region", "--region", "eu-1"), 2);
    expect_error("choose one");
}

Test(cli, says_what_to_do_when_there_is_nothing)
{
    fake.rows = 0;
    cr_assert_eq(RUN("obs"), 0);
    cr_assert_str_eq(out.text, "");
    expect_error("`sealift obs add NAME URL` adds one");
    cr_assert_eq(RUN("obs", "--json"), 0);
    cr_assert_str_eq(out.text, "[]\n");
    cr_assert_str_eq(errors.text, "");
}

Test(cli, lists_a_bucket_by_url_or_by_name)
{
    cr_assert_eq(RUN("obs", "snapshots", "s3://b", "--endpoint", "http://e", "--names"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.obs.url, "s3://b");
    cr_assert_str_eq(fake.obs.endpoint, "http://e");
    cr_assert(fake.names);
    expect_out(FAKE_LOCATOR);
    expect_out("11111111-54f5-4c86-b5f9-9b3d6f3c7d11");
    expect_out("a filesystem without a snapshot");
    expect_out("partial: something could not be read");

    cr_assert_eq(RUN("obs", "snapshots", "dr", "--json"), 0);
    expect_out("\"filesystem_id\":\"11111111-54f5-4c86-b5f9-9b3d6f3c7d11\",\"locator\":null,\"problem\":null}");

    cr_assert_eq(RUN("obs", "snapshots", "dr", "--endpoint", "http://e"), 2);
    expect_error("--endpoint says how a URL is reached, and no URL is given");
}

Test(cli, keeps_json_whole_when_a_listing_breaks_off)
{
    fake.answer = SEALIFT_UNAVAILABLE;
    cr_assert_eq(RUN("--json", "fs"), 6);
    cr_assert_eq(strncmp(out.text, "[\n{", 3), 0);
    cr_assert_str_eq(out.text + strlen(out.text) - 4, "}\n]\n");
    cr_assert_str_eq(errors.text,
                     "{\"error\":{\"status\":\"unavailable\",\"message\":\"fs_list: as the test wanted\"}}\n");
}

Test(cli, says_the_bytes_of_a_path_that_is_not_utf8)
{
    cr_assert_eq(RUN("--json", "fs"), 0);
    expect_out("\"path\":\"/srv/h\\ufffd\",\"path_hex\":\"2f7372762f68ff\"");
    cr_assert_eq(RUN("fs"), 0);
    expect_out("/srv/h\\xff");
}

Test(cli, sets_a_vault_by_arguments)
{
    cr_assert_eq(RUN("kms", "set", "vault", "http://v:8200", "cluster-key", "--role-id", "R", "--secret-id-file",
                     "/etc/s", "--namespace", "team/a", "--auth-path", "my/approle"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.vault.address, "http://v:8200");
    cr_assert_str_eq(fake.vault.key, "cluster-key");
    cr_assert_str_eq(fake.vault.role_id, "R");
    cr_assert_str_eq(fake.vault.secret_id_file, "/etc/s");
    cr_assert_str_eq(fake.vault.name_space, "team/a");
    cr_assert_str_eq(fake.vault.transit_path, "transit");
    cr_assert_str_eq(fake.vault.auth_path, "my/approle");
    cr_assert_eq(fake.vault.token_file, NULL);
    expect_out("credential:      file:/etc/sealift/secret-id\n");
}

Test(cli, sets_a_vault_by_the_environment)
{
    setenv("BAO_ADDR", "http://bao:8200", 1);
    setenv("VAULT_CACERT", "/etc/ca.pem", 1);
    setenv("VAULT_NAMESPACE", "team/b", 1);
    cr_assert_eq(RUN("kms", "set", "vault", "cluster-key", "--kubernetes-role", "sealift"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.vault.address, "http://bao:8200");
    cr_assert_str_eq(fake.vault.ca_cert, "/etc/ca.pem");
    cr_assert_str_eq(fake.vault.name_space, "team/b");
    cr_assert_str_eq(fake.vault.kubernetes_role, "sealift");
}

Test(cli, sets_a_kmip_server_by_arguments)
{
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696,[::1]:5696", "uid", "--client-cert", "c.pem", "--client-key",
                     "credential:k", "--ca-cert", "ca.pem", "--username", "u", "--password-file", "p", "--kmip-version",
                     "1.4", "--server-name", "kmip", "--no-check"),
                 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open kms_set_kmip kms_get ");
    cr_assert_str_eq(fake.kmip.servers, "a:5696,[::1]:5696");
    cr_assert_str_eq(fake.kmip.key, "uid");
    cr_assert_str_eq(fake.kmip.client_cert, "c.pem");
    cr_assert_str_eq(fake.kmip.client_key, "credential:k");
    cr_assert_str_eq(fake.kmip.ca_cert, "ca.pem");
    cr_assert_str_eq(fake.kmip.username, "u");
    cr_assert_str_eq(fake.kmip.password_file, "p");
    cr_assert_str_eq(fake.kmip.version, "1.4");
    cr_assert_str_eq(fake.kmip.server_name, "kmip");
    cr_assert(fake.change.no_check);
    expect_out("mode:            AES-CBC\n");
}

/* Who has read the KMS from `kms set --json` finds it where it was; what moved is one key more. */
Test(cli, shows_what_moved_to_another_kms_beside_it)
{
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--convert-to-cluster-key-on-fs",
                     "--destroy-local-key", "--json"),
                 0, "%s", errors.text);
    cr_assert(fake.change.convert && fake.change.destroy_local_key);
    cr_assert_not(fake.change.no_check);
    cr_assert_eq(strncmp(out.text, "{\"moved\":[\n{\"filesystem\":\"home\",", 32), 0, "%s", out.text);
    expect_out("}\n]\n,\"type\":\"vault\",\"address\":\"http://127.0.0.1:8200\",\"key\":\"cluster-key\",");
    expect_out("\"former_type\":null,");
    expect_out("\"moving\":0}\n");
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R"), 0);
    expect_out("\n\nFILESYSTEM");
    fake.rows = 0;
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--json"), 0);
    cr_assert_eq(strncmp(out.text, "{\"moved\":[]\n,\"type\":", 20), 0, "%s", out.text);
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R"), 0);
    cr_assert_null(strstr(out.text, "FILESYSTEM"));
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--no-check", "--destroy-local-key"), 2);
}

Test(cli, shows_what_moved_before_a_change_of_kms_failed)
{
    fake.answer = SEALIFT_KEY;
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--json"), 8);
    expect_out("{\"moved\":[\n{\"filesystem\":\"home\",");
    fake.rows = 0;
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--json"), 8);
    cr_assert_str_eq(out.text, "", "nothing was changed");
}

Test(cli, resets_the_kms)
{
    cr_assert_eq(RUN("kms", "reset", "--allow-downgrade"), 0, "%s", errors.text);
    cr_assert(fake.change.convert, "it is what the downgrade is called there");
    expect_out("FILESYSTEM");
    expect_error("No KMS is set any more.");
    cr_assert_eq(RUN("kms", "reset"), 0);
    cr_assert_not(fake.change.convert);
}

Test(cli, asks_for_certificate_and_key_of_kmip)
{
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid"), 2);
    expect_error("needs --client-cert FILE");
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--client-cert", "c"), 2);
    expect_error("needs --client-key FILE");
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--client-cert", "c", "--client-key", "-"), 2);
    expect_error("--client-key: a secret from standard input");
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--kmip-version", "1.1"), 2);
    expect_error("'1.1' is none of: 1.2 1.3 1.4 2.0 2.1");
    cr_assert_str_eq(fake.calls, "", "nothing was opened");
}

Test(cli, refuses_the_options_of_one_kms_with_the_other_by_name)
{
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--role-id", "R"), 2);
    expect_error("--role-id is an option of kms set vault: KMIP logs in with --client-cert");
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--client-cert", "c.pem"), 2);
    expect_error("--client-cert is an option of kms set kmip: Vault is logged in to with --role-id");
    cr_assert_str_eq(fake.calls, "", "nothing was opened");
}

Test(cli, refuses_two_logins_at_once)
{
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--token-file", "/t", "--role-id", "R"), 2);
    expect_error("--token-file and --role-id exclude each other");
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--secret-id-file", "/s"), 2);
    expect_error("--secret-id-file means nothing without --role-id ID");
    cr_assert_str_eq(fake.calls, "", "nothing was opened");
}

Test(cli, refuses_secrets_on_the_command_line_without_repeating_them)
{
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--token", "hvs.SECRET"), 2);
    expect_error("VAULT_TOKEN");
    cr_assert_eq(strstr(errors.text, "SECRET,"), NULL);
    cr_assert_eq(strstr(errors.text, "hvs."), NULL);
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--secret-id=hush"), 2);
    expect_error("SEALIFT_VAULT_SECRET_ID");
    cr_assert_eq(strstr(errors.text, "hush"), NULL);
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--password", "hush"), 2);
    expect_error("SEALIFT_KMIP_PASSWORD");
    cr_assert_eq(strstr(errors.text, "hush"), NULL);
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--client-key-passphrase=hush"), 2);
    expect_error("must do without a passphrase");
    cr_assert_eq(strstr(errors.text, "hush"), NULL);
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--token", "hush"), 2);
    expect_error("it is Vault's anyway");
    cr_assert_eq(strstr(errors.text, "hush"), NULL);
    cr_assert_eq(RUN("obs", "add", "dr", "s3://b", "--secret-access-key", "hush"), 2);
    expect_error("AWS_SECRET_ACCESS_KEY");
    cr_assert_eq(strstr(errors.text, "hush"), NULL);
}

Test(cli, shows_the_kms_also_when_quiet)
{
    cr_assert_eq(RUN("kms", "--quiet"), 0);
    expect_out("type:            vault\n");
    cr_assert_eq(RUN("kms", "--json"), 0);
    expect_out("{\"type\":\"vault\",");
}

Test(cli, tells_each_call_of_a_kms_check)
{
    fake.answer = SEALIFT_DENIED;
    cr_assert_eq(RUN("kms", "check"), 3);
    cr_assert_str_eq(out.text, "ok       log in                  by AppRole\n"
                               "warning  read the key            exportable\n"
                               "FAILED   wrap                    403: ask for update on transit/encrypt/k\n");
    expect_error("sealift: kms_check: as the test wanted\n");
    cr_assert_eq(RUN("kms", "check", "--json"), 3);
    expect_out("{\"call\":\"read the key\",\"result\":\"warning\",\"message\":\"exportable\"},\n");
}

Test(cli, tells_each_thing_of_a_drill_and_then_the_totals)
{
    fake.answer = SEALIFT_UNAVAILABLE;
    cr_assert_eq(RUN("kms", "drill", "--obs", "dr"), 6);
    cr_assert_str_eq(fake.obs.url, "dr");
    expect_out("opens     filesystem  home  table by vault transit/k version 2\n"
               "waits     snapshot      " FAKE_LOCATOR ": the KMS is\\x0aaway\n"
               "filesystems:     1\n");
    expect_error("sealift: kms_drill: as the test wanted\n");
    cr_assert_eq(RUN("kms", "drill", "--quiet"), 6);
    cr_assert_eq(strncmp(out.text, "waits ", 6), 0, "only what does not open: %s", out.text);
    cr_assert_eq(RUN("kms", "drill", "--json"), 6);
    expect_out("{\"listing\":[\n{\"kind\":\"filesystem\",\"result\":\"opens\",");
    expect_out("\n]\n,\"totals\":{\"filesystems\":1,");
}

Test(cli, tells_what_would_be_lost_with_a_key)
{
    cr_assert_eq(RUN("kms", "impact", "dr", "--key", "k", "--namespace", "team/a", "--below-version", "3"), 0);
    cr_assert_str_eq(fake.impact.obs.url, "dr");
    cr_assert_str_eq(fake.impact.key, "k");
    cr_assert_str_eq(fake.impact.name_space, "team/a");
    cr_assert_eq(fake.impact.below_version, 3);
    expect_out("claimed   snapshot      " FAKE_LOCATOR
               "  (2 wrappings: 0 open by the condemned key, 0 by another, 2 by none): refused\n"
               "dies:            0\n");
    expect_out("safe:            no\n");
    cr_assert_eq(RUN("kms", "impact", "--json"), 0);
    cr_assert_null(fake.impact.obs.url);
    expect_out("\n]\n,\"totals\":{\"dies\":0,\"survives\":0,\"claimed\":1,");
}

Test(cli, says_when_there_was_nothing_to_drill_or_to_lose)
{
    fake.rows = 0;
    cr_assert_eq(RUN("kms", "drill"), 0);
    expect_error("There was nothing to open");
    cr_assert_eq(RUN("kms", "impact"), 0);
    expect_error("There is nothing here that a key could open");
}

Test(cli, adds_a_filesystem_only_with_a_place_for_its_key)
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

Test(cli, adds_and_lists_snapshots)
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

Test(cli, says_what_becomes_of_a_snapshot_that_was_made)
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

Test(cli, ends_an_upload_with_the_locator)
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

Test(cli, prints_nothing_but_the_locator_when_quiet)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--quiet"), 0);
    cr_assert_str_eq(out.text, FAKE_LOCATOR "\n");
    cr_assert_str_eq(errors.text, "missing: a/b\\xff: Permission denied\n", "problems are told all the same");
}

Test(cli, uploads_as_json)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--json"), 0);
    cr_assert_eq(strncmp(out.text, "{\"locator\":\"" FAKE_LOCATOR "\",\"entries\":3,", 90), 0, "%s", out.text);
    expect_error("{\"progress\":{\"stage\":\"upload\",");
    expect_error("{\"notice\":{\"kind\":\"missing\",\"path\":\"a/b\\ufffd\",\"path_hex\":\"612f62ff\",");
}

Test(cli, chooses_the_compression)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "off"), 0);
    cr_assert(fake.upload.no_compression);
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "19"), 0);
    cr_assert_eq(fake.upload.compression_level, 19);
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "20"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "upload", "h", "m", "--compression", "best"), 2);
    expect_error("neither a level from 1 to 19 nor off");
}

Test(cli, lists_what_is_in_a_snapshot)
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

Test(cli, lists_a_snapshot_as_json)
{
    cr_assert_eq(RUN("fs", "snapshot", "ls", "home", "monday", "--json"), 0, "%s", errors.text);
    expect_out("[\n{\"path\":\"ann\",\"type\":\"directory\",\"mode\":\"2750\",\"uid\":1000,\"gid\":100,\"size\":0,"
               "\"modified\":\"2026-09-21T14:13:20Z\",\"mtime_s\":1790000000,");
    expect_out("\"mtime_s\":9223372036854775807,");
    expect_out("\"target\":\"../etc/\\ufffd\",\"target_hex\":\"2e2e2f6574632fff\"}");
    expect_out("{\"path\":\"ann/other\",\"type\":\"hard-link\",\"mode\":null,");
}

Test(cli, lists_a_snapshot_that_only_the_bucket_knows)
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

Test(cli, brings_back_single_files)
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

Test(cli, asks_what_to_verify)
{
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday"), 2);
    expect_error("\n  --keys ");
    expect_error("\n  --objects ");
    expect_error("\n  --data ");
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--keys", "--data"), 2);
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--data", "--read"), 2);
    expect_error("--read means nothing without --objects\n");
}

Test(cli, verifies_each_kind)
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

Test(cli, verifies_a_locator_that_is_not_known_here)
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

Test(cli, downloads_from_a_name_or_a_url)
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

Test(cli, asks_for_encryption_at_rest_or_for_none)
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

Test(cli, unlocks_one_filesystem_or_all)
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

Test(cli, locks_a_filesystem_and_lists_who_holds_it)
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

Test(cli, removes_a_snapshot_and_lists_what_nothing_uses)
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

Test(cli, tells_no_size_and_no_count_of_what_was_never_uploaded)
{
    fake.rows = 0;
    fake.never_uploaded = true;
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday"), 0);
    cr_assert_str_eq(out.text, "filesystem:  home\nremoved:     monday\n");
    cr_assert_eq(RUN("fs", "snapshot", "remove", "home", "monday", "--json"), 0);
    expect_out("\"manifest\":null,\"size\":0,");
    expect_out("\"unused_known\":false,\"unused_uploads\":0,");
}

Test(cli, answers_a_removal_as_one_object)
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

Test(cli, forgets_a_filesystem_and_says_how_it_comes_back)
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
}

Test(cli, ends_with_the_exit_code_of_the_status)
{
    fake.answer = SEALIFT_CORRUPT;
    cr_assert_eq(RUN("fs", "snapshot", "verify", "home", "monday", "--data"), 7);
    cr_assert_str_eq(out.text, "");
    expect_error("sealift: snapshot_verify: as the test wanted\n");
}

Test(cli, says_how_to_go_on_after_an_interruption)
{
    fake.answer = SEALIFT_CANCELLED;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday"), 130);
    expect_error("sealift: Nothing was published. The same command begins the upload again.\n");
    cr_assert_eq(RUN("fs", "download", "home2", "/p", "dr", FAKE_LOCATOR), 130);
    expect_error("remove PATH (what is in it is enough, where it is not encrypted) and run the same command");
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--json"), 130);
    expect_error("{\"error\":{\"status\":\"cancelled\",");
    cr_assert_eq(strstr(errors.text, "published"), NULL);
}

static void
interrupt(struct sealift *sealift)
{
    (void)sealift;
    raise(SIGINT);
}

Test(cli, asks_the_library_to_stop_at_the_first_ctrl_c)
{
    fake.during = interrupt;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday"), 0, "the library finished all the same");
    cr_assert(fake.cancelled);
}

static void
interrupt_twice(struct sealift *sealift)
{
    interrupt(sealift);
    raise(SIGHUP);
}

Test(cli, leaves_at_once_at_the_second, .exit_code = 130)
{
    fake.during = interrupt_twice;
    RUN("fs", "snapshot", "upload", "home", "monday");
    cr_assert_fail("it went on");
}

Test(cli, keeps_ignoring_what_was_ignored)
{
    signal(SIGINT, SIG_IGN); /* as nohup and a shell's background do */
    fake.during = interrupt;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday"), 0);
    cr_assert_not(fake.cancelled);
}

Test(cli, notices_that_nobody_takes_what_it_prints)
{
    FILE *full_disk = fopen("/dev/full", "w");
    char *argv[] = {"sealift", "fs", NULL};

    cr_assert_eq(cli_main(2, argv, full_disk, captured_begin(&errors)), 9);
    captured_end(&errors);
    expect_error("sealift: standard output: No space left on device");
}

/* Of a million lines, say, when `head` has read ten. */
Test(cli, lists_a_snapshot_only_as_long_as_somebody_reads)
{
    FILE *full_disk = fopen("/dev/full", "w");
    char *argv[] = {"sealift", "fs", "snapshot", "ls", "home", "monday", NULL};

    setvbuf(full_disk, NULL, _IONBF, 0);
    cr_assert_eq(cli_main(6, argv, full_disk, captured_begin(&errors)), 9);
    captured_end(&errors);
    cr_assert_eq(fake.listed, 2u, "the second was refused");
}

Test(cli, tells_errors_of_the_command_line_as_json_when_asked)
{
    cr_assert_eq(RUN("--json", "obs", "lst"), 2);
    cr_assert_eq(strncmp(errors.text, "{\"error\":{\"status\":\"invalid\",\"message\":\"", 40), 0, "%s", errors.text);
    cr_assert_eq(RUN("obs", "list", "--nonsense", "--json"), 2);
    cr_assert_eq(errors.text[0], '{');
}

Test(cli, makes_no_home_for_help_version_and_completion)
{
    cr_assert_eq(RUN("help"), 0);
    cr_assert_eq(RUN("help", "fs", "snapshot", "upload"), 0);
    expect_out("sealift fs snapshot upload: carry a snapshot to its object store\n");
    cr_assert_eq(RUN("fs", "add", "--help"), 0);
    expect_out("sealift fs add NAME PATH [OPTION...]\n");
    cr_assert_eq(RUN("fs", "snapshot", "get", "--help"), 0);
    expect_out(" --to DIR [OPTION...]\n");
    cr_assert_eq(RUN("completion", "zsh"), 0);
    expect_out("#compdef sealift\n");
    cr_assert_eq(RUN("--version"), 0);
    cr_assert_str_eq(out.text, "sealift 1.2.3 (format 1)\n");
    cr_assert_eq(RUN("--version", "--json"), 0);
    cr_assert_str_eq(out.text, "{\"version\":\"1.2.3\",\"format\":1}\n");
    cr_assert_str_eq(fake.calls, "");
}

Test(cli, misses_a_command)
{
    cr_assert_eq(run((char *[]){"sealift", NULL}), 2);
    expect_error("a command is missing; `sealift help` lists what there is");
}

Test(cli, is_verbose_when_asked)
{
    cr_assert_eq(RUN("obs", "--verbose"), 0);
    cr_assert_eq(fake.options.log_level, SEALIFT_LOG_DEBUG);
}

/* --- what is left out --- */

Test(cli, adds_a_filesystem_with_what_is_left_out)
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

Test(cli, replaces_what_is_left_out_only_when_told_by_what)
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

Test(cli, shows_patterns_as_an_array)
{
    cr_assert_eq(RUN("fs", "--json"), 0);
    expect_out("\"exclude\":[\"*.tmp\",\"!keep.tmp\",\"/cache/\",\"*.o\",\"core\"],\"exclude_caches\":false,"
               "\"exclude_nodump\":true,");
}

Test(cli, uploads_without_what_is_named_for_once)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--exclude", "/iso", "--exclude-nodump"), 0);
    cr_assert_str_eq(fake.exclude[0], "/iso");
    cr_assert(fake.selection.exclude_nodump);
}

Test(cli, says_in_a_dry_run_what_would_go)
{
    fake.all_readable = true;
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run"), 0, "%s", errors.text);
    cr_assert_str_eq(fake.calls, "open snapshot_preview ");
    cr_assert_str_eq(out.text, "entries:     2\nfiles:       1\ndirectories: 1\nothers:      0\nsize:        4.9 KiB\n"
                               "left out:    1\nmissing:     0\nlive:        yes\ntime:        0:00\n");
    cr_assert_str_eq(errors.text, "");
}

Test(cli, lists_each_path_in_a_verbose_dry_run)
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

Test(cli, tells_in_a_dry_run_what_would_fail_the_upload)
{
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run"), 3);
    expect_error("missing: c: Permission denied\n");
    expect_error("--allow-missing");
    cr_assert_eq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run", "--allow-missing"), 0);
}

Test(cli, lists_a_dry_run_as_json)
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

Test(cli, leaves_the_json_of_a_broken_dry_run_well_formed)
{
    fake.answer = SEALIFT_IO;
    cr_assert_neq(RUN("fs", "snapshot", "upload", "home", "monday", "--dry-run", "--json"), 0);
    expect_out("\n]\n,\"totals\":null}\n");
}
