#include "error.h"
#include "fixture_home.h"
#include "kms_lock.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What needs no server; tests/integration has the rest. */
static struct fixture fixture;
static char told[1024];

static void
set_up(void)
{
    fixture_init(&fixture, true);
    told[0] = '\0';
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(kms_change, .init = set_up, .fini = tear_down);

static enum sealift_status
listen(void *context, const struct sealift_rewrapped *rewrapped, struct sealift_error *err)
{
    size_t len = strlen(told);

    (void)context;
    (void)err;
    snprintf(told + len, sizeof(told) - len, "%s %s; ", rewrapped->filesystem, rewrapped->outcome);
    return SEALIFT_OK;
}

static enum sealift_status
set_untried(const char *address, const char *key)
{
    const struct sealift_vault_spec spec = {.address = address, .key = key, .role_id = "r", .secret_id_file = "/s"};
    const struct sealift_kms_change change = {.no_check = true, .each = listen};

    return sealift_kms_set_vault(fixture.sealift, &spec, &change, &fixture.err);
}

static void
expect_set(const char *address, const char *key)
{
    fixture_expect(&fixture, set_untried(address, key), SEALIFT_OK, "");
}

static struct sealift_kms
shown(void)
{
    struct sealift_kms kms;

    fixture_expect(&fixture, sealift_kms_get(fixture.sealift, &kms, &fixture.err), SEALIFT_OK, "");
    return kms;
}

static enum sealift_status
reset(bool allow_downgrade)
{
    return sealift_kms_reset(fixture.sealift, allow_downgrade, listen, NULL, &fixture.err);
}

Test(kms_change, leaves_no_former_one_where_nothing_was_wrapped)
{
    expect_set("http://127.0.0.1:1", "a");
    expect_set("http://127.0.0.1:2", "b");
    cr_assert_null(shown().former_type);
    cr_assert_eq(shown().moving, 0);
}

Test(kms_change, keeps_the_one_before_while_filesystems_have_not_moved)
{
    fixture_add_fs(&fixture, "home", "tree");
    expect_set("http://127.0.0.1:1", "a");
    cr_assert_str_eq(shown().former_type, "local");
    cr_assert_null(shown().former_address);
    cr_assert_eq(shown().moving, 1);
    expect_set("http://127.0.0.1:2", "b");
    cr_assert_str_eq(shown().former_type, "vault");
    cr_assert_str_eq(shown().former_address, "http://127.0.0.1:1");
    cr_assert_str_eq(shown().former_key, "a");
    cr_assert_eq(shown().moving, 1);
    cr_assert_str_eq(told, "", "nothing is moved untried");
    cr_assert_eq(access(fixture_path(&fixture, "home/local-kms.key"), F_OK), 0);
}

/* Where the credential is, or which login, makes no other KMS. */
Test(kms_change, moves_nothing_when_only_the_login_is_another)
{
    const struct sealift_vault_spec spec = {
        .address = "http://127.0.0.1:2", .key = "b", .role_id = "another", .secret_id_file = "/elsewhere"};
    const struct sealift_kms_change change = {.no_check = true};

    fixture_add_fs(&fixture, "home", "tree");
    expect_set("http://127.0.0.1:1", "a");
    expect_set("http://127.0.0.1:2", "b");
    fixture_expect(&fixture, sealift_kms_set_vault(fixture.sealift, &spec, &change, &fixture.err), SEALIFT_OK, "");
    cr_assert_str_eq(shown().role_id, "another");
    cr_assert_str_eq(shown().former_address, "http://127.0.0.1:1", "the move that goes on is still from there");
}

Test(kms_change, is_refused_while_another_process_makes_one)
{
    SCOPED(fd_done) int lock = -1;

    fixture_expect(&fixture, kms_lock_take(fixture.sealift->home, &lock, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, set_untried("http://127.0.0.1:1", "a"), SEALIFT_CONFLICT, "another process");
    fd_done(&lock);
    expect_set("http://127.0.0.1:1", "a");
}

/* --- reset --- */

Test(kms_change, has_nothing_to_reset_where_none_is_set)
{
    fixture_expect(&fixture, reset(false), SEALIFT_NOT_FOUND, "no KMS");
    fixture_add_fs(&fixture, "home", "tree");
    fixture_expect(&fixture, reset(true), SEALIFT_NOT_FOUND, "no KMS");
}

Test(kms_change, resets_a_kms_that_nothing_relies_on)
{
    struct sealift_kms kms;

    expect_set("http://127.0.0.1:1", "a");
    fixture_expect(&fixture, reset(false), SEALIFT_OK, "");
    fixture_expect(&fixture, sealift_kms_get(fixture.sealift, &kms, &fixture.err), SEALIFT_NOT_FOUND, "KMS");
}

/* What the local key wrapped all the time opens through it, and no KMS is asked, not even one that is not there. */
Test(kms_change, goes_back_to_the_local_key_only_when_that_is_allowed)
{
    struct sealift_kms kms;

    fixture_add_fs(&fixture, "home", "tree");
    expect_set("http://127.0.0.1:1", "a");
    fixture_expect(&fixture, reset(false), SEALIFT_CONFLICT, "1 filesystem relies on the KMS (home)");
    cr_assert_str_eq(shown().key, "a");
    fixture_expect(&fixture, reset(true), SEALIFT_OK, "");
    cr_assert_str_eq(told, "home current; ");
    fixture_expect(&fixture, sealift_kms_get(fixture.sealift, &kms, &fixture.err), SEALIFT_NOT_FOUND, "KMS");
    fixture_add_fs(&fixture, "work", "other");
}

/* --- filesystems with keys of their own --- */

static void
give_own_key(const char *name, const char *json)
{
    struct envelope envelope;
    struct table_fs row;
    struct table_fs_rewrap rewrap = {.own_key = json};

    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, name, &row, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_fs_envelope(fixture.sealift->table, &row.uuid, &envelope, &fixture.err), SEALIFT_OK,
                   "");
    rewrap.fs = row.uuid;
    rewrap.expected = &row.key_record;
    rewrap.key_record = row.key_record;
    rewrap.envelope = &envelope;
    fixture_expect(&fixture, table_fs_rewrapped(fixture.sealift->table, &rewrap, &fixture.err), SEALIFT_OK, "");
}

Test(kms_change, takes_no_key_of_one_type_for_one_of_another)
{
    const struct sealift_kmip_spec spec = {
        .servers = "127.0.0.1:1", .key = "42", .client_cert = "/c.pem", .client_key = "/k.pem"};
    const struct sealift_kms_change change = {.no_check = true};

    fixture_add_fs(&fixture, "home", "tree");
    fixture_add_fs(&fixture, "anna", "a");
    give_own_key("anna", "{\"key\":\"42\"}");
    fixture_expect(&fixture, sealift_kms_set_kmip(fixture.sealift, &spec, &change, &fixture.err), SEALIFT_CONFLICT,
                   "1 filesystem with a key of its own cannot move to this KMS (anna): its own key is one of local");
    fixture_expect(&fixture, sealift_kms_get(fixture.sealift, &(struct sealift_kms){0}, &fixture.err),
                   SEALIFT_NOT_FOUND, "");
}
