#include "config_expect.h"

static struct kms_config
with_token(void)
{
    return (struct kms_config){
        .type = KMS_VAULT,
        .address = "https://vault.example:8200",
        .key = "cluster-key",
        .vault.auth = KMS_AUTH_TOKEN,
        .credential = {CREDENTIAL_FILE, "/etc/sealift/token"},
    };
}

static struct kms_config
with_approle(void)
{
    struct kms_config config = with_token();

    config.vault.auth = KMS_AUTH_APPROLE;
    strcpy(config.vault.role_id, "5f2d4a7e");
    return config;
}

Test(vault_config, fills_in_what_is_usual)
{
    struct kms_config config = with_approle();

    config_expect_good(&config);
    cr_assert_str_eq(config.vault.transit_path, "transit");
    cr_assert_str_eq(config.vault.auth_path, "approle");
}

Test(vault_config, knows_where_kubernetes_keeps_the_jwt)
{
    struct kms_config config = with_token();

    config.vault.auth = KMS_AUTH_KUBERNETES;
    config.credential = (struct credential_source){0};
    strcpy(config.vault.kubernetes_role, "sealift");
    config_expect_good(&config);
    cr_assert_str_eq(config.vault.auth_path, "kubernetes");
    cr_assert_str_eq(config.credential.name, "/var/run/secrets/kubernetes.io/serviceaccount/token");
}

Test(vault_config, strips_slashes)
{
    struct kms_config config = with_approle();

    strcpy(config.address, "https://vault.example:8200/");
    strcpy(config.vault.transit_path, "/teams/transit/");
    strcpy(config.vault.auth_path, "approle-2/");
    config_expect_good(&config);
    cr_assert_str_eq(config.address, "https://vault.example:8200");
    cr_assert_str_eq(config.vault.transit_path, "teams/transit");
    cr_assert_str_eq(config.vault.auth_path, "approle-2");
}

Test(vault_config, takes_several_servers_of_one_cluster)
{
    struct kms_config config = with_approle(), again;

    strcpy(config.address, "https://a.example:8200/ , https://b.example:8200,https://c.example/vault/");
    config_expect_good(&config);
    cr_assert_str_eq(config.address, "https://a.example:8200,https://b.example:8200,https://c.example/vault");
    again = config_through_json(&config);
    cr_assert_str_eq(again.address, config.address);
}

Test(vault_config, asks_for_what_is_missing)
{
    struct kms_config config = with_token();

    config.address[0] = '\0';
    config_expect_refused(config, "address");
    config = with_token();
    config.key[0] = '\0';
    config_expect_refused(config, "key");
    config = with_token();
    config.credential.kind = CREDENTIAL_NONE;
    config_expect_refused(config, "token is found");
    config = with_approle();
    config.vault.role_id[0] = '\0';
    config_expect_refused(config, "role id");
    config = with_approle();
    config.credential.kind = CREDENTIAL_NONE;
    config_expect_refused(config, "secret id is found");
}

Test(vault_config, refuses_two_ways_of_logging_in_at_once)
{
    struct kms_config config = with_token();

    strcpy(config.vault.role_id, "5f2d4a7e");
    config_expect_refused(config, "choose one");
    config = with_approle();
    strcpy(config.vault.kubernetes_role, "sealift");
    config_expect_refused(config, "choose one");
    config = with_token();
    strcpy(config.vault.auth_path, "approle");
    config_expect_refused(config, "nobody logs in");
}

Test(vault_config, refuses_addresses_that_are_none)
{
    static const char *const addresses[] = {"vault.example:8200",          "ftp://vault.example",
                                            "https://me:pw@vault.example", "https://vault.example?x=1",
                                            "https://a:8200,b:8200",       "https://a:8200,https://a:8200"};

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct kms_config config = with_token();

        strcpy(config.address, addresses[i]);
        config_expect_refused(config, "address");
    }
}

Test(vault_config, holds_namespaces_to_vaults_rules)
{
    static const char *const bad[] = {"team/", "/team", "te am", "root",        "sys", "team/identity",
                                      "a//b",  "../a",  "a?b",   "caf\xc3\xa9", "a\nb"};
    static const char *const good[] = {"team", "team/a", "systems", "a.b/c_d"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kms_config config = with_token();

        strcpy(config.vault.name_space, bad[i]);
        config_expect_refused(config, "namespace");
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct kms_config config = with_token();

        strcpy(config.vault.name_space, good[i]);
        config_expect_good(&config);
    }
}

Test(vault_config, refuses_mounts_and_keys_that_would_change_the_request)
{
    static const char *const mounts[] = {"../sys", "transit/../sys", "transit?x", "transit#x", "trans%2fit", "a b",
                                         "."};
    static const char *const keys[] = {"../k", "a/b", "k?x", "k#", ".k", "k.", "k-", "k k", "k\n"};

    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        struct kms_config config = with_token();

        strcpy(config.vault.transit_path, mounts[i]);
        config_expect_refused(config, "transit path");
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct kms_config config = with_token();

        strcpy(config.key, keys[i]);
        config_expect_refused(config, "transit key");
    }
}

Test(vault_config, wants_files_that_a_later_process_finds_again)
{
    struct kms_config config = with_token();

    strcpy(config.ca_file, "ca.pem");
    config_expect_refused(config, "absolute path");
}

Test(vault_config, comes_back_from_json)
{
    struct kms_config config = with_approle(), again;

    strcpy(config.vault.name_space, "team/a");
    strcpy(config.ca_file, "/etc/ssl/vault.pem");
    config.credential = (struct credential_source){CREDENTIAL_ENVIRONMENT, "SEALIFT_VAULT_SECRET_ID"};
    again = config_through_json(&config);
    cr_assert_str_eq(again.address, config.address);
    cr_assert_str_eq(again.key, config.key);
    cr_assert_str_eq(again.vault.name_space, config.vault.name_space);
    cr_assert_str_eq(again.vault.transit_path, "transit");
    cr_assert_eq(again.vault.auth, KMS_AUTH_APPROLE);
    cr_assert_str_eq(again.vault.auth_path, "approle");
    cr_assert_str_eq(again.vault.role_id, config.vault.role_id);
    cr_assert_str_eq(again.vault.kubernetes_role, "");
    cr_assert_str_eq(again.ca_file, config.ca_file);
    cr_assert_eq(again.credential.kind, CREDENTIAL_ENVIRONMENT);
    cr_assert_str_eq(again.credential.name, config.credential.name);
}

Test(vault_config, refuses_json_that_it_does_not_understand)
{
    config_expect_unread("{\"type\":\"vault\"}", SEALIFT_CORRUPT, "auth");
    config_expect_unread("{\"type\":\"vault\",\"auth\":\"ldap\"}", SEALIFT_INVALID, "ldap");
    config_expect_unread("{\"type\":\"vault\",\"auth\":\"token\",\"key\":7}", SEALIFT_CORRUPT, "key");
    config_expect_unread("{\"type\":\"vault\",\"auth\":\"token\",\"address\":\"https://v\",\"key\":\"../k\","
                         "\"credential\":\"env:T\"}",
                         SEALIFT_INVALID, "transit key");
}
