/* A filesystem is deleted from a bucket: in which order, and what happens when it cannot be. */
#include "purge.h"

#include "error.h"
#include "fixture_snapshot.h"
#include "io.h"
#include "object_count.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fixture fixture;
static struct store *faulty;
static struct locator locators[2];
static struct sealift_error err;

/* What was deleted, a name a line; and whom the store refuses. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char deleted[65536];
static const char *refused; /* a part of a name; NULL: nothing */
static enum sealift_status refusal = SEALIFT_DENIED;
static unsigned deletions_left = 1000;

static enum sealift_status
watch(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault_err)
{
    enum sealift_status status = SEALIFT_OK;

    (void)context;
    (void)after;
    if (operation != STORE_DELETE)
        return SEALIFT_OK;
    pthread_mutex_lock(&lock);
    if (refused != NULL && strstr(name, refused) != NULL)
        status = error_set(fault_err, refusal, "it is held");
    else if (deletions_left == 0)
        status = error_set(fault_err, SEALIFT_UNAVAILABLE, "the store is away");
    else
        deletions_left--;
    if (status == SEALIFT_OK)
        snprintf(deleted + strlen(deleted), sizeof(deleted) - strlen(deleted), "%s\n", name);
    pthread_mutex_unlock(&lock);
    return status;
}

static void
put(struct store *store, const char *below, const char *text)
{
    char name[NAME_SIZE], fs[UUID_TEXT_SIZE];

    uuid_format(&fixture.fs, fs);
    snprintf(name, sizeof(name), "fs/%s/%s", fs, below);
    cr_assert_eq(store_put_small(store, name, bytes_of_text(text), &err), SEALIFT_OK, "%s", err.message);
}

static void
set_up(void)
{
    struct upload_outcome outcome;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "tree");
    fixture_write_text(&fixture, "tree/a", "hello");
    cr_assert_eq(store_put_small(fixture.store, NAME_MARKER, bytes_of_text("marker"), &err), SEALIFT_OK);
    fixture_put_key_record(&fixture, &fixture.envelope);
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(fixture_upload(&fixture, fixture.store, "tree", &locators[i], &outcome, &err), SEALIFT_OK, "%s",
                     err.message);
    put(fixture.store, "condemned/0192f0c0-0000-7000-8000-000000000001", "a list");
    put(fixture.store, "notes", "of a later version");
    cr_assert_eq(store_faulty_new(fixture.store, watch, NULL, &faulty, &err), SEALIFT_OK);
}

static void
tear_down(void)
{
    store_free(&faulty);
    fixture_done(&fixture);
}

TestSuite(purge, .init = set_up, .fini = tear_down);

struct told {
    char text[4096];
};

static enum sealift_status
tell(void *context, const struct evidence_object *object, const char *outcome, const char *problem,
     struct sealift_error *tell_err)
{
    struct told *told = context;

    (void)tell_err;
    snprintf(told->text + strlen(told->text), sizeof(told->text) - strlen(told->text), "%s %s %s\n",
             evidence_kind_name(object->kind), outcome, problem != NULL ? "with a problem" : "well");
    return SEALIFT_OK;
}

/* Both steps; *purge stays for its counts. */
static enum sealift_status
run(struct purge *purge, struct evidence *evidence, struct told *told)
{
    const struct purge_request request = {
        .fs = fixture.fs, .connections = 4, .evidence = evidence, .each = tell, .context = told};
    enum sealift_status status;

    *told = (struct told){0};
    *purge =
        (struct purge){.world = &fixture.world, .store = faulty, .progress = fixture.progress, .request = &request};
    purge_init(purge);
    status = purge_manifests(purge, &err);
    if (status == SEALIFT_OK)
        status = purge_rest(purge, &err);
    purge_done(purge);
    return status;
}

static size_t
last_place(const char *part)
{
    const char *last = NULL;

    for (const char *at = deleted; (at = strstr(at, part)) != NULL; at++)
        last = at;
    cr_assert_neq(last, NULL, "nothing with %s was deleted", part);
    return (size_t)(last - deleted);
}

static size_t
first_place(const char *part)
{
    const char *first = strstr(deleted, part);

    cr_assert_neq(first, NULL, "nothing with %s was deleted", part);
    return (size_t)(first - deleted);
}

Test(purge, leaves_nothing_of_the_filesystem_and_the_rest_alone)
{
    struct purge purge;
    struct told told;

    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(object_count(fixture.store, "fs/"), 0);
    cr_assert_eq(object_count(fixture.store, ""), 1);
    cr_assert_eq(purge.counts[PURGE_MANIFESTS].objects, 2);
    cr_assert_gt(purge.counts[PURGE_MANIFESTS].bytes, 0);
    cr_assert_geq(purge.counts[PURGE_LOGS].objects, 4);
    cr_assert_geq(purge.counts[PURGE_TREE].objects, 2);
    cr_assert_geq(purge.counts[PURGE_DATA].objects, 2);
    cr_assert_eq(purge.counts[PURGE_CONDEMNED].objects, 1);
    cr_assert_eq(purge.counts[PURGE_OTHER].objects, 1);
    cr_assert_eq(purge.counts[PURGE_KEYS].objects, 1);
    cr_assert_str_eq(told.text, "manifest deleted well\nmanifest deleted well\nkey-record deleted well\n");
}

Test(purge, goes_from_the_manifests_to_the_key_records)
{
    static const char *const order[] = {"/snapshots/", "/logs/", "/tree/", "/data/", "/condemned/", "/notes", "/keys/"};
    struct purge purge;
    struct told told;

    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_OK, "%s", err.message);
    for (size_t i = 1; i < sizeof(order) / sizeof(order[0]); i++)
        cr_assert_lt(last_place(order[i - 1]), first_place(order[i]), "%s before %s", order[i - 1], order[i]);
}

Test(purge, that_was_cut_off_anywhere_goes_on)
{
    struct purge purge;
    struct told told;
    size_t all = object_count(fixture.store, "fs/");

    for (size_t left = all; left > 0; left--) { /* one deletion a run */
        deletions_left = 1;
        cr_assert_eq(run(&purge, NULL, &told), left == 1 ? SEALIFT_OK : SEALIFT_UNAVAILABLE, "%zu: %s", left,
                     err.message);
        cr_assert_eq(object_count(fixture.store, "fs/"), left - 1);
    }
}

Test(purge, deletes_nothing_that_a_snapshot_uses_while_it_has_its_manifest)
{
    struct purge purge;
    struct told told;

    refused = "/snapshots/";
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_DENIED);
    cr_assert_str_eq(deleted, "");
    cr_assert_not_null(strstr(err.message, "2 objects could not be deleted"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "it is held"), "%s", err.message);
    cr_assert_eq(purge.counts[PURGE_MANIFESTS].refused, 2);
    cr_assert_str_eq(told.text, "manifest refused with a problem\nmanifest refused with a problem\n");
}

Test(purge, goes_round_what_is_refused_and_keeps_the_key_records)
{
    struct purge purge;
    struct told told;
    size_t data = object_count(fixture.store, "fs/");

    refused = "/data/";
    refusal = SEALIFT_CONFLICT;
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_CONFLICT);
    cr_assert_gt(purge.counts[PURGE_DATA].refused, 0);
    cr_assert_eq(purge.counts[PURGE_DATA].objects, 0);
    cr_assert_eq(fixture.other, purge.counts[PURGE_DATA].refused);
    cr_assert_not_null(strstr(fixture.last_notice, "/data/"), "%s", fixture.last_notice);
    cr_assert_not_null(strstr(err.message, "key records stay"), "%s", err.message);
    cr_assert_lt(object_count(fixture.store, "fs/"), data);
    cr_assert_eq(purge.counts[PURGE_LOGS].refused, 0);
    cr_assert_null(strstr(deleted, "/keys/"));

    refused = NULL;
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(object_count(fixture.store, "fs/"), 0);
}

/* An upload on another machine: it puts a segment while its filesystem goes. */
static enum sealift_status
put_meanwhile(void *context, enum store_operation operation, const char *name, bool *after,
              struct sealift_error *fault_err)
{
    bool *done = context;

    (void)after;
    (void)fault_err;
    if (operation == STORE_DELETE && strstr(name, "/keys/") != NULL && !*done) {
        *done = true;
        put(fixture.store, "data/late", "late");
    }
    return SEALIFT_OK;
}

Test(purge, says_when_something_came_meanwhile)
{
    struct purge purge;
    struct told told;
    bool done = false;

    store_free(&faulty);
    cr_assert_eq(store_faulty_new(fixture.store, put_meanwhile, &done, &faulty, &err), SEALIFT_OK);
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "data/late"), "%s", err.message);
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_OK, "%s", err.message);
}

static size_t
count_words(const struct buf *text, const char *word)
{
    size_t count = 0;

    for (const char *at = (const char *)text->data; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

Test(purge, has_its_evidence_on_the_disk_before_it_deletes)
{
    const struct evidence_header header = {.command = "fs remove", .store = fixture.store->url, .fs = &fixture.fs};
    SCOPED(evidence_free) struct evidence *evidence = NULL;
    SCOPED(buf_done) struct buf text = {0};
    struct purge purge;
    struct told told;
    const char *shown;

    cr_assert_eq(evidence_begin(&fixture.world, fixture_path(&fixture, "evidence"), &header, &evidence, &err),
                 SEALIFT_OK, "%s", err.message);
    deletions_left = 1;
    cr_assert_eq(run(&purge, evidence, &told), SEALIFT_UNAVAILABLE);
    evidence_free(&evidence);
    cr_assert_eq(io_read_file(fixture_path(&fixture, "evidence"), 1 << 20, &text, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&text, &shown, &err), SEALIFT_OK);
    cr_assert_eq(count_words(&text, "\"kind\":\"manifest\""), 2);
    cr_assert_eq(count_words(&text, "\"kind\":\"key-record\""), 1);
    cr_assert_eq(count_words(&text, "\"settled\""), 1);
    cr_assert_eq(count_words(&text, "\"deleted\""), 1);
    cr_assert_eq(count_words(&text, "\"end\""), 0);
}

static enum sealift_status
refuse_reading(void *context, enum store_operation operation, const char *name, bool *after,
               struct sealift_error *fault_err)
{
    (void)after;
    if (operation == STORE_GET)
        return error_set(fault_err, SEALIFT_UNAVAILABLE, "the store is away");
    return watch(context, operation, name, after, fault_err);
}

Test(purge, deletes_nothing_of_which_it_could_not_write_the_evidence)
{
    const struct evidence_header header = {.command = "fs remove", .store = fixture.store->url, .fs = &fixture.fs};
    SCOPED(evidence_free) struct evidence *evidence = NULL;
    struct purge purge;
    struct told told;

    store_free(&faulty);
    cr_assert_eq(store_faulty_new(fixture.store, refuse_reading, NULL, &faulty, &err), SEALIFT_OK);
    cr_assert_eq(evidence_begin(&fixture.world, fixture_path(&fixture, "evidence"), &header, &evidence, &err),
                 SEALIFT_OK);
    cr_assert_eq(run(&purge, evidence, &told), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(deleted, "");
}

Test(purge, of_what_is_damaged_works_as_well)
{
    struct purge purge;
    struct told told;
    char name[NAME_SIZE];

    name_of_manifest(&locators[0].fs, &locators[0].snapshot, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, bytes_of_text("no manifest"), &err), SEALIFT_OK);
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(object_count(fixture.store, "fs/"), 0);
}

Test(purge, stops_when_it_is_asked_to)
{
    struct purge purge;
    struct told told;

    atomic_store(&fixture.cancel.asked, true);
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_CANCELLED);
    atomic_store(&fixture.cancel.asked, false);
    cr_assert_eq(run(&purge, NULL, &told), SEALIFT_OK, "%s", err.message);
}
