#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, true);
    unsetenv("VAULT_ADDR");
    unsetenv("BAO_ADDR");
    unsetenv("VAULT_TOKEN");
    unsetenv("BAO_TOKEN");
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_kms, .init = set_up, .fini = tear_down);

static void
set(const struct sealift_vault_spec *spec, enum sealift_status status, const char *word)
{
    fixture_expect(&fixture, sealift_kms_set_vault(fixture.sealift, spec, true, &fixture.err), status, word);
}

static struct sealift_kms
get(void)
{
    struct sealift_kms kms;

    fixture_expect(&fixture, sealift_kms_get(fixture.sealift, &kms, &fixture.err), SEALIFT_OK, "");
    return kms;
}

static void
ignore(void *context, const struct sealift_kms_finding *finding)
{
    (void)context;
    (void)finding;
}

Test(api_kms, get_and_check_say_that_none_is_set)
{
    struct sealift_kms kms;

    fixture_expect(&fixture, sealift_kms_get(fixture.sealift, &kms, &fixture.err), SEALIFT_NOT_FOUND, "KMS");
    fixture_expect(&fixture, sealift_kms_check(fixture.sealift, ignore, NULL, &fixture.err), SEALIFT_INVALID,
                   "kms set");
}

Test(api_kms, set_keeps_where_the_credential_is_and_get_tells)
{
    struct sealift_kms kms;

    fixture_write(&fixture, "token", "s.secret");
    set(&(struct sealift_vault_spec){.address = "https://vault:8200/",
                                     .key = "cluster-key",
                                     .name_space = "team/a",
                                     .token_file = fixture_path(&fixture, "token")},
        SEALIFT_OK, "");
    kms = get();
    cr_assert_str_eq(kms.type, "vault");
    cr_assert_str_eq(kms.address, "https://vault:8200");
    cr_assert_str_eq(kms.key, "cluster-key");
    cr_assert_str_eq(kms.name_space, "team/a");
    cr_assert_str_eq(kms.transit_path, "transit");
    cr_assert_str_eq(kms.auth_method, "token");
    cr_assert_not_null(strstr(kms.credential, "file:/"));
    cr_assert_not_null(strstr(kms.credential, "/token"));
    cr_assert_null(kms.role_id);
}

Test(api_kms, set_takes_what_is_not_said_from_the_environment)
{
    struct sealift_kms kms;

    setenv("BAO_ADDR", "http://127.0.0.1:8200", 1);
    setenv("BAO_TOKEN", "s.secret", 1);
    set(&(struct sealift_vault_spec){.key = "k"}, SEALIFT_OK, "");
    kms = get();
    cr_assert_str_eq(kms.address, "http://127.0.0.1:8200");
    cr_assert_str_eq(kms.credential, "env:BAO_TOKEN");
    setenv("VAULT_ADDR", "http://127.0.0.1:8300", 1);
    set(&(struct sealift_vault_spec){.key = "k", .role_id = "r"}, SEALIFT_OK, "");
    kms = get();
    cr_assert_str_eq(kms.address, "http://127.0.0.1:8300");
    cr_assert_str_eq(kms.auth_method, "approle");
    cr_assert_str_eq(kms.credential, "env:SEALIFT_VAULT_SECRET_ID");
}

Test(api_kms, set_refuses_what_makes_no_sense_and_keeps_what_was)
{
    const char *address = "http://127.0.0.1:8200";

    set(&(struct sealift_vault_spec){.address = address, .key = "kept"}, SEALIFT_OK, "");
    set(&(struct sealift_vault_spec){.key = "k"}, SEALIFT_INVALID, "$VAULT_ADDR");
    set(&(struct sealift_vault_spec){.address = address}, SEALIFT_INVALID, "key");
    set(&(struct sealift_vault_spec){.address = address, .key = "k", .role_id = "r", .kubernetes_role = "k"},
        SEALIFT_INVALID, "exclude each other");
    set(&(struct sealift_vault_spec){.address = address, .key = "k", .secret_id_file = "/f"}, SEALIFT_INVALID,
        "role id");
    set(&(struct sealift_vault_spec){.address = address, .key = "k", .name_space = "sys"}, SEALIFT_INVALID, "sys");
    cr_assert_str_eq(get().key, "kept");
}

/* That the KMS which is set cannot be reached or opened must never lead to the insecure one. */
Test(api_kms, one_that_is_set_is_never_replaced_by_the_local_one)
{
    const struct sealift_fs_spec spec = {
        .name = "home", .path = fixture_path(&fixture, "tree"), .obs = "dr", .allow_no_kms = true};
    const char *ca = fixture_path(&fixture, "ca.pem");

    cr_assert_eq(mkdir(spec.path, 0755), 0);
    fixture_write(&fixture, "ca.pem", "-----BEGIN CERTIFICATE-----\n");
    set(&(struct sealift_vault_spec){.address = "https://127.0.0.1:1", .key = "k", .ca_cert = ca}, SEALIFT_OK, "");
    unlink(ca);
    cr_assert_neq(sealift_fs_add(fixture.sealift, &spec, &fixture.err), SEALIFT_OK);
    cr_assert_neq(access(fixture_path(&fixture, "home/local-kms.key"), F_OK), 0);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 0u);
}
