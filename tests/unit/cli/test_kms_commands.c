/* The commands of the KMS, without those of a key's life, against a libsealift that is played: what it is asked, and
 * what is made of its answers. */
#include "played_cli.h"

Test(kms_commands, sets_a_vault_by_arguments)
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

Test(kms_commands, sets_a_vault_by_the_environment)
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

Test(kms_commands, sets_a_kmip_server_by_arguments)
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
Test(kms_commands, shows_what_moved_to_another_kms_beside_it)
{
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--convert-to-cluster-key-on-fs",
                     "--destroy-local-key", "--json"),
                 0, "%s", errors.text);
    cr_assert(fake.change.convert && fake.change.destroy_local_key);
    cr_assert_not(fake.change.no_check);
    cr_assert_eq(strncmp(out.text, "{\"moved\":[\n{\"filesystem\":\"home\",", 32), 0, "%s", out.text);
    expect_out("}\n]\n,\"type\":\"vault\",\"address\":\"http://127.0.0.1:8200\",\"key\":\"cluster-key\",");
    expect_out("\"former_type\":null,");
    expect_out("\"moving\":0,\"moving_names\":null}\n");
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R"), 0);
    expect_out("\n\nFILESYSTEM");
    fake.rows = 0;
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--json"), 0);
    cr_assert_eq(strncmp(out.text, "{\"moved\":[]\n,\"type\":", 20), 0, "%s", out.text);
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R"), 0);
    cr_assert_null(strstr(out.text, "FILESYSTEM"));
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--no-check", "--destroy-local-key"), 2);
}

Test(kms_commands, shows_what_moved_before_a_change_of_kms_failed)
{
    fake.answer = SEALIFT_KEY;
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--json"), 8);
    expect_out("{\"moved\":[\n{\"filesystem\":\"home\",");
    fake.rows = 0;
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--role-id", "R", "--json"), 8);
    cr_assert_str_eq(out.text, "", "nothing was changed");
}

Test(kms_commands, resets_the_kms)
{
    cr_assert_eq(RUN("kms", "reset", "--allow-downgrade"), 0, "%s", errors.text);
    cr_assert(fake.change.convert, "it is what the downgrade is called there");
    expect_out("FILESYSTEM");
    expect_error("No KMS is set any more.");
    cr_assert_eq(RUN("kms", "reset"), 0);
    cr_assert_not(fake.change.convert);
}

Test(kms_commands, asks_for_certificate_and_key_of_kmip)
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

Test(kms_commands, refuses_the_options_of_one_kms_with_the_other_by_name)
{
    cr_assert_eq(RUN("kms", "set", "kmip", "a:5696", "uid", "--role-id", "R"), 2);
    expect_error("--role-id is an option of kms set vault: KMIP logs in with --client-cert");
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--client-cert", "c.pem"), 2);
    expect_error("--client-cert is an option of kms set kmip: Vault is logged in to with --role-id");
    cr_assert_str_eq(fake.calls, "", "nothing was opened");
}

Test(kms_commands, refuses_two_logins_at_once)
{
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--token-file", "/t", "--role-id", "R"), 2);
    expect_error("--token-file and --role-id exclude each other");
    cr_assert_eq(RUN("kms", "set", "vault", "A", "K", "--secret-id-file", "/s"), 2);
    expect_error("--secret-id-file means nothing without --role-id ID");
    cr_assert_str_eq(fake.calls, "", "nothing was opened");
}

Test(kms_commands, refuses_secrets_on_the_command_line_without_repeating_them)
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

Test(kms_commands, shows_the_kms_also_when_quiet)
{
    cr_assert_eq(RUN("kms", "--quiet"), 0);
    expect_out("type:            vault\n");
    cr_assert_eq(RUN("kms", "--json"), 0);
    expect_out("{\"type\":\"vault\",");
}

Test(kms_commands, tells_each_call_of_a_kms_check)
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

Test(kms_commands, tells_each_thing_of_a_drill_and_then_the_totals)
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

Test(kms_commands, tells_what_would_be_lost_with_a_key)
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

Test(kms_commands, says_when_there_was_nothing_to_drill_or_to_lose)
{
    fake.rows = 0;
    cr_assert_eq(RUN("kms", "drill"), 0);
    expect_error("There was nothing to open");
    cr_assert_eq(RUN("kms", "impact"), 0);
    expect_error("There is nothing here that a key could open");
}
