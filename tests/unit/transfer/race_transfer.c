/* Uploads and downloads of a small tree with four workers and four connections, for ThreadSanitizer: undisturbed, among
 * failures of the store, cancelled at any moment, and of a tree that somebody changes meanwhile. What succeeds must be
 * whole, and everything must come to an end. */
#include "batch.h"
#include "fixture_snapshot.h"
#include "scoped.h"
#include "seeded_world.h"
#include "store_faulty.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7

static struct fixture fixture;
static struct seeded_world seeded;
static pthread_mutex_t dice_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sealift_error err;

static void
insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "race_transfer: %s (%s)\n", what, err.message);
    exit(1);
}

/* Any thread. */
static uint64_t
roll(uint64_t below)
{
    uint64_t drawn;

    pthread_mutex_lock(&dice_lock);
    drawn = seeded_world_draw(&seeded) % below;
    pthread_mutex_unlock(&dice_lock);
    return drawn;
}

static void
nap(int64_t us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static void
tick(void *context, const struct sealift_progress *progress)
{
    (void)context;
    insist(progress->stage != NULL, "progress without a stage");
}

static void
ignore(void *context, enum sealift_notice notice, const char *path, const char *reason)
{
    (void)context;
    (void)notice;
    (void)path;
    (void)reason;
}

/* Small buffers and a narrow window, so that everybody has to wait for everybody. */
static struct budget
narrow(void)
{
    return (struct budget){
        .workers = 4,
        .connections = 4,
        .segment_size = (size_t)3 << 20,
        .buffers = 9,
        .chunk_table = (size_t)64 << 10,
        .window = 6,
        .walk = (size_t)1 << 20,
    };
}

/* Equal contents in many files, so that workers meet over chunks; names of one inode; a file of parts. */
static void
make_tree(void)
{
    char below[64], text[64];

    fixture_make_folder(&fixture, "a");
    fixture_write_noise(&fixture, "a/large", PART_BYTES + 4711);
    for (int i = 0; i < 300; i++) {
        snprintf(below, sizeof(below), "a/%d", i);
        if (i % 40 == 0)
            fixture_make_folder(&fixture, below);
        snprintf(below, sizeof(below), "a/%d/%d", i / 40 * 40, i);
        snprintf(text, sizeof(text), "one of seven: %d", i % 7);
        fixture_write_text(&fixture, below, text);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(below, sizeof(below), "a/copy %d", i);
        fixture_write_noise(&fixture, below, (size_t)300 << 10);
        snprintf(text, sizeof(text), "a/link %d", i);
        insist(link(fixture_path(&fixture, below), fixture_path(&fixture, text)) == 0, "link");
    }
}

static enum sealift_status
upload(struct store *store, struct locator *ret_locator)
{
    struct upload_request request = {.path = fixture_path(&fixture, "a"), .live = true, .budget = narrow()};
    struct upload_outcome outcome;

    return fixture_upload_with(&fixture, store, &request, ret_locator, &outcome, &err);
}

static enum sealift_status
read_back(struct store *store, const struct locator *locator, uint64_t *ret_digest)
{
    return fixture_read(&fixture, store, locator, ret_digest, &err);
}

static enum sealift_status
download(struct store *store, const struct locator *locator, const char *below)
{
    struct download_outcome outcome;

    return fixture_download(&fixture, store, locator, below, &outcome, &err);
}

/* --- a store that fails now and then --- */

static enum sealift_status
fail_sometimes(void *context, enum store_operation operation, const char *name, bool *after,
               struct sealift_error *fault)
{
    const uint64_t *odds = context;

    (void)operation;
    if (roll(*odds) != 0)
        return SEALIFT_OK;
    *after = roll(2) == 0;
    fault->status = roll(2) == 0 ? SEALIFT_UNAVAILABLE : SEALIFT_DENIED;
    snprintf(fault->message, sizeof(fault->message), "%s fails here", name);
    return fault->status;
}

static void
race_with_failures(const struct locator *good, uint64_t digest)
{
    SCOPED(store_free) struct store *faulty = NULL;
    uint64_t odds = 20, read;
    struct locator locator;
    char below[32];

    insist(store_faulty_new(fixture.store, fail_sometimes, &odds, &faulty, &err) == SEALIFT_OK, "store_faulty_new");
    for (int i = 0; i < ROUNDS; i++) {
        odds = 5 + (uint64_t)i * 5;
        if (upload(faulty, &locator) == SEALIFT_OK)
            insist(read_back(fixture.store, &locator, &read) == SEALIFT_OK && read == digest, "not whole");
        snprintf(below, sizeof(below), "faulty %d", i);
        if (download(faulty, good, below) == SEALIFT_OK)
            insist(fixture_trees_are_equal(&fixture, "a", below), "not what was uploaded");
    }
}

/* --- somebody who stops it --- */

static void *
cancel_soon(void *argument)
{
    const int64_t *us = argument;

    nap(*us);
    atomic_store(&fixture.cancel.asked, true);
    return NULL;
}

static void
race_with_cancellation(const struct locator *good)
{
    struct locator locator;
    char below[32];

    for (int i = 0; i < 2 * ROUNDS; i++) {
        int64_t us = (int64_t)roll(60000);
        enum sealift_status status;
        pthread_t thread;

        insist(pthread_create(&thread, NULL, cancel_soon, &us) == 0, "pthread_create");
        snprintf(below, sizeof(below), "cancelled %d", i);
        status = i % 2 == 0 ? upload(fixture.store, &locator) : download(fixture.store, good, below);
        insist(status == SEALIFT_OK || status == SEALIFT_CANCELLED, "ended otherwise than cancelled");
        pthread_join(thread, NULL);
        atomic_store(&fixture.cancel.asked, false);
    }
}

/* --- somebody who works in the tree --- */

static atomic_bool resting;

static void
meddle(const char *folder)
{
    char path[600], other[600];
    int number = (int)roll(4);

    snprintf(path, sizeof(path), "%s/copy %d", folder, number);
    snprintf(other, sizeof(other), "%s/link %d", folder, number);
    switch (roll(5)) {
    case 0: /* the first name of an inode goes, and comes back */
        if (unlink(path) == 0) {
            nap(500);
            insist(link(other, path) == 0, "link");
        }
        break;
    case 1:
        insist(truncate(path, (off_t)roll(300 << 10)) == 0, "truncate");
        break;
    case 2: /* saved, as editors do */
        snprintf(path, sizeof(path), "%s/40/%d", folder, (int)(40 + roll(40)));
        snprintf(other, sizeof(other), "%s/new", folder);
        close(open(other, O_CREAT | O_WRONLY, 0600));
        insist(rename(other, path) == 0, "rename");
        break;
    case 3:
        snprintf(path, sizeof(path), "%s/large", folder);
        insist(truncate(path, (off_t)(PART_BYTES / 2 + roll(PART_BYTES))) == 0, "truncate");
        break;
    default:
        snprintf(path, sizeof(path), "%s/40/%d", folder, (int)(40 + roll(40)));
        unlink(path);
    }
}

static void *
work_in_the_tree(void *folder)
{
    while (!atomic_load(&resting)) {
        meddle(folder);
        nap(1000);
    }
    return NULL;
}

static void
race_with_changes(void)
{
    char folder[512], below[32];
    struct locator locator;
    pthread_t thread;

    snprintf(folder, sizeof(folder), "%s", fixture_path(&fixture, "a"));
    insist(pthread_create(&thread, NULL, work_in_the_tree, folder) == 0, "pthread_create");
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(below, sizeof(below), "changed %d", i);
        insist(upload(fixture.store, &locator) == SEALIFT_OK, "a live tree may change");
        insist(download(fixture.store, &locator, below) == SEALIFT_OK, "what was uploaded comes back");
    }
    atomic_store(&resting, true);
    pthread_join(thread, NULL);
}

int
main(void)
{
    const struct sealift_transfer_options options = {.progress = tick, .notice = ignore};
    struct locator good;
    uint64_t digest;

    seeded_world_init(&seeded, 11);
    fixture_init(&fixture);
    progress_free(&fixture.progress);
    insist(progress_new(&fixture.world, &options, &fixture.progress, &err) == SEALIFT_OK, "progress_new");
    make_tree();
    insist(upload(fixture.store, &good) == SEALIFT_OK, "upload");
    insist(read_back(fixture.store, &good, &digest) == SEALIFT_OK, "read back");
    insist(download(fixture.store, &good, "back") == SEALIFT_OK, "download");
    insist(fixture_trees_are_equal(&fixture, "a", "back"), "not what was uploaded");
    race_with_failures(&good, digest);
    race_with_cancellation(&good);
    race_with_changes();
    fixture_done(&fixture);
    return 0;
}
