#include "key_moves.h"

#include "error.h"
#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The home's local KMS wraps, and the filesystems are to move to one with another key. */
static struct fixture fixture;
static struct kms *target;
static char told[2048];
static enum sealift_status told_status; /* that the listener answers with */

static void
set_up(void)
{
    const struct kms_config config = {.type = KMS_LOCAL};

    fixture_init(&fixture, true);
    told[0] = '\0';
    mkdir(fixture_path(&fixture, "elsewhere"), 0700);
    fixture_expect(
        &fixture,
        kms_open(&fixture.sealift->world, &config, fixture_path(&fixture, "elsewhere"), &target, &fixture.err),
        SEALIFT_OK, "");
}

static void
tear_down(void)
{
    kms_free(&target);
    fixture_done(&fixture);
}

TestSuite(key_moves, .init = set_up, .fini = tear_down);

/* "home rewrapped 1/1; " for an FS key and a record. */
static enum sealift_status
listen(void *context, const struct sealift_rewrapped *rewrapped, struct sealift_error *err)
{
    size_t len = strlen(told);

    (void)context;
    cr_assert_str_eq(rewrapped->kms_type, "local");
    cr_assert((strcmp(rewrapped->outcome, "failed") == 0) == (rewrapped->problem != NULL));
    snprintf(told + len, sizeof(told) - len, "%s %s %u/%u; ", rewrapped->filesystem, rewrapped->outcome,
             (unsigned)rewrapped->keys, (unsigned)rewrapped->records);
    return told_status == SEALIFT_OK ? SEALIFT_OK : error_set(err, told_status, "enough");
}

static struct key_moves
beginning(void)
{
    return (struct key_moves){.sealift = fixture.sealift, .each = listen};
}

static struct table_fs
row_of(const char *name)
{
    struct table_fs row;

    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, name, &row, &fixture.err), SEALIFT_OK, "");
    return row;
}

static enum sealift_status
move_to_target(struct key_moves *moves, const char *name, const char *own_key)
{
    const struct table_fs row = row_of(name);
    const struct key_move move = {.row = &row, .target = target, .own_key = own_key};

    told[0] = '\0';
    return key_moves_one(moves, &move, &fixture.err);
}

static void
expect_moved(struct key_moves *moves, const char *name, const char *own_key, const char *line)
{
    fixture_expect(&fixture, move_to_target(moves, name, own_key), SEALIFT_OK, "");
    cr_assert_str_eq(told, line);
}

static void
begin_a_change(void)
{
    fixture_expect(&fixture, table_kms_replace(fixture.sealift->table, TABLE_KMS_LOCAL, true, &fixture.err), SEALIFT_OK,
                   "");
}

static struct envelope
envelope_of(const char *name)
{
    const struct table_fs row = row_of(name);
    struct envelope envelope;

    fixture_expect(&fixture, table_fs_envelope(fixture.sealift->table, &row.uuid, &envelope, &fixture.err), SEALIFT_OK,
                   "");
    return envelope;
}

Test(key_moves, put_a_record_and_change_the_table)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();
    struct envelope before, after;

    fixture_add_fs(&fixture, "home", "tree");
    begin_a_change();
    before = envelope_of("home");
    expect_moved(&moves, "home", NULL, "home rewrapped 1/1; ");
    after = envelope_of("home");
    cr_assert_str_neq(after.kms.key_identifier, before.kms.key_identifier);
    cr_assert_arr_eq(after.key_check, before.key_check, KEY_CHECK_SIZE);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 2u);
    cr_assert_not(row_of("home").moving);

    expect_moved(&moves, "home", NULL, "home current 1/0; ");
    expect_moved(&moves, "home", "{}", "home rewrapped 1/0; ");
    cr_assert_str_eq(row_of("home").own_key, "{}");
    fixture_expect(&fixture, key_moves_end(&moves, "hint", &fixture.err), SEALIFT_OK, "");
}

Test(key_moves, change_nothing_in_a_dry_run)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();
    struct envelope before;

    fixture_add_fs(&fixture, "home", "tree");
    begin_a_change();
    before = envelope_of("home");
    moves.dry_run = true;
    expect_moved(&moves, "home", "{}", "home would-rewrap 1/1; ");
    cr_assert_str_eq(envelope_of("home").wrapped_kek, before.wrapped_kek);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 1u);
    cr_assert(row_of("home").moving);
    cr_assert_str_eq(row_of("home").own_key, "");
}

Test(key_moves, go_on_after_one_that_fails)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();

    fixture_add_fs(&fixture, "first", "one");
    begin_a_change();
    fixture_write(&fixture, "home/local-kms.key", "32 bytes, but those of another..");
    handle_forget_kms(fixture.sealift);
    fixture_expect(&fixture, move_to_target(&moves, "first", NULL), SEALIFT_OK, "");
    cr_assert_str_eq(told, "first failed 0/0; ");
    cr_assert(row_of("first").moving);

    fixture_add_fs(&fixture, "second", "two");
    expect_moved(&moves, "second", NULL, "second rewrapped 1/1; ");
    fixture_expect(&fixture, key_moves_end(&moves, "do this", &fixture.err), SEALIFT_KEY,
                   "1 filesystem failed (first): ");
    cr_assert_not_null(strstr(fixture.err.message, "; do this"), "%s", fixture.err.message);
}

Test(key_moves, name_a_few_of_many_that_fail)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();
    struct sealift_error reason;

    fixture_add_fs(&fixture, "home", "tree");
    (void)error_set(&reason, SEALIFT_DENIED, "no");
    for (int i = 0; i < 12; i++) {
        struct table_fs row = row_of("home");

        snprintf(row.name, sizeof(row.name), "fs-%d", i);
        fixture_expect(&fixture, key_moves_refuse(&moves, &row, &reason, &fixture.err), SEALIFT_OK, "");
    }
    fixture_expect(
        &fixture, key_moves_end(&moves, "do this", &fixture.err), SEALIFT_DENIED,
        "12 filesystems failed (fs-0, fs-1, fs-2, fs-3, fs-4, fs-5, fs-6, fs-7, fs-8, fs-9 and 2 more): no; ");
}

Test(key_moves, end_when_the_listener_wants_no_more)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();

    fixture_add_fs(&fixture, "home", "tree");
    told_status = SEALIFT_CANCELLED;
    fixture_expect(&fixture, move_to_target(&moves, "home", NULL), SEALIFT_CANCELLED, "enough");
    told_status = SEALIFT_OK;
}

Test(key_moves, pass_over_a_filesystem_that_was_removed_meanwhile)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();
    struct key_move move = {.target = target};
    struct table_fs row;

    fixture_add_fs(&fixture, "home", "tree");
    row = row_of("home");
    move.row = &row;
    fixture_expect(&fixture, table_fs_remove(fixture.sealift->table, &row.uuid, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, key_moves_one(&moves, &move, &fixture.err), SEALIFT_OK, "");
    cr_assert_str_eq(told, "");
}

/* Another process, which changes the KMS while the first try is under way. */
static enum sealift_status
find_and_change(void *finder, const struct table_fs *row, struct key_move *move, struct sealift_error *err)
{
    unsigned *found = finder;

    (void)err;
    cr_assert_eq(row->moving, *found > 0, "the row is read anew");
    move->target = target;
    if (++*found == 1)
        begin_a_change();
    return SEALIFT_OK;
}

Test(key_moves, find_the_target_anew_when_the_kms_was_changed_meanwhile)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();
    struct table_fs row;
    unsigned found = 0;
    struct key_move move = {.row = &row, .find_target = find_and_change, .finder = &found};

    fixture_add_fs(&fixture, "home", "tree");
    row = row_of("home");
    fixture_expect(&fixture, key_moves_one(&moves, &move, &fixture.err), SEALIFT_OK, "");
    cr_assert_str_eq(told, "home rewrapped 1/0; ", "what the first try has put is used");
    cr_assert_eq(found, 2u);
    cr_assert_not(row_of("home").moving);
}

static enum sealift_status
find_nothing(void *finder, const struct table_fs *row, struct key_move *move, struct sealift_error *err)
{
    (void)finder;
    (void)move;
    return error_set(err, SEALIFT_INVALID, "nowhere for %s", row->name);
}

Test(key_moves, tell_of_a_filesystem_that_has_no_target)
{
    SCOPED(key_moves_done) struct key_moves moves = beginning();
    struct table_fs row;
    const struct key_move move = {.row = &row, .find_target = find_nothing};

    fixture_add_fs(&fixture, "home", "tree");
    row = row_of("home");
    fixture_expect(&fixture, key_moves_one(&moves, &move, &fixture.err), SEALIFT_OK, "");
    cr_assert_str_eq(told, "home failed 0/0; ");
    fixture_expect(&fixture, key_moves_end(&moves, "hint", &fixture.err), SEALIFT_INVALID,
                   "1 filesystem failed (home): nowhere for home");
}
