/* Which KMS connections a table makes. */
#include "envelope.h"
#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_KEY(namespace, more) "{\"key\":\"tenant-key\",\"namespace\":\"" namespace "\"" more "}"
#define OWN_ROLE                 ",\"role_id\":\"r\",\"credential\":\"env:TENANT_SECRET\""

/* A cluster that logs in by AppRole to a Vault that nobody asks. */
static void
set_vault(struct fixture *fixture)
{
    const struct sealift_vault_spec spec = {.address = "http://127.0.0.1:1", .key = "cluster-key", .role_id = "c"};

    fixture_expect(
        fixture,
        sealift_kms_set_vault(fixture->sealift, &spec, &(struct sealift_kms_change){.no_check = true}, &fixture->err),
        SEALIFT_OK, "");
}

/* A row as a filesystem with this own key has it. */
static struct table_fs
row_of(struct fixture *fixture, const char *name, const char *own_key)
{
    struct table_fs row = {.uuid = uuid_v4(&fixture->sealift->world), .key_record = {{1}}};

    snprintf(row.name, sizeof(row.name), "%s", name);
    snprintf(row.path, sizeof(row.path), "/srv/%s", name);
    snprintf(row.own_key, sizeof(row.own_key), "%s", own_key);
    return row;
}

static void
add_row(struct fixture *fixture, const char *name, const char *own_key)
{
    const struct table_fs row = row_of(fixture, name, own_key);
    const struct envelope envelope = {.fs = row.uuid, .kms = {.type = "vault"}, .wrapped_kek = "vault:v1:AAAA"};

    fixture_expect(fixture, handle_need_table(fixture->sealift, &fixture->err), SEALIFT_OK, "");
    fixture_expect(fixture, table_fs_add(fixture->sealift->table, &row, &envelope, &fixture->err), SEALIFT_OK, "");
}

static bool
knows(struct fixture *fixture, const char *name_space, const char *key)
{
    struct kms_hint hint = {.type = "vault", .mount = "transit"};
    struct kms_routes *routes;

    snprintf(hint.name_space, sizeof(hint.name_space), "%s", name_space);
    snprintf(hint.key_identifier, sizeof(hint.key_identifier), "%s", key);
    fixture_expect(fixture, handle_routes(fixture->sealift, &routes, &fixture->err), SEALIFT_OK, "");
    return kms_routes_knows(routes, &hint);
}

static struct kms *
kms_of(struct fixture *fixture, const char *own_key)
{
    const struct table_fs row = row_of(fixture, "any", own_key);
    struct kms *kms;

    fixture_expect(fixture, handle_fs_kms(fixture->sealift, &row, false, &kms, &fixture->err), SEALIFT_OK, "");
    return kms;
}

Test(handle_kms, knows_the_cluster_and_each_own_key)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, false);
    set_vault(&fixture);
    add_row(&fixture, "one", "");
    add_row(&fixture, "two", OWN_KEY("a", OWN_ROLE));
    add_row(&fixture, "three", OWN_KEY("b", ""));
    cr_assert(knows(&fixture, "", "cluster-key"));
    cr_assert(knows(&fixture, "a", "tenant-key"));
    cr_assert(knows(&fixture, "b", "tenant-key"));
    cr_assert_not(knows(&fixture, "c", "tenant-key"));
}

Test(handle_kms, wraps_at_a_filesystems_own_key)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, false);
    set_vault(&fixture);
    cr_assert_str_eq(kms_of(&fixture, "")->place.key_identifier, "cluster-key");
    cr_assert_str_eq(kms_of(&fixture, OWN_KEY("a", OWN_ROLE))->place.name_space, "a");
    cr_assert_eq(kms_of(&fixture, OWN_KEY("a", OWN_ROLE)), kms_of(&fixture, OWN_KEY("a", OWN_ROLE)),
                 "two filesystems with the same own key share a connection");
    cr_assert_neq(kms_of(&fixture, OWN_KEY("a", OWN_ROLE)), kms_of(&fixture, OWN_KEY("a", "")));
}

/* One filesystem whose own key says nothing to us does not lock the others out. */
Test(handle_kms, passes_over_an_own_key_that_cannot_be_used)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct table_fs row;
    struct kms *kms;

    fixture_init(&fixture, false);
    set_vault(&fixture);
    add_row(&fixture, "bad", "{\"key\":\"tenant-key\",\"client_cert\":\"/c.pem\",\"client_key\":\"file:/k.pem\"}");
    add_row(&fixture, "later", "{\"unheard\":\"of\"}");
    add_row(&fixture, "good", OWN_KEY("a", OWN_ROLE));
    cr_assert(knows(&fixture, "a", "tenant-key"));
    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "bad", &row, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, handle_fs_kms(fixture.sealift, &row, false, &kms, &fixture.err), SEALIFT_INVALID,
                   "filesystem bad, which has a key of its own");
}

/* What was wrapped under an own key at the KMS before opens until it was moved. */
Test(handle_kms, knows_own_keys_at_a_former_kms_too)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf text = {0};
    const struct kms_config kmip = {
        .type = KMS_KMIP,
        .address = "127.0.0.1:5696",
        .key = "7",
        .kmip = {.client_cert = "/c.pem", .client_key = {CREDENTIAL_FILE, "/k.pem"}},
    };
    const char *json;

    fixture_init(&fixture, false);
    set_vault(&fixture);
    add_row(&fixture, "two", OWN_KEY("a", OWN_ROLE));
    cr_assert_eq(kms_config_to_json(&kmip, &text, &fixture.err), SEALIFT_OK);
    cr_assert_eq(buf_text(&text, &json, &fixture.err), SEALIFT_OK);
    cr_assert_eq(table_kms_replace(fixture.sealift->table, json, true, &fixture.err), SEALIFT_OK);
    handle_forget_kms(fixture.sealift);
    cr_assert(knows(&fixture, "", "cluster-key"));
    cr_assert(knows(&fixture, "a", "tenant-key"));
    cr_assert_str_eq(kms_of(&fixture, "")->place.type, "kmip");
}

Test(handle_kms, has_no_own_key_without_a_kms)
{
    SCOPED(fixture_done) struct fixture fixture;
    const struct own_key own = {.key = "k"};
    struct kms *kms;

    fixture_init(&fixture, false);
    add_row(&fixture, "two", OWN_KEY("a", OWN_ROLE));
    fixture_expect(&fixture, handle_own_kms(fixture.sealift, &own, &kms, &fixture.err), SEALIFT_INVALID, "set one");
}
