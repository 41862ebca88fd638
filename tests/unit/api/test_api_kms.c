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
    unsetenv("SEALIFT_KMIP_PASSWORD");
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
    fixture_expect(
        &fixture,
        sealift_kms_set_vault(fixture.sealift, spec, &(struct sealift_kms_change){.no_check = true}, &fixture.err),
        status, word);
}

static void
set_kmip(const struct sealift_kmip_spec *spec, enum sealift_status status, const char *word)
{
    fixture_expect(
        &fixture,
        sealift_kms_set_kmip(fixture.sealift, spec, &(struct sealift_kms_change){.no_check = true}, &fixture.err),
        status, word);
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
    cr_assert_null(kms.client_cert);
    cr_assert_null(kms.client_key);
    cr_assert_null(kms.version_choice);
    cr_assert_null(kms.mode);
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

static struct sealift_kmip_spec
usual_kmip(void)
{
    return (struct sealift_kmip_spec){.servers = "kmip.example:5696",
                                      .key = "42",
                                      .client_cert = "/etc/sealift/kmip.pem",
                                      .client_key = "/etc/sealift/kmip.key"};
}

Test(api_kms, set_kmip_keeps_where_everything_is_and_get_tells)
{
    struct sealift_kmip_spec spec = usual_kmip();
    struct sealift_kms kms;

    spec.servers = "[2001:db8::1]:5696, b.example:5697";
    spec.ca_cert = "/etc/sealift/ca.pem";
    spec.username = "sealift";
    spec.password_file = "credential:kmip-password";
    spec.server_name = "kmip.internal";
    set_kmip(&spec, SEALIFT_OK, "");
    kms = get();
    cr_assert_str_eq(kms.type, "kmip");
    cr_assert_str_eq(kms.address, "[2001:db8::1]:5696,b.example:5697");
    cr_assert_str_eq(kms.key, "42");
    cr_assert_str_eq(kms.client_cert, "/etc/sealift/kmip.pem");
    cr_assert_str_eq(kms.client_key, "file:/etc/sealift/kmip.key");
    cr_assert_str_eq(kms.ca_cert, "/etc/sealift/ca.pem");
    cr_assert_str_eq(kms.username, "sealift");
    cr_assert_str_eq(kms.credential, "credential:kmip-password");
    cr_assert_str_eq(kms.server_name, "kmip.internal");
    cr_assert_null(kms.auth_method);
    cr_assert_null(kms.transit_path);
}

Test(api_kms, set_kmip_knows_version_and_mode_only_when_they_are_said_or_found)
{
    struct sealift_kmip_spec spec = usual_kmip();
    struct sealift_kms kms;

    set_kmip(&spec, SEALIFT_OK, "");
    kms = get();
    cr_assert_null(kms.kmip_version);
    cr_assert_str_eq(kms.version_choice, "open");
    cr_assert_null(kms.mode);
    spec.version = "2.0";
    set_kmip(&spec, SEALIFT_OK, "");
    kms = get();
    cr_assert_str_eq(kms.kmip_version, "2.0");
    cr_assert_str_eq(kms.version_choice, "pinned");
    cr_assert_null(kms.mode);
}

Test(api_kms, set_kmip_makes_paths_absolute)
{
    struct sealift_kmip_spec spec = usual_kmip();
    struct sealift_kms kms;

    spec.client_cert = "kmip.pem";
    spec.client_key = "kmip.key";
    spec.ca_cert = "ca.pem";
    set_kmip(&spec, SEALIFT_OK, "");
    kms = get();
    cr_assert_eq(kms.client_cert[0], '/');
    cr_assert_not_null(strstr(kms.client_cert, "/kmip.pem"));
    cr_assert_eq(strncmp(kms.client_key, "file:/", 6), 0);
    cr_assert_eq(kms.ca_cert[0], '/');
}

Test(api_kms, set_kmip_looks_for_a_password_only_when_there_is_a_user)
{
    struct sealift_kmip_spec spec = usual_kmip();

    set_kmip(&spec, SEALIFT_OK, "");
    cr_assert_null(get().credential);
    spec.username = "sealift";
    set_kmip(&spec, SEALIFT_OK, "");
    cr_assert_str_eq(get().credential, "env:SEALIFT_KMIP_PASSWORD");
    spec.password_file = "/etc/sealift/kmip-password";
    set_kmip(&spec, SEALIFT_OK, "");
    cr_assert_str_eq(get().credential, "file:/etc/sealift/kmip-password");
    spec.username = NULL;
    set_kmip(&spec, SEALIFT_INVALID, "--username");
}

Test(api_kms, set_kmip_refuses_what_makes_no_sense_and_keeps_what_was)
{
    static char longer_than_fits[2048];
    const struct sealift_kmip_spec usual = usual_kmip();
    struct sealift_kmip_spec spec = usual;

    memset(longer_than_fits, 'x', sizeof(longer_than_fits) - 1);
    set_kmip(&spec, SEALIFT_OK, "");
    spec.servers = NULL;
    set_kmip(&spec, SEALIFT_INVALID, "HOST:PORT");
    spec.servers = "https://kmip.example:5696";
    set_kmip(&spec, SEALIFT_INVALID, "without a scheme");
    spec.servers = longer_than_fits;
    set_kmip(&spec, SEALIFT_INVALID, "the list of servers is longer than");
    spec = usual;
    spec.key = NULL;
    set_kmip(&spec, SEALIFT_INVALID, "unique identifier");
    spec.key = longer_than_fits;
    set_kmip(&spec, SEALIFT_INVALID, "unique identifier is longer than");
    spec = usual;
    spec.client_cert = NULL;
    set_kmip(&spec, SEALIFT_INVALID, "--client-cert");
    spec = usual;
    spec.client_key = NULL;
    set_kmip(&spec, SEALIFT_INVALID, "--client-key");
    spec.client_key = "credential:../key";
    set_kmip(&spec, SEALIFT_INVALID, "systemd credential");
    spec = usual;
    spec.version = "1.1";
    set_kmip(&spec, SEALIFT_INVALID, "1.2, 1.3, 1.4, 2.0 or 2.1");
    spec = usual;
    spec.server_name = "kmip.example:5696";
    set_kmip(&spec, SEALIFT_INVALID, "server name");
    cr_assert_str_eq(get().key, "42");
    cr_assert_str_eq(get().address, "kmip.example:5696");
}

Test(api_kms, set_forgets_the_type_that_was)
{
    const struct sealift_kmip_spec spec = usual_kmip();
    struct sealift_kms kms;

    set_kmip(&spec, SEALIFT_OK, "");
    set(&(struct sealift_vault_spec){.address = "http://127.0.0.1:8200", .key = "k"}, SEALIFT_OK, "");
    kms = get();
    cr_assert_str_eq(kms.type, "vault");
    cr_assert_null(kms.client_cert);
    set_kmip(&spec, SEALIFT_OK, "");
    kms = get();
    cr_assert_str_eq(kms.type, "kmip");
    cr_assert_null(kms.transit_path);
}
