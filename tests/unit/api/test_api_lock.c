/* What needs no encrypted directory. tests/integration/test_encrypted.py has the rest, on a real one. */
#include "fixture_home.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, true);
    fixture_add_fs(&fixture, "home", "tree");
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_lock, .init = set_up, .fini = tear_down);

static enum sealift_status
count_holder(void *context, const struct sealift_holder *holder, struct sealift_error *err)
{
    (void)holder;
    (void)err;
    ++*(unsigned *)context;
    return SEALIFT_OK;
}

static enum sealift_status
keep_unlocked(void *context, const struct sealift_unlocked *unlocked, struct sealift_error *err)
{
    char *text = context;
    size_t len = strlen(text);

    (void)err;
    snprintf(text + len, 512 - len, "%s %s %s\n", unlocked->name, unlocked->at_rest != NULL ? unlocked->at_rest : "-",
             unlocked->problem != NULL ? "failed" : "well");
    return SEALIFT_OK;
}

/* The row of a filesystem whose encrypted directory is on a disk that is not there. */
static void
add_missing(const char *name)
{
    struct table_fs row = {.at_rest = "00112233445566778899aabbccddeeff"};
    struct envelope envelope;
    struct table_fs home;

    cr_assert_eq(table_fs_get(fixture.sealift->table, "home", &home, &fixture.err), SEALIFT_OK);
    cr_assert_eq(table_fs_envelope(fixture.sealift->table, &home.uuid, &envelope, &fixture.err), SEALIFT_OK);
    snprintf(row.name, sizeof(row.name), "%s", name);
    snprintf(row.path, sizeof(row.path), "/no/such/%s", name);
    row.uuid = envelope.fs = uuid_v4(&fixture.sealift->world);
    row.key_record = uuid_v7(&fixture.sealift->world);
    fixture_expect(&fixture, table_fs_add(fixture.sealift->table, &row, &envelope, &fixture.err), SEALIFT_OK, "");
}

Test(api_lock, has_no_business_with_what_is_not_encrypted)
{
    unsigned count = 0;
    char told[512] = "";
    const struct sealift_unlock_spec spec = {.name = "home"};

    fixture_expect(&fixture, sealift_fs_lock(fixture.sealift, "home", count_holder, &count, &fixture.err),
                   SEALIFT_INVALID, "not encrypted");
    fixture_expect(&fixture, sealift_fs_unlock(fixture.sealift, &spec, keep_unlocked, told, &fixture.err),
                   SEALIFT_INVALID, "not encrypted");
    cr_assert_str_eq(told, "home - failed\n");
}

Test(api_lock, knows_its_filesystems)
{
    unsigned count = 0;
    char told[512] = "";
    const struct sealift_unlock_spec spec = {.name = "unknown"};

    fixture_expect(&fixture, sealift_fs_lock(fixture.sealift, NULL, count_holder, &count, &fixture.err),
                   SEALIFT_INVALID, "missing");
    fixture_expect(&fixture, sealift_fs_lock(fixture.sealift, "unknown", count_holder, &count, &fixture.err),
                   SEALIFT_NOT_FOUND, "unknown");
    fixture_expect(&fixture, sealift_fs_unlock(fixture.sealift, &spec, keep_unlocked, told, &fixture.err),
                   SEALIFT_NOT_FOUND, "unknown");
    cr_assert_str_eq(told, "");
}

Test(api_lock, is_done_at_once_when_nothing_is_encrypted)
{
    char told[512] = "";
    const struct sealift_unlock_spec all = {.wait_seconds = 600};

    fixture_expect(&fixture, sealift_fs_unlock(fixture.sealift, &all, keep_unlocked, told, &fixture.err), SEALIFT_OK,
                   "");
    cr_assert_str_eq(told, "");
}

Test(api_lock, goes_on_to_the_others_and_names_all_that_failed)
{
    unsigned count = 0;
    char told[512] = "";
    const struct sealift_unlock_spec all = {.wait_seconds = 600};

    add_missing("first");
    add_missing("second");
    fixture_expect(&fixture, sealift_fs_unlock(fixture.sealift, &all, keep_unlocked, told, &fixture.err),
                   SEALIFT_NOT_FOUND, "first, second: filesystem first: there is no directory /no/such/first");
    cr_assert_str_eq(told, "first missing failed\nsecond missing failed\n");
    fixture_expect(&fixture, sealift_fs_lock(fixture.sealift, "first", count_holder, &count, &fixture.err),
                   SEALIFT_NOT_FOUND, "mounted");
}

static enum sealift_status
remove_second(void *context, const struct sealift_unlocked *unlocked, struct sealift_error *err)
{
    struct table_fs second;

    if (strcmp(unlocked->name, "first") == 0) {
        cr_assert_eq(table_fs_get(fixture.sealift->table, "second", &second, err), SEALIFT_OK);
        cr_assert_eq(table_fs_remove(fixture.sealift->table, &second.uuid, err), SEALIFT_OK);
    }
    return keep_unlocked(context, unlocked, err);
}

Test(api_lock, passes_over_what_left_the_table_meanwhile)
{
    char told[512] = "";
    const struct sealift_unlock_spec all = {0};

    add_missing("first");
    add_missing("second");
    add_missing("third");
    fixture_expect(&fixture, sealift_fs_unlock(fixture.sealift, &all, remove_second, told, &fixture.err),
                   SEALIFT_NOT_FOUND, "not unlocked: first, third");
    cr_assert_str_eq(told, "first missing failed\nthird missing failed\n");
}
