/* The snapshots that are authentic. Several threads read manifests and open keys, one judges, in the order of time. */
#include "error.h"
#include "manifest_fetch.h"
#include "memo.h"
#include "recovery.h"
#include "relay.h"
#include "scoped.h"
#include "snapshot_key.h"

#include <string.h>

/* FS keys that are remembered, beyond those that are being looked at: a filesystem has few, apart from those for one
 * snapshot alone, which nobody asks for twice. */
#define REMEMBERED 8

_Static_assert(KEY_CHECK_SIZE == SHA256_SIZE, "a key is remembered by its key check value");

struct gathering {
    const struct recovery *recovery;
    const struct key_found *known; /* NULL: none */
    struct memo *keys;             /* struct opened_key, by key check value */

    /* The judge's. */
    recovery_each *each;
    void *context;
    uint64_t passed_over;
};

static void
gathering_done(struct gathering *gathering)
{
    memo_free(&gathering->keys);
}

struct opened_key {
    struct secret *fs_key;
};

static void
opened_key_done(void *finding)
{
    struct opened_key *key = finding;

    secret_free(&key->fs_key);
}

/* A manifest on its way. */
struct reading {
    struct gathering *gathering;
    struct locator locator;
    struct manifest manifest;
    size_t routes; /* that there were when its key was looked for */
    bool is_read;
    const struct opened_key *key; /* held; NULL: there is none yet */
    struct sealift_error failure; /* of one that is not read, or has no key */
};

static void
reading_done(void *item)
{
    struct reading *reading = item;

    memo_release(reading->gathering->keys, reading->key);
    manifest_done(&reading->manifest);
}

/* --- its key --- */

static enum sealift_status
open_key(void *context, void *finding, struct sealift_error *err)
{
    const struct reading *reading = context;
    const struct recovery *recovery = reading->gathering->recovery;
    const struct manifest *manifest = &reading->manifest;
    struct opened_key *key = finding;

    if (recovery->meet != NULL && !kms_routes_knows(recovery->routes, &manifest->envelope.kms))
        TRY(recovery->meet(recovery->context, &manifest->envelope.kms, err));
    return snapshot_key_open(recovery->world, recovery->store, recovery->routes, manifest, &key->fs_key, NULL, err);
}

static enum sealift_status
fail_again(void *context, void *finding, struct sealift_error *err)
{
    const struct reading *reading = context;

    (void)finding;
    *err = reading->failure;
    return err->status;
}

static enum sealift_status
hold_key(struct reading *reading, memo_find *find, struct sealift_error *err)
{
    const void *finding;

    TRY(memo_hold(reading->gathering->keys, reading->manifest.key_check, find, reading, &finding, err));
    reading->key = finding;
    return SEALIFT_OK;
}

static bool
has_known_key(const struct reading *reading)
{
    const struct key_found *known = reading->gathering->known;

    return known != NULL && digest_equal(known->envelope.key_check, reading->manifest.key_check, KEY_CHECK_SIZE);
}

/* --- reading: any thread --- */

static enum sealift_status
read_manifest(struct reading *reading, struct sealift_error *err)
{
    const struct recovery *recovery = reading->gathering->recovery;

    TRY(manifest_fetch(recovery->store, &reading->locator, &reading->manifest, err));
    reading->is_read = true;
    if (has_known_key(reading))
        return SEALIFT_OK;
    reading->routes = kms_routes_count(recovery->routes);
    return hold_key(reading, open_key, err);
}

static enum sealift_status
look(void *context, void *item, struct sealift_error *err)
{
    struct reading *reading = item;

    (void)context;
    if (read_manifest(reading, &reading->failure) == SEALIFT_OK || !error_ends_trying(reading->failure.status))
        return SEALIFT_OK;
    *err = reading->failure;
    return err->status;
}

/* --- judging: one thread, in the order of time --- */

/* By now every manifest before this one was looked at: one of them may have opened its key, or added a route. */
static enum sealift_status
try_once_more(struct reading *reading, struct sealift_error *err)
{
    const bool learnt = kms_routes_count(reading->gathering->recovery->routes) > reading->routes;

    return hold_key(reading, learnt ? open_key : fail_again, err);
}

static enum sealift_status
judge(struct reading *reading, struct private_part *ret_names, struct sealift_error *err)
{
    const struct secret *fs_key;

    if (!reading->is_read)
        return fail_again(reading, NULL, err);
    if (!has_known_key(reading) && reading->key == NULL)
        TRY(try_once_more(reading, err));
    fs_key = reading->key != NULL ? reading->key->fs_key : reading->gathering->known->fs_key;
    TRY(manifest_authenticate(&reading->manifest, fs_key, err));
    return manifest_private(&reading->manifest, fs_key, ret_names, err);
}

static enum sealift_status
tell(void *context, void *item, struct sealift_error *err)
{
    struct gathering *gathering = context;
    struct reading *reading = item;
    struct private_part names;
    struct sealift_error failure;
    char name[NAME_SIZE];

    if (judge(reading, &names, &failure) == SEALIFT_OK)
        return gathering->each(gathering->context, &reading->manifest, &names, err);
    if (error_ends_trying(failure.status)) {
        *err = failure;
        return err->status;
    }
    TRY(kms_routes_audit_ready(gathering->recovery->routes, err));
    name_of_manifest(&reading->locator.fs, &reading->locator.snapshot, name);
    world_log(gathering->recovery->world, LOG_WARNING, "%s: this snapshot is passed over: %s", name, failure.message);
    gathering->passed_over++;
    return SEALIFT_OK;
}

/* --- all of them --- */

struct listing {
    struct gathering *gathering;
    struct relay_run *run;
};

static enum sealift_status
hand_in(void *context, const struct store_object *object, struct sealift_error *err)
{
    const struct listing *listing = context;
    struct reading reading = {.gathering = listing->gathering};

    if (!name_parse_manifest(object->name, &reading.locator.fs, &reading.locator.snapshot))
        return SEALIFT_OK;
    return relay_hand_in(listing->run, &reading, err);
}

static enum sealift_status
plan(void *context, struct relay_run *run, struct sealift_error *err)
{
    struct listing listing = {context, run};
    const struct recovery *recovery = listing.gathering->recovery;
    char prefix[NAME_SIZE];

    name_of_manifests(&recovery->fs, prefix);
    return store_list(recovery->store, prefix, NULL, hand_in, &listing, err);
}

enum sealift_status
recovery_snapshots(const struct recovery *recovery, const struct key_found *known, recovery_each *each, void *context,
                   uint64_t *ret_passed_over, struct sealift_error *err)
{
    SCOPED(gathering_done)
    struct gathering gathering = {.recovery = recovery, .known = known, .each = each, .context = context};
    const struct relay relay = {
        .world = recovery->world,
        .threads = recovery->threads,
        .window = 2 * recovery->threads,
        .item_size = sizeof(struct reading),
        .item_done = reading_done,
        .plan = plan,
        .look = look,
        .tell = tell,
        .context = &gathering,
    };

    TRY(memo_new(REMEMBERED + relay.window + relay.threads, sizeof(struct opened_key), opened_key_done, &gathering.keys,
                 err));
    TRY(relay_run(&relay, err));
    *ret_passed_over = gathering.passed_over;
    return SEALIFT_OK;
}
