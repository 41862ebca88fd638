/* An upload among failures: of the store, of the machine, and of what cannot be read. */
#include "upload.h"

#include "batch.h"
#include "busy_tree.h"
#include "object_count.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
