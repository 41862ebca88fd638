#include "unused.h"

#include "error.h"
#include "log_reader.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "sweep.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many objects of an upload that is used are passed by: about a page of a listing. Then its rest is leapt over. */
#define LEAP_AFTER 1000

struct leftover {
    struct unused_upload shown;
    bool used; /* by a snapshot of another upload */
};

struct search {
    const struct world *world;
    struct store *store;
    const struct unused_request *request;
    struct buf snapshots; /* of struct uuid, sorted: the uploads that have a manifest */
    struct buf leftovers; /* of struct leftover, sorted: all others */

    /* The pass that is made at the moment. */
    struct uuid passed; /* an upload of which so many objects were passed by */
    unsigned passed_by;
    bool leaps;

    pthread_mutex_t lock; /* guards `used` of the leftovers, and the next */
    struct unused_answer answer;
};

static void
search_done(struct search *search)
{
    buf_done(&search->snapshots);
    buf_done(&search->leftovers);
    pthread_mutex_destroy(&search->lock);
}

const char *
unused_state_name(enum unused_state state)
{
    static const char *const names[] = {
        [UNUSED_FREE] = "unused", [UNUSED_UNDER_WAY] = "under-way", [UNUSED_UNKNOWN] = "unknown"};

    return names[state];
}

/* A leftover begins with its uuid, too. */
static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

/* --- which uploads have a manifest --- */

static enum sealift_status
note_snapshot(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct search *search = context;
    struct uuid fs, upload;

    TRY(world_check_cancel(search->world, err));
    if (!name_parse_manifest(object->name, &fs, &upload))
        return SEALIFT_OK;
    return buf_append(&search->snapshots, &upload, sizeof(upload), err); /* listed in order */
}

static bool
is_snapshot(const struct search *search, const struct uuid *upload)
{
    return search->snapshots.len > 0 && bsearch(upload, search->snapshots.data, search->snapshots.len / sizeof(*upload),
                                                sizeof(*upload), compare) != NULL;
}

/* --- which have not --- */

static struct leftover *
find_leftover(const struct search *search, const struct uuid *upload)
{
    if (search->leftovers.len == 0)
        return NULL;
    return bsearch(upload, search->leftovers.data, search->leftovers.len / sizeof(struct leftover),
                   sizeof(struct leftover), compare);
}

/* Each pass is sorted; one that an earlier pass did not show goes between those that it did. */
static enum sealift_status
add_leftover(struct search *search, const struct uuid *upload, struct leftover **ret_leftover,
             struct sealift_error *err)
{
    const struct leftover added = {.shown.upload = *upload};
    struct leftover *all;
    size_t at;

    TRY(buf_append(&search->leftovers, &added, sizeof(added), err));
    all = (void *)search->leftovers.data;
    at = search->leftovers.len / sizeof(added) - 1;
    for (; at > 0 && compare(&all[at - 1], upload) > 0; at--)
        all[at] = all[at - 1];
    all[at] = added;
    *ret_leftover = &all[at];
    return SEALIFT_OK;
}

static enum sealift_status
pass_by(struct search *search, const struct uuid *upload, struct sealift_error *err)
{
    if (!uuid_equal(upload, &search->passed)) {
        search->passed = *upload;
        search->passed_by = 0;
    }
    search->leaps = ++search->passed_by == LEAP_AFTER;
    return search->leaps ? error_set(err, SEALIFT_CANCELLED, "the rest is leapt over") : SEALIFT_OK;
}

static enum sealift_status
note_object(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct search *search = context;
    struct leftover *leftover;
    struct uuid fs, upload;
    enum segment_kind kind;
    uint32_t number;
    bool is_log = name_parse_log_record(object->name, &fs, &upload, &number);

    TRY(world_check_cancel(search->world, err));
    if (!is_log && !name_parse_segment(object->name, &fs, &upload, &kind, &number))
        return SEALIFT_OK;
    if (is_snapshot(search, &upload))
        return pass_by(search, &upload, err);
    leftover = find_leftover(search, &upload);
    if (leftover == NULL)
        TRY(add_leftover(search, &upload, &leftover, err));
    leftover->shown.objects++;
    leftover->shown.bytes += object->size;
    if (is_log && object->modified_ns > leftover->shown.newest_ns)
        leftover->shown.newest_ns = object->modified_ns;
    return SEALIFT_OK;
}

/* Behind all names of an upload, and before those of the next: '0' is the byte after '/'. */
static void
name_end(const struct search *search, const char *prefix, char out[STORE_NAME_MAX])
{
    char upload[UUID_TEXT_SIZE];

    uuid_format(&search->passed, upload);
    snprintf(out, STORE_NAME_MAX, "%.128s%s0", prefix, upload);
}

/* One listing, which is begun anew behind an upload that is used and large. */
static enum sealift_status
pass(struct search *search, const char *folder, struct sealift_error *err)
{
    char prefix[128], from[STORE_NAME_MAX], fs[UUID_TEXT_SIZE];
    enum sealift_status status;

    uuid_format(&search->request->fs, fs);
    snprintf(prefix, sizeof(prefix), NAME_FS "%s/%s/", fs, folder);
    search->passed = (struct uuid){0};
    search->leaps = false;
    do {
        const char *after = search->leaps ? from : NULL;

        search->leaps = false;
        status = store_list(search->store, prefix, after, note_object, search, err);
        name_end(search, prefix, from);
    } while (search->leaps);
    return status;
}

/* --- what the remaining snapshots use --- */

static bool
names_key(const struct search *search, const struct manifest *manifest)
{
    const uint8_t *key_check = search->request->key_check;

    return key_check != NULL && memcmp(manifest->key_check, key_check, KEY_CHECK_SIZE) == 0;
}

static void
note_used(struct search *search, const struct manifest *manifest, const struct log_record *closing)
{
    pthread_mutex_lock(&search->lock);
    search->answer.key_is_used |= names_key(search, manifest);
    for (size_t i = 0; i < closing->usage_count; i++) {
        struct leftover *leftover = find_leftover(search, &closing->usages[i].upload);

        if (leftover != NULL)
            leftover->used = true;
    }
    pthread_mutex_unlock(&search->lock);
}

static enum sealift_status
read_usages(struct search *search, const struct locator *locator, struct sealift_error *err)
{
    SCOPED(log_record_done) struct log_record closing = {0};
    SCOPED(manifest_done) struct manifest manifest = {0};

    TRY(manifest_fetch(search->store, locator, &manifest, err));
    TRY(log_read_closing(search->store, &manifest, &closing, err));
    note_used(search, &manifest, &closing);
    return SEALIFT_OK;
}

/* A snapshot that cannot be read may use anything. */
static enum sealift_status
ask_snapshot(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct search *search = context;
    struct locator locator;
    enum sealift_status status;

    if (!name_parse_manifest(object->name, &locator.fs, &locator.snapshot))
        return SEALIFT_OK;
    status = read_usages(search, &locator, err);
    if (status == SEALIFT_OK || error_ends_trying(status))
        return status;
    status = error_prefix(err, "%s", object->name);
    pthread_mutex_lock(&search->lock);
    if (search->answer.problem.status == SEALIFT_OK)
        search->answer.problem = *err;
    pthread_mutex_unlock(&search->lock);
    return SEALIFT_OK;
}

static enum sealift_status
ask_snapshots(struct search *search, struct sealift_error *err)
{
    const struct sweep sweep = {.world = search->world,
                                .store = search->store,
                                .threads = search->request->connections,
                                .each = ask_snapshot,
                                .context = search};
    char prefix[NAME_SIZE];

    if (search->leftovers.len == 0 && search->request->key_check == NULL)
        return SEALIFT_OK;
    name_of_manifests(&search->request->fs, prefix);
    return sweep_run(&sweep, prefix, err);
}

/* --- the answer --- */

static enum unused_state
judge(const struct search *search, const struct unused_upload *upload, int64_t now_ns)
{
    const struct uuid *removed = search->request->removed;

    if (search->answer.problem.status != SEALIFT_OK)
        return UNUSED_UNKNOWN;
    if ((removed == NULL || !uuid_equal(removed, &upload->upload)) && now_ns - upload->newest_ns < UNUSED_GRACE_NS)
        return UNUSED_UNDER_WAY;
    return UNUSED_FREE;
}

static enum sealift_status
show(struct search *search, unused_each *each, void *context, struct sealift_error *err)
{
    struct leftover *all = (void *)search->leftovers.data;
    int64_t now_ns = store_now_ns(search->store, search->world);

    for (size_t i = 0; i < search->leftovers.len / sizeof(*all); i++) {
        if (all[i].used)
            continue;
        all[i].shown.state = judge(search, &all[i].shown, now_ns);
        TRY(each(context, &all[i].shown, err));
    }
    return SEALIFT_OK;
}

enum sealift_status
unused_list(const struct world *world, struct store *store, const struct unused_request *request, unused_each *each,
            void *context, struct unused_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(search_done) struct search search = {.world = world, .store = store, .request = request};
    char prefix[NAME_SIZE];

    pthread_mutex_init(&search.lock, NULL);
    name_of_manifests(&request->fs, prefix);
    TRY(store_list(store, prefix, NULL, note_snapshot, &search, err));
    TRY(pass(&search, "logs", err));
    TRY(pass(&search, "tree", err));
    TRY(pass(&search, "data", err));
    TRY(ask_snapshots(&search, err));
    TRY(show(&search, each, context, err));
    *ret_answer = search.answer;
    return SEALIFT_OK;
}
