/* An upload of a tree that changes while it is read. */
#include "upload.h"

#include "batch.h"
#include "busy_tree.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Acts once, when the first segment is put. There is one worker: it has begun with "0", a file that is larger than all
 * buffers together, and waits for one of them until we return. The walk is given the time to see the rest. */
struct intruder {
    struct fixture *fixture;
    void (*act)(struct fixture *fixture);
    bool acted;
};

static enum sealift_status
intrude(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *err)
{
    struct intruder *intruder = context;
    struct stat found;
    char root[512];

    (void)after;
    (void)err;
    if (operation != STORE_PUT || strstr(name, "/data/") == NULL || intruder->acted)
        return SEALIFT_OK;
    intruder->acted = true;
    snprintf(root, sizeof(root), "%s", fixture_path(intruder->fixture, "a"));
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    cr_assert_eq(stat(root, &found), 0);
    intruder->act(intruder->fixture);
    cr_assert_eq(utimensat(AT_FDCWD, root, (struct timespec[2]){found.st_atim, found.st_mtim}, 0), 0);
    return SEALIFT_OK;
}

static enum sealift_status
upload_among_changes(struct fixture *fixture, bool live, bool allow_missing, void (*act)(struct fixture *fixture),
                     struct locator *ret_locator, struct upload_outcome *ret_outcome, struct sealift_error *err)
{
    struct intruder intruder = {fixture, act, false};
    struct upload_request request = {.path = fixture_path(fixture, "a"), .live = live, .allow_missing = allow_missing};
    SCOPED(store_free) struct store *store = NULL;

    TRY(budget_plan(&(struct budget_wish){BUDGET_LEAST, 1, 1, 0}, &request.budget, err));
    TRY(store_faulty_new(fixture->store, intrude, &intruder, &store, err));
    return fixture_upload_with(fixture, store, &request, ret_locator, ret_outcome, err);
}

static void
expect_upload_among_changes(struct fixture *fixture, void (*act)(struct fixture *fixture),
                            struct upload_outcome *ret_outcome)
{
    struct locator locator;
    struct sealift_error err;

    cr_assert_eq(upload_among_changes(fixture, true, false, act, &locator, ret_outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    download(fixture, &locator);
}

static void
remove_first_name(struct fixture *fixture)
{
    cr_assert_eq(unlink(fixture_path(fixture, "a/b")), 0);
}

Test(upload_of_changes, lets_a_later_name_inherit_when_the_first_was_deleted)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct stat c, d;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    expect_upload_among_changes(&fixture, remove_first_name, &outcome);
    cr_assert_eq(outcome.totals.missing, 0u);
    cr_assert_eq(outcome.totals.files, 3u);
    cr_assert(!is_there(&fixture, "back/b"));
    cr_assert_eq(stat(fixture_path(&fixture, "back/c"), &c), 0);
    cr_assert_eq(stat(fixture_path(&fixture, "back/d"), &d), 0);
    cr_assert_eq(c.st_ino, d.st_ino);
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

static void
remove_two_names(struct fixture *fixture)
{
    remove_first_name(fixture);
    cr_assert_eq(unlink(fixture_path(fixture, "a/c")), 0);
}

Test(upload_of_changes, lets_the_last_name_inherit_when_all_others_were_deleted)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    expect_upload_among_changes(&fixture, remove_two_names, &outcome);
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

Test(upload_of_changes, lets_a_large_file_inherit_too)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    fixture_write_noise(&fixture, "a/b", 2 * PART_BYTES + 4711);
    cr_assert_eq(truncate(fixture_path(&fixture, "a/b"), 40 << 20), 0);
    expect_upload_among_changes(&fixture, remove_first_name, &outcome);
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

/* As editors save: a new file is renamed over the old one. */
static void
save(struct fixture *fixture, const char *below, size_t len)
{
    char to[512];

    snprintf(to, sizeof(to), "%s", fixture_path(fixture, below));
    fixture_write_noise(fixture, "new", len);
    cr_assert_eq(rename(fixture_path(fixture, "new"), to), 0);
}

static void
save_small_files(struct fixture *fixture)
{
    save(fixture, "a/b", 4711);
    save(fixture, "a/folder/file", 100);
    cr_assert_eq(unlink(fixture_path(fixture, "a/link")), 0);
    cr_assert_eq(symlink("folder", fixture_path(fixture, "a/link")), 0);
}

Test(upload_of_changes, of_a_live_tree_reads_what_was_saved_meanwhile)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct stat b, c, d;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    cr_assert_eq(symlink("b", fixture_path(&fixture, "a/link")), 0);
    expect_upload_among_changes(&fixture, save_small_files, &outcome);
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
    cr_assert_eq(stat(fixture_path(&fixture, "back/b"), &b), 0);
    cr_assert_eq(stat(fixture_path(&fixture, "back/c"), &c), 0);
    cr_assert_eq(stat(fixture_path(&fixture, "back/d"), &d), 0);
    cr_assert_neq(b.st_ino, c.st_ino, "other names of the old file are no links to the new one");
    cr_assert_eq(c.st_ino, d.st_ino);
}

static void
save_large_file(struct fixture *fixture)
{
    save(fixture, "a/0", 2 * PART_BYTES + 1);
}

Test(upload_of_changes, of_a_live_tree_reads_a_large_file_that_was_saved_meanwhile)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    fixture_write_noise(&fixture, "a/0", 5 * PART_BYTES);
    expect_upload_among_changes(&fixture, save_large_file, &outcome);
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

static void
put_a_folder_in_its_place(struct fixture *fixture)
{
    cr_assert_eq(unlink(fixture_path(fixture, "a/folder/file")), 0);
    fixture_make_folder(fixture, "a/folder/file");
}

Test(upload_of_changes, of_a_live_tree_leaves_out_what_became_a_folder)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    expect_upload_among_changes(&fixture, put_a_folder_in_its_place, &outcome);
    cr_assert(!is_there(&fixture, "back/folder/file"));
    cr_assert_eq(outcome.totals.missing, 0u);
}

static void
remove_folder_and_file(struct fixture *fixture)
{
    cr_assert_eq(unlink(fixture_path(fixture, "a/folder/file")), 0);
    cr_assert_eq(rmdir(fixture_path(fixture, "a/folder")), 0);
}

Test(upload_of_changes, of_a_live_tree_takes_deletions_as_they_come)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    expect_upload_among_changes(&fixture, remove_folder_and_file, &outcome);
    cr_assert_eq(outcome.totals.missing, 0u);
    cr_assert_gt(fixture.changed, 0u);
    cr_assert(!is_there(&fixture, "back/folder/file"));
}

Test(upload_of_changes, of_a_snapshot_does_not)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    cr_assert_eq(upload_among_changes(&fixture, false, false, remove_folder_and_file, &locator, &outcome, &err),
                 SEALIFT_DENIED);
    cr_assert_eq(count_manifests(&fixture), 0u);
}

static void
remove_large_file(struct fixture *fixture)
{
    cr_assert_eq(unlink(fixture_path(fixture, "a/0")), 0);
}

Test(upload_of_changes, leaves_out_a_large_file_that_was_deleted_between_its_parts)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    fixture_write_noise(&fixture, "a/0", (size_t)40 << 20);
    expect_upload_among_changes(&fixture, remove_large_file, &outcome);
    cr_assert_eq(fixture.changed, 1u, "told once, not for every part");
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

static void
close_large_file(struct fixture *fixture)
{
    make_unreadable(fixture, "a/0");
}

Test(upload_of_changes, counts_a_large_file_once_that_cannot_be_read_any_more)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    become_ordinary();
    fixture_init(&fixture);
    make_busy_tree(&fixture);
    fixture_write_noise(&fixture, "a/0", (size_t)40 << 20);
    cr_assert_eq(upload_among_changes(&fixture, false, true, close_large_file, &locator, &outcome, &err), SEALIFT_OK,
                 "%s", err.message);
    cr_assert_eq(outcome.totals.missing, 1u);
    cr_assert_eq(fixture.missing, 1u);
    download(&fixture, &locator);
    cr_assert(!is_there(&fixture, "back/0"));
    cr_assert(is_there(&fixture, "back/c"));
}

static void
shrink_large_file(struct fixture *fixture)
{
    cr_assert_eq(truncate(fixture_path(fixture, "a/0"), 9 << 20), 0);
}

static void
grow_large_file(struct fixture *fixture)
{
    cr_assert_eq(truncate(fixture_path(fixture, "a/0"), 90 << 20), 0);
}

static void
expect_changed(void (*act)(struct fixture *fixture))
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct stat found;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    expect_upload_among_changes(&fixture, act, &outcome);
    cr_assert_eq(outcome.changed, 1u);
    cr_assert_eq(outcome.totals.missing, 0u);
    cr_assert_eq(stat(fixture_path(&fixture, "back/0"), &found), 0);
    cr_assert_leq(found.st_size, 14 << 20);
    cr_assert_geq(found.st_size, 9 << 20);
}

Test(upload_of_changes, says_that_a_file_shrank_while_it_was_read)
{
    expect_changed(shrink_large_file);
}

Test(upload_of_changes, says_that_a_file_grew_while_it_was_read)
{
    expect_changed(grow_large_file);
}
