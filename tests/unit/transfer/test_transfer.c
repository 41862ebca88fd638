/* Up and down again, against a store in memory: what comes back is what went. */
#include "fixture_snapshot.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static void
upload(struct fixture *fixture, const char *below, struct locator *ret_locator, struct upload_outcome *ret_outcome)
{
    struct sealift_error err;

    cr_assert_eq(fixture_upload(fixture, fixture->store, below, ret_locator, ret_outcome, &err), SEALIFT_OK, "%s",
                 err.message);
}

static void
download(struct fixture *fixture, const struct locator *locator, const char *below)
{
    struct download_outcome outcome;
    struct sealift_error err;

    cr_assert_eq(fixture_download(fixture, fixture->store, locator, below, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
}

static void
expect_round_trip(struct fixture *fixture, const char *below)
{
    struct upload_outcome outcome;
    struct locator locator;

    upload(fixture, below, &locator, &outcome);
    download(fixture, &locator, "back");
    cr_assert(fixture_trees_are_equal(fixture, below, "back"));
}

static struct buf
noise(struct fixture *fixture, size_t len)
{
    struct buf buf = {0};
    struct sealift_error err;

    cr_assert_eq(buf_reserve(&buf, len, &err), SEALIFT_OK);
    fixture->world.entropy->fill(fixture->world.entropy, buf.data, len);
    buf.len = len;
    return buf;
}

Test(transfer, brings_back_an_empty_directory)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    cr_assert_eq(chmod(fixture_path(&fixture, "a"), 0711), 0);
    expect_round_trip(&fixture, "a");
}

Test(transfer, brings_back_small_files_links_and_folders)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_make_folder(&fixture, "a/folder");
    fixture_make_folder(&fixture, "a/folder-b");
    for (int i = 0; i < 700; i++) {
        char below[64], text[64];

        snprintf(below, sizeof(below), "a/folder/%d", i);
        snprintf(text, sizeof(text), "file number %d", i * i);
        fixture_write_text(&fixture, below, text);
    }
    fixture_write_text(&fixture, "a/empty", "");
    cr_assert_eq(symlink("folder/7", fixture_path(&fixture, "a/symlink")), 0);
    cr_assert_eq(link(fixture_path(&fixture, "a/folder/7"), fixture_path(&fixture, "a/hard link")), 0);
    cr_assert_eq(mkfifo(fixture_path(&fixture, "a/fifo"), 0600), 0);
    cr_assert_eq(setxattr(fixture_path(&fixture, "a/folder"), "user.note", "kept", 4, 0), 0);
    expect_round_trip(&fixture, "a");
}

Test(transfer, brings_back_large_files_with_holes)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf data = {0};
    struct upload_outcome outcome;
    struct locator locator;
    struct stat found;
    int fd;

    fixture_init(&fixture);
    data = noise(&fixture, (size_t)21 << 20);
    fixture_make_folder(&fixture, "a");
    fixture_write(&fixture, "a/large", buf_bytes(&data));
    fd = open(fixture_path(&fixture, "a/sparse"), O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pwrite(fd, data.data, 5000, 4096), 5000);
    cr_assert_eq(pwrite(fd, data.data, 70000, (off_t)1 << 30), 70000);
    cr_assert_eq(ftruncate(fd, (off_t)3 << 30), 0);
    close(fd);
    upload(&fixture, "a", &locator, &outcome);
    cr_assert_lt(outcome.totals.stored, (uint64_t)23 << 20);
    download(&fixture, &locator, "back");
    cr_assert_eq(stat(fixture_path(&fixture, "back/sparse"), &found), 0);
    cr_assert_eq(found.st_size, (off_t)3 << 30);
    cr_assert_lt(found.st_blocks, 1024);
    cr_assert_eq(truncate(fixture_path(&fixture, "a/sparse"), (off_t)1 << 20), 0); /* what rsync would read for long */
    cr_assert_eq(truncate(fixture_path(&fixture, "back/sparse"), (off_t)1 << 20), 0);
    cr_assert_eq(utimensat(AT_FDCWD, fixture_path(&fixture, "a/sparse"), (struct timespec[2]){{1, 0}, {1, 0}}, 0), 0);
    cr_assert_eq(utimensat(AT_FDCWD, fixture_path(&fixture, "back/sparse"), (struct timespec[2]){{1, 0}, {1, 0}}, 0),
                 0);
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

Test(transfer, stores_equal_contents_once)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf data = {0};
    struct upload_outcome outcome;
    struct locator locator;

    fixture_init(&fixture);
    data = noise(&fixture, (size_t)5 << 20);
    fixture_make_folder(&fixture, "a");
    for (int i = 0; i < 12; i++) {
        char below[64];

        snprintf(below, sizeof(below), "a/%d", i);
        fixture_write(&fixture, below, buf_bytes(&data));
    }
    upload(&fixture, "a", &locator, &outcome);
    cr_assert_eq(outcome.totals.size, (uint64_t)60 << 20);
    cr_assert_lt(outcome.totals.stored, (uint64_t)6 << 20);
    download(&fixture, &locator, "back");
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

Test(transfer, does_not_overwrite_what_is_there)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct download_outcome downloaded;
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_make_folder(&fixture, "full");
    fixture_write_text(&fixture, "full/precious", "mine");
    upload(&fixture, "a", &locator, &outcome);
    cr_assert_eq(fixture_download(&fixture, fixture.store, &locator, "full", &downloaded, &err), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "precious"), "%s", err.message);
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

static enum sealift_status
count_one(void *context, const struct store_object *object, struct sealift_error *err)
{
    size_t *count = context;

    (void)object;
    (void)err;
    ++*count;
    return SEALIFT_OK;
}

static size_t
count_manifests(struct fixture *fixture)
{
    struct sealift_error err;
    char prefix[NAME_SIZE];
    size_t count = 0;

    name_of_manifests(&fixture->fs, prefix);
    cr_assert_eq(store_list(fixture->store, prefix, NULL, count_one, &count, &err), SEALIFT_OK);
    return count;
}

static void
expect_unpublished(enum store_operation operation, const char *part, int left, enum sealift_status status)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(store_free) struct store *faulty = NULL;
    SCOPED(buf_done) struct buf data = {0};
    struct failing failing = {operation, part, left, status};
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    data = noise(&fixture, (size_t)30 << 20);
    fixture_make_folder(&fixture, "a");
    fixture_write(&fixture, "a/large", buf_bytes(&data));
    fixture_write_text(&fixture, "a/small", "small");
    cr_assert_eq(store_faulty_new(fixture.store, fail, &failing, &faulty, &err), SEALIFT_OK);
    cr_assert_eq(fixture_upload(&fixture, faulty, "a", &locator, &outcome, &err), status, "%s", err.message);
    cr_assert_eq(count_manifests(&fixture), 0u);
}

Test(transfer, publishes_nothing_when_a_segment_is_refused)
{
    expect_unpublished(STORE_PUT, "/data/", 0, SEALIFT_UNAVAILABLE);
    expect_unpublished(STORE_PUT, "/data/", 4, SEALIFT_DENIED);
    expect_unpublished(STORE_PUT, "/tree/", 0, SEALIFT_UNAVAILABLE);
}

Test(transfer, publishes_nothing_when_the_log_fails)
{
    expect_unpublished(STORE_PUT, "/logs/", 0, SEALIFT_DENIED);
    expect_unpublished(STORE_PUT, "/logs/", 1, SEALIFT_UNAVAILABLE);
    expect_unpublished(STORE_PUT, "/logs/", 2, SEALIFT_UNAVAILABLE);
}

Test(transfer, publishes_nothing_when_the_listing_fails)
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

Test(transfer, names_the_segment_that_the_store_lost_before_publishing)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(store_free) struct store *lossy = NULL;
    SCOPED(buf_done) struct buf data = {0};
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    data = noise(&fixture, (size_t)20 << 20);
    fixture_make_folder(&fixture, "a");
    fixture_write(&fixture, "a/large", buf_bytes(&data));
    cr_assert_eq(store_faulty_new(fixture.store, lose, &fixture, &lossy, &err), SEALIFT_OK);
    cr_assert_eq(fixture_upload(&fixture, lossy, "a", &locator, &outcome, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "00000001"), "%s", err.message);
    cr_assert_eq(count_manifests(&fixture), 0u);
}

Test(transfer, stops_when_it_is_asked_to)
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

Test(transfer, fails_and_names_what_cannot_be_read)
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
    cr_assert_not_null(strstr(fixture.last_notice, "secret"), "%s", fixture.last_notice);
    cr_assert_eq(count_manifests(&fixture), 0u);
}

Test(transfer, leaves_out_what_cannot_be_read_when_that_is_allowed)
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
    download(&fixture, &locator, "back");
    cr_assert_eq(access(fixture_path(&fixture, "back/open"), F_OK), 0);
    cr_assert_neq(access(fixture_path(&fixture, "back/secret too"), F_OK), 0);
}
