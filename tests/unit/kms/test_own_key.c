#include "own_key.h"

#include "scoped.h"
#include "vault_config.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct kms_config approle_cluster = {
    .type = KMS_VAULT,
    .address = "https://vault.example:8200",
    .key = "cluster-key",
    .ca_file = "/etc/ca.pem",
    .credential = {CREDENTIAL_FILE, "/etc/sealift/cluster-secret"},
    .vault = {.name_space = "ops",
              .transit_path = "transit",
              .auth = KMS_AUTH_APPROLE,
              .auth_path = "logins/approle",
              .role_id = "cluster-role"},
};

static const struct kms_config kmip_cluster = {
    .type = KMS_KMIP,
    .address = "kmip.example:5696",
    .key = "1",
    .credential = {CREDENTIAL_FILE, "/etc/sealift/password"},
    .kmip = {.client_cert = "/etc/cluster.pem",
             .client_key = {CREDENTIAL_FILE, "/etc/cluster-key.pem"},
             .username = "sealift",
             .version = KMIP_1_4,
             .mode = {KMIP_AES_GCM, true}},
};

static const struct own_key tenant = {
    .key = "tenant-key",
    .name_space = "ops/tenant",
    .role_id = "tenant-role",
    .credential = {CREDENTIAL_FILE, "/etc/sealift/tenant-secret"},
};

static struct kms_config
applied(const struct kms_config *cluster, struct own_key own)
{
    struct sealift_error err = {0};
    struct kms_config config;

    cr_assert_eq(own_key_apply(cluster, &own, &config, &err), SEALIFT_OK, "%s", err.message);
    return config;
}

static void
expect_refused(const struct kms_config *cluster, struct own_key own, const char *because)
{
    struct sealift_error err = {0};
    struct kms_config config;

    cr_assert_eq(own_key_apply(cluster, &own, &config, &err), SEALIFT_INVALID, "expected a refusal: %s", because);
    cr_assert_not_null(strstr(err.message, because), "\"%s\" does not say \"%s\"", err.message, because);
}

static void
expect_credential(const struct credential_source *source, enum credential_kind kind, const char *name)
{
    cr_assert_eq(source->kind, kind);
    cr_assert_str_eq(source->name, name);
}

/* --- Vault --- */

Test(own_key, without_one_is_the_clusters)
{
    const struct kms_config config = applied(&approle_cluster, (struct own_key){0});

    cr_assert_str_eq(config.key, "cluster-key");
    cr_assert_str_eq(config.vault.name_space, "ops");
    cr_assert_not(config.vault.login_is_apart);
    expect_credential(&config.credential, CREDENTIAL_FILE, "/etc/sealift/cluster-secret");
}

Test(own_key, keeps_address_and_authority_of_the_cluster)
{
    const struct kms_config config = applied(&approle_cluster, tenant);

    cr_assert_str_eq(config.address, "https://vault.example:8200");
    cr_assert_str_eq(config.ca_file, "/etc/ca.pem");
    cr_assert_str_eq(config.vault.transit_path, "transit");
}

Test(own_key, with_a_role_logs_in_in_its_own_namespace)
{
    const struct kms_config config = applied(&approle_cluster, tenant);

    cr_assert_str_eq(config.key, "tenant-key");
    cr_assert_str_eq(config.vault.name_space, "ops/tenant");
    cr_assert_str_eq(vault_config_login_namespace(&config), "ops/tenant");
    cr_assert_str_eq(config.vault.role_id, "tenant-role");
    cr_assert_str_eq(config.vault.auth_path, "approle", "where the cluster logs in is no matter of its tenants'");
    expect_credential(&config.credential, CREDENTIAL_FILE, "/etc/sealift/tenant-secret");
}

Test(own_key, takes_its_own_mounts)
{
    struct own_key own = tenant;
    struct kms_config config;

    strcpy(own.transit_path, "/keys/");
    strcpy(own.auth_path, "tenants");
    config = applied(&approle_cluster, own);
    cr_assert_str_eq(config.vault.transit_path, "keys");
    cr_assert_str_eq(config.vault.auth_path, "tenants");
}

Test(own_key, finds_a_secret_id_wherever_a_credential_may_be)
{
    struct own_key own = tenant;
    struct kms_config config;

    own.credential = (struct credential_source){CREDENTIAL_ENVIRONMENT, "TENANT_SECRET"};
    config = applied(&approle_cluster, own);
    expect_credential(&config.credential, CREDENTIAL_ENVIRONMENT, "TENANT_SECRET");
    own.credential = (struct credential_source){CREDENTIAL_SYSTEMD, "tenant"};
    config = applied(&approle_cluster, own);
    expect_credential(&config.credential, CREDENTIAL_SYSTEMD, "tenant");
}

Test(own_key, without_a_role_shares_the_clusters_login_where_that_is)
{
    const struct kms_config config =
        applied(&approle_cluster, (struct own_key){.key = "shared", .name_space = "ops/child"});

    cr_assert_str_eq(config.vault.name_space, "ops/child");
    cr_assert(config.vault.login_is_apart);
    cr_assert_str_eq(vault_config_login_namespace(&config), "ops");
    cr_assert_str_eq(config.vault.role_id, "cluster-role");
    cr_assert_str_eq(config.vault.auth_path, "logins/approle");
    expect_credential(&config.credential, CREDENTIAL_FILE, "/etc/sealift/cluster-secret");
}

Test(own_key, shares_a_login_in_the_root_namespace)
{
    struct kms_config cluster = approle_cluster, config;

    cluster.vault.name_space[0] = '\0';
    config = applied(&cluster, (struct own_key){.key = "shared", .name_space = "child"});
    cr_assert(config.vault.login_is_apart);
    cr_assert_str_eq(vault_config_login_namespace(&config), "");
}

Test(own_key, may_be_in_the_root_namespace_of_a_cluster_that_is_not)
{
    struct own_key own = tenant;
    struct kms_config config;

    strcpy(own.name_space, "/");
    config = applied(&approle_cluster, own);
    cr_assert_str_eq(config.vault.name_space, "");
    cr_assert_str_eq(vault_config_login_namespace(&config), "");

    config = applied(&approle_cluster, (struct own_key){.key = "shared", .name_space = "/"});
    cr_assert_str_eq(config.vault.name_space, "");
    cr_assert_str_eq(vault_config_login_namespace(&config), "ops");
}

Test(own_key, in_the_clusters_namespace_shares_an_ordinary_login)
{
    const struct kms_config config = applied(&approle_cluster, (struct own_key){.key = "second"});

    cr_assert_str_eq(config.key, "second");
    cr_assert_str_eq(config.vault.name_space, "ops");
    cr_assert_not(config.vault.login_is_apart);
}

Test(own_key, of_a_kubernetes_cluster_shares_its_login_or_has_a_role_of_its_own)
{
    struct kms_config cluster = approle_cluster, config;

    cluster.vault.auth = KMS_AUTH_KUBERNETES;
    memset(cluster.vault.role_id, 0, sizeof(cluster.vault.role_id));
    strcpy(cluster.vault.auth_path, "kubernetes");
    strcpy(cluster.vault.kubernetes_role, "sealift");
    config = applied(&cluster, (struct own_key){.key = "shared", .name_space = "ops/child"});
    cr_assert_eq(config.vault.auth, KMS_AUTH_KUBERNETES);
    cr_assert_str_eq(vault_config_login_namespace(&config), "ops");

    config = applied(&cluster, tenant);
    cr_assert_eq(config.vault.auth, KMS_AUTH_APPROLE);
    cr_assert_str_eq(config.vault.kubernetes_role, "");
    cr_assert_str_eq(vault_config_login_namespace(&config), "ops/tenant");
}

Test(own_key, is_refused_on_a_cluster_with_a_token_with_the_way_out)
{
    struct kms_config cluster = approle_cluster;

    cluster.vault.auth = KMS_AUTH_TOKEN;
    memset(cluster.vault.role_id, 0, sizeof(cluster.vault.role_id));
    memset(cluster.vault.auth_path, 0, sizeof(cluster.vault.auth_path));
    expect_refused(&cluster, tenant, "has a token");
    expect_refused(&cluster, tenant, "--role-id");
    expect_refused(&cluster, (struct own_key){.key = "shared"}, "has a token");
    applied(&cluster, (struct own_key){0}); /* the cluster key itself is no own key */
}

Test(own_key, of_vault_refuses_half_a_login)
{
    struct own_key own = tenant;

    own.credential = (struct credential_source){0};
    expect_refused(&approle_cluster, own, "--kms-secret-id-file or --kms-secret-id-env");
    own = tenant;
    own.role_id[0] = '\0';
    expect_refused(&approle_cluster, own, "without its role");
    own.credential = (struct credential_source){0};
    strcpy(own.auth_path, "approle");
    expect_refused(&approle_cluster, own, "--kms-auth-path");
}

Test(own_key, of_vault_has_no_client_certificate)
{
    struct own_key own = tenant;

    strcpy(own.client_cert, "/etc/tenant.pem");
    expect_refused(&approle_cluster, own, "--kms-client-cert");
    own = tenant;
    own.client_key = (struct credential_source){CREDENTIAL_FILE, "/etc/tenant-key.pem"};
    expect_refused(&approle_cluster, own, "--kms-client-key");
}

Test(own_key, is_held_to_the_rules_of_kms_set)
{
    struct own_key own = tenant;

    strcpy(own.name_space, "ops/sys");
    expect_refused(&approle_cluster, own, "Vault's own names");
    own = tenant;
    strcpy(own.key, "../sys");
    expect_refused(&approle_cluster, own, "no name of a transit key");
    own = tenant;
    strcpy(own.credential.name, "relative");
    applied(&approle_cluster, own); /* credential_parse() and the caller look after that */
}

/* --- KMIP --- */

Test(own_key, of_kmip_is_another_key_with_the_clusters_certificate)
{
    const struct kms_config config = applied(&kmip_cluster, (struct own_key){.key = "2"});

    cr_assert_str_eq(config.key, "2");
    cr_assert_str_eq(config.address, "kmip.example:5696");
    cr_assert_str_eq(config.kmip.client_cert, "/etc/cluster.pem");
    expect_credential(&config.kmip.client_key, CREDENTIAL_FILE, "/etc/cluster-key.pem");
    cr_assert_str_eq(config.kmip.username, "sealift");
    cr_assert_eq(config.kmip.version, KMIP_1_4);
}

Test(own_key, of_kmip_may_have_a_certificate_of_its_own)
{
    const struct own_key own = {
        .key = "2", .client_cert = "/etc/tenant.pem", .client_key = {CREDENTIAL_FILE, "/etc/tenant-key.pem"}};
    const struct kms_config config = applied(&kmip_cluster, own);

    cr_assert_str_eq(config.kmip.client_cert, "/etc/tenant.pem");
    expect_credential(&config.kmip.client_key, CREDENTIAL_FILE, "/etc/tenant-key.pem");
}

Test(own_key, of_kmip_needs_certificate_and_key_together)
{
    expect_refused(&kmip_cluster, (struct own_key){.key = "2", .client_cert = "/etc/tenant.pem"}, "go together");
    expect_refused(&kmip_cluster, (struct own_key){.key = "2", .client_key = {CREDENTIAL_FILE, "/etc/tenant-key.pem"}},
                   "go together");
}

Test(own_key, of_kmip_refuses_what_is_vaults)
{
    expect_refused(&kmip_cluster, (struct own_key){.key = "2", .name_space = "a"}, "--kms-namespace is for Vault");
    expect_refused(&kmip_cluster, (struct own_key){.key = "2", .transit_path = "a"}, "--kms-transit-path is for Vault");
    expect_refused(&kmip_cluster, (struct own_key){.key = "2", .auth_path = "a"}, "--kms-auth-path is for Vault");
    expect_refused(&kmip_cluster, (struct own_key){.key = "2", .role_id = "a"}, "--kms-role-id is for Vault");
    expect_refused(&kmip_cluster, (struct own_key){.key = "2", .credential = {CREDENTIAL_ENVIRONMENT, "A"}},
                   "the secret id is for Vault");
}

Test(own_key, needs_a_kms_to_be_at)
{
    expect_refused(&(struct kms_config){.type = KMS_LOCAL}, tenant, "sealift kms set vault");
    expect_refused(&(struct kms_config){.type = KMS_NONE}, tenant, "sealift kms set vault");
}

/* --- As JSON --- */

static void
to_json(const struct own_key *own, struct buf *out)
{
    struct sealift_error err = {0};

    cr_assert_eq(own_key_to_json(own, out, &err), SEALIFT_OK, "%s", err.message);
}

static struct own_key
from_json(struct bytes text)
{
    struct sealift_error err = {0};
    struct own_key own;

    cr_assert_eq(own_key_from_json(text, &own, &err), SEALIFT_OK, "%s", err.message);
    return own;
}

Test(own_key, comes_back_from_json)
{
    static const struct own_key all = {
        .key = "k",
        .name_space = "n/s",
        .transit_path = "t",
        .auth_path = "a",
        .role_id = "r",
        .credential = {CREDENTIAL_SYSTEMD, "c"},
        .client_cert = "/c.pem",
        .client_key = {CREDENTIAL_FILE, "/k.pem"},
    };
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(buf_done) struct buf twice = {0};
    struct own_key own;

    to_json(&all, &text);
    own = from_json(buf_bytes(&text));
    cr_assert_str_eq(own.key, "k");
    cr_assert_str_eq(own.name_space, "n/s");
    cr_assert_str_eq(own.transit_path, "t");
    cr_assert_str_eq(own.auth_path, "a");
    cr_assert_str_eq(own.role_id, "r");
    expect_credential(&own.credential, CREDENTIAL_SYSTEMD, "c");
    cr_assert_str_eq(own.client_cert, "/c.pem");
    expect_credential(&own.client_key, CREDENTIAL_FILE, "/k.pem");
    to_json(&own, &twice);
    cr_assert(bytes_equal(buf_bytes(&text), buf_bytes(&twice)));
}

Test(own_key, says_where_a_secret_is_and_no_more)
{
    SCOPED(buf_done) struct buf text = {0};

    to_json(&tenant, &text);
    cr_assert(bytes_equal(buf_bytes(&text),
                          bytes_of_text("{\"key\":\"tenant-key\",\"namespace\":\"ops/tenant\",\"role_id\":"
                                        "\"tenant-role\",\"credential\":\"file:/etc/sealift/tenant-secret\"}")));
}

Test(own_key, that_is_none_is_the_empty_text)
{
    SCOPED(buf_done) struct buf text = {0};
    struct own_key own;

    to_json(&(struct own_key){0}, &text);
    cr_assert_eq(text.len, 0);
    own = from_json(buf_bytes(&text));
    cr_assert_str_eq(own.key, "");
}

Test(own_key, refuses_json_that_is_no_own_key)
{
    static const char *const bad[] = {
        "{}",
        "{\"key\":\"\"}",
        "{\"key\":7}",
        "[]",
        "key",
        "{\"key\":\"k\",\"namespace\":false}",
        "{\"key\":\"k\",\"credential\":7}",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sealift_error err = {0};
        struct own_key own;

        cr_assert_eq(own_key_from_json(bytes_of_text(bad[i]), &own, &err), SEALIFT_CORRUPT, "%s", bad[i]);
    }
}

Test(own_key, never_repeats_what_stands_where_a_credential_is_found)
{
    struct sealift_error err = {0};
    struct own_key own;

    cr_assert_eq(own_key_from_json(bytes_of_text("{\"key\":\"k\",\"credential\":\"hunter2\"}"), &own, &err),
                 SEALIFT_INVALID);
    cr_assert_null(strstr(err.message, "hunter2"), "%s", err.message);
}
