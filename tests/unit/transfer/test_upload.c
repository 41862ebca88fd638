/* An upload among failures: of the store, of the machine, and of a tree that changes while it is read. */
#include "upload.h"

#include "batch.h"
#include "fixture_snapshot.h"
#include "object_count.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void
download(struct fixture *fixture, const struct locator *locator)
{
    struct download_outcome outcome;
    struct sealift_error err;

    cr_assert_eq(fixture_download(fixture, fixture->store, locator, "back", &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
}

static bool
is_there(struct fixture *fixture, const char *below)
{
    return access(fixture_path(fixture, below), F_OK) == 0;
}

/* --- failures of the store --- */

struct failing {
    enum store_operation operation;
    const char *part; /* of the name */
    int left;         /* operations that go well before */
    enum sealift_status status;
};

static enum sealift_status
fail(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *err)
{
    struct failing *failing = context;

    (void)after;
    if (operation != failing->operation || strstr(name, failing->part) == NULL || failing->left-- > 0)
        return SEALIFT_OK;
    err->status = failing->status;
    snprintf(err->message, sizeof(err->message), "the test's store fails here");
    return failing->status;
}

static size_t
count_manifests(struct fixture *fixture)
{
    char prefix[NAME_SIZE];

    name_of_manifests(&fixture->fs, prefix);
    return object_count(fixture->store, prefix);
}

static void
expect_unpublished(enum store_operation operation, const char *part, int left, enum sealift_status status)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(store_free) struct store *faulty = NULL;
    struct failing failing = {operation, part, left, status};
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_noise(&fixture, "a/large", (size_t)30 << 20);
    fixture_write_text(&fixture, "a/small", "small");
    cr_assert_eq(store_faulty_new(fixture.store, fail, &failing, &faulty, &err), SEALIFT_OK);
    cr_assert_eq(fixture_upload(&fixture, faulty, "a", &locator, &outcome, &err), status, "%s", err.message);
    cr_assert_eq(count_manifests(&fixture), 0u);
}

Test(upload, publishes_nothing_when_a_segment_is_refused)
{
    expect_unpublished(STORE_PUT, "/data/", 0, SEALIFT_UNAVAILABLE);
    expect_unpublished(STORE_PUT, "/data/", 4, SEALIFT_DENIED);
    expect_unpublished(STORE_PUT, "/tree/", 0, SEALIFT_UNAVAILABLE);
}

Test(upload, publishes_nothing_when_the_log_fails)
{
    expect_unpublished(STORE_PUT, "/logs/", 0, SEALIFT_DENIED);
    expect_unpublished(STORE_PUT, "/logs/", 1, SEALIFT_UNAVAILABLE);
    expect_unpublished(STORE_PUT, "/logs/", 2, SEALIFT_UNAVAILABLE);
}

Test(upload, publishes_nothing_when_the_listing_fails)
{
    expect_unpublished(STORE_LIST, "/data/", 0, SEALIFT_UNAVAILABLE);
}

/* A store that loses a segment after it has accepted it. */
static enum sealift_status
lose(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *err)
{
    struct fixture *fixture = context;
    struct sealift_error ignored;

    (void)after;
    (void)err;
    if (operation == STORE_LIST && strstr(name, "/data/") != NULL) {
        char victim[STORE_NAME_MAX];

        snprintf(victim, sizeof(victim), "%s00000001", name);
        cr_assert_eq(store_delete(fixture->store, victim, &ignored), SEALIFT_OK);
    }
    return SEALIFT_OK;
}

Test(upload, names_the_segment_that_the_store_lost_before_publishing)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(store_free) struct store *lossy = NULL;
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_noise(&fixture, "a/large", (size_t)20 << 20);
    cr_assert_eq(store_faulty_new(fixture.store, lose, &fixture, &lossy, &err), SEALIFT_OK);
    cr_assert_eq(fixture_upload(&fixture, lossy, "a", &locator, &outcome, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "00000001"), "%s", err.message);
    cr_assert_eq(count_manifests(&fixture), 0u);
}

/* --- what is told meanwhile --- */

/* What the progress says while the data's last segment is on its way, which is when a slow line stands still. */
struct watcher {
    struct fixture *fixture;
    atomic_uint_fast64_t most; /* bytes done when a PUT of data began */
};

static enum sealift_status
watch_bytes(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *err)
{
    struct watcher *watcher = context;
    uint_fast64_t bytes = progress_now(watcher->fixture->progress).bytes;

    (void)after, (void)err;
    if (operation == STORE_PUT && strstr(name, "/data/") != NULL && bytes > atomic_load(&watcher->most))
        atomic_store(&watcher->most, bytes);
    return SEALIFT_OK;
}

Test(upload, counts_bytes_as_done_when_they_are_stored)
{
    const uint64_t noise = (uint64_t)9 << 20, hole = (uint64_t)4 << 20;
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(store_free) struct store *watched = NULL;
    struct watcher watcher = {.fixture = &fixture};
    struct upload_request request = {0};
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_noise(&fixture, "a/large", noise);
    fixture_write_text(&fixture, "a/sparse", "");
    cr_assert_eq(truncate(fixture_path(&fixture, "a/sparse"), (off_t)hole), 0);
    request.path = fixture_path(&fixture, "a");
    cr_assert_eq(budget_plan(&(struct budget_wish){BUDGET_LEAST, 1, 1, 0}, &request.budget, &err), SEALIFT_OK);
    cr_assert_eq(store_faulty_new(fixture.store, watch_bytes, &watcher, &watched, &err), SEALIFT_OK);
    cr_assert_eq(fixture_upload_with(&fixture, watched, &request, &locator, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert_gt(atomic_load(&watcher.most), 0u, "more than one segment, and the first is counted");
    cr_assert_lt(atomic_load(&watcher.most), noise + hole);
    cr_assert_eq(progress_now(fixture.progress).bytes, noise + hole);
}

Test(upload, stops_when_it_is_asked_to)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_text(&fixture, "a/file", "text");
    atomic_store(&fixture.cancel.asked, true);
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_CANCELLED);
    cr_assert_eq(count_manifests(&fixture), 0u);
}

/* --- what cannot be read --- */

/* The superuser reads everything, so for these tests the process is somebody else. */
static void
become_ordinary(void)
{
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
}

static void
make_unreadable(struct fixture *fixture, const char *below)
{
    cr_assert_eq(chmod(fixture_path(fixture, below), 0), 0);
    cr_assert_lt(open(fixture_path(fixture, below), O_RDONLY), 0);
}

Test(upload, fails_and_names_what_cannot_be_read)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    become_ordinary();
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_text(&fixture, "a/secret", "text");
    make_unreadable(&fixture, "a/secret");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_DENIED);
    cr_assert_eq(fixture.missing, 1u);
    cr_assert_str_eq(fixture.last_notice, "secret: cannot open: Permission denied");
    cr_assert_eq(count_manifests(&fixture), 0u);
}

Test(upload, leaves_out_what_cannot_be_read_when_that_is_allowed)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_request request = {.live = true, .allow_missing = true};
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    become_ordinary();
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_text(&fixture, "a/open", "text");
    fixture_write_text(&fixture, "a/secret", "text");
    cr_assert_eq(link(fixture_path(&fixture, "a/secret"), fixture_path(&fixture, "a/secret too")), 0);
    make_unreadable(&fixture, "a/secret");
    request.path = fixture_path(&fixture, "a");
    cr_assert_eq(fixture_upload_with(&fixture, fixture.store, &request, &locator, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert_eq(outcome.totals.missing, 2u); /* both names */
    download(&fixture, &locator);
    cr_assert_eq(access(fixture_path(&fixture, "back/open"), F_OK), 0);
    cr_assert_neq(access(fixture_path(&fixture, "back/secret too"), F_OK), 0);
}

/* Everything that is missing is told, and nothing is stored for a snapshot that cannot be. */
Test(upload, stores_nothing_more_once_it_is_doomed)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_request request = {0};
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    become_ordinary();
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_text(&fixture, "a/0 open", "text");
    fixture_write_text(&fixture, "a/1 secret", "text");
    fixture_write_noise(&fixture, "a/2 large", (size_t)20 << 20);
    fixture_write_text(&fixture, "a/3 secret", "text");
    cr_assert_eq(link(fixture_path(&fixture, "a/3 secret"), fixture_path(&fixture, "a/4 the same secret")), 0);
    make_unreadable(&fixture, "a/1 secret");
    make_unreadable(&fixture, "a/3 secret");
    request.path = fixture_path(&fixture, "a");
    cr_assert_eq(budget_plan(&(struct budget_wish){BUDGET_LEAST, 1, 1, 0}, &request.budget, &err), SEALIFT_OK);
    cr_assert_eq(fixture_upload_with(&fixture, fixture.store, &request, &locator, &outcome, &err), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "3 paths"), "%s", err.message);
    cr_assert_eq(fixture.missing, 3u);
    cr_assert_eq(object_count(fixture.store, "fs/"), 1u, "only the log's first record");
}

Test(upload, marks_what_lies_in_an_unreadable_directory_as_missing)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_request request = {.live = true, .allow_missing = true};
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    become_ordinary();
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_make_folder(&fixture, "a/closed");
    fixture_write_text(&fixture, "a/closed/file", "text");
    fixture_write_text(&fixture, "a/open", "text");
    cr_assert_eq(chmod(fixture_path(&fixture, "a/closed"), 0), 0);
    request.path = fixture_path(&fixture, "a");
    cr_assert_eq(fixture_upload_with(&fixture, fixture.store, &request, &locator, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert_eq(outcome.totals.missing, 1u);
    cr_assert_eq(chmod(fixture_path(&fixture, "a/closed"), 0700), 0);
    download(&fixture, &locator);
    cr_assert(is_there(&fixture, "back/open"));
    cr_assert(is_there(&fixture, "back/closed"));
}

/* --- a tree that changes --- */

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
make_busy_tree(struct fixture *fixture)
{
    fixture_make_folder(fixture, "a");
    fixture_write_noise(fixture, "a/0", (size_t)14 << 20);
    fixture_make_folder(fixture, "a/folder");
    fixture_write_text(fixture, "a/folder/file", "text");
    fixture_write_text(fixture, "a/b", "one file of three names");
    cr_assert_eq(link(fixture_path(fixture, "a/b"), fixture_path(fixture, "a/c")), 0);
    cr_assert_eq(link(fixture_path(fixture, "a/b"), fixture_path(fixture, "a/d")), 0);
}

static void
remove_first_name(struct fixture *fixture)
{
    cr_assert_eq(unlink(fixture_path(fixture, "a/b")), 0);
}

Test(upload, lets_a_later_name_inherit_when_the_first_was_deleted)
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

Test(upload, lets_the_last_name_inherit_when_all_others_were_deleted)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    expect_upload_among_changes(&fixture, remove_two_names, &outcome);
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

Test(upload, lets_a_large_file_inherit_too)
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

Test(upload, of_a_live_tree_reads_what_was_saved_meanwhile)
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

Test(upload, of_a_live_tree_reads_a_large_file_that_was_saved_meanwhile)
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

Test(upload, of_a_live_tree_leaves_out_what_became_a_folder)
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

Test(upload, of_a_live_tree_takes_deletions_as_they_come)
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

Test(upload, of_a_snapshot_does_not)
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

Test(upload, leaves_out_a_large_file_that_was_deleted_between_its_parts)
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

Test(upload, counts_a_large_file_once_that_cannot_be_read_any_more)
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

Test(upload, says_that_a_file_shrank_while_it_was_read)
{
    expect_changed(shrink_large_file);
}

Test(upload, says_that_a_file_grew_while_it_was_read)
{
    expect_changed(grow_large_file);
}

/* --- threads that cannot be started --- */

static atomic_int threads_left = INT_MAX;

/* In the C library's place: after threads_left of them there are no more. */
int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (atomic_fetch_sub(&threads_left, 1) <= 0)
        return EAGAIN;
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attributes, run, argument);
}

Test(upload, and_download_fail_cleanly_whichever_thread_cannot_be_started, .timeout = 60)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct download_outcome downloaded;
    struct locator locator;
    struct sealift_error err;
    int threads = 0;

    fixture_init(&fixture);
    make_busy_tree(&fixture);
    for (enum sealift_status status = SEALIFT_IO; status != SEALIFT_OK; threads++) {
        atomic_store(&threads_left, threads);
        status = fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err);
        if (status != SEALIFT_OK)
            cr_assert_not_null(strstr(err.message, "cannot start a thread"), "%s", err.message);
    }
    cr_assert_gt(threads, 5);
    threads = 0;
    for (enum sealift_status status = SEALIFT_IO; status != SEALIFT_OK; threads++) {
        char below[16];

        snprintf(below, sizeof(below), "back-%d", threads);
        atomic_store(&threads_left, threads);
        status = fixture_download(&fixture, fixture.store, &locator, below, &downloaded, &err);
        if (status != SEALIFT_OK)
            cr_assert_not_null(strstr(err.message, "cannot start a thread"), "%s", err.message);
    }
    cr_assert_gt(threads, 4);
    atomic_store(&threads_left, INT_MAX);
}
