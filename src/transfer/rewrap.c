#include "rewrap.h"

#include "error.h"
#include "key_search.h"
#include "scoped.h"

#include <assert.h>
#include <string.h>

struct run {
    const struct rewrap_request *request;
    struct rewrap_outcome outcome;
    struct key_found held; /* the table does not know which is in force: that of the highest generation so far */
    bool kms_is_away;      /* what can wait is left for the next time */
};

static void
run_done(struct run *run)
{
    key_found_done(&run->held);
}

static bool
is_in_force(const struct rewrap_request *request, const uint8_t key_check[KEY_CHECK_SIZE])
{
    return request->in_force != NULL && digest_equal(request->in_force->key_check, key_check, KEY_CHECK_SIZE);
}

/* --- what there is --- */

/* Who writes the bucket can cut it out of a record. */
static enum sealift_status
check_at_rest_key(const struct rewrap_request *request, bool in_force, const struct key_found *found,
                  struct sealift_error *err)
{
    bool wanted =
        in_force ? request->in_force->has_at_rest_key : found->names.encrypted && uuid_is_zero(&found->snapshot);

    if (!wanted || found->at_rest_key != NULL)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CORRUPT,
                     "no wrapping of the filesystem's key has the at-rest key, without which nothing on its disk can "
                     "be read");
}

static enum sealift_status
find(const struct rewrap_request *request, const uint8_t key_check[KEY_CHECK_SIZE], struct key_found *ret_found,
     struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};
    const bool in_force = is_in_force(request, key_check);
    const struct key_search search = {
        .store = request->store,
        .routes = request->routes,
        .first = request->target,
        .fs = request->fs,
        .key_check = key_check,
        .fallback = in_force ? request->in_force : NULL,
        .fallback_name = "the configuration table",
        .whole = true,
    };

    TRY(key_search_run(request->world, &search, &found, err));
    TRY(check_at_rest_key(request, in_force, &found, err));
    *ret_found = found;
    found = (struct key_found){0};
    return SEALIFT_OK;
}

/* --- one FS key --- */

/* The target opened it, with its own key, and that is what it says of itself. A hint that says otherwise is set right
 * by a new record: a mount was moved, or somebody wrote it. A local key has no name before it is used. */
static bool
is_at_target(const struct rewrap_request *request, const struct key_found *found)
{
    const struct kms_hint *place = &request->target->place;

    if (strcmp(place->type, "local") == 0)
        return found->by_first;
    return found->by_first && kms_is_place_of(place, &found->by) && kms_is_place_of(place, &found->envelope.kms);
}

static bool
is_current(const struct rewrap_request *request, const struct key_found *found)
{
    return is_at_target(request, found) && found->by.key_version >= request->least_version;
}

/* Only what the target's own key wrapped is rewrapped inside it, whatever the hint says. */
static enum sealift_status
wrap_anew(const struct run *run, const struct key_found *found, struct envelope *ret_envelope,
          struct kms_hint *ret_proven, struct sealift_error *err)
{
    struct kms_errand errand = {.fs = run->request->fs, .snapshot = found->snapshot};
    struct envelope known = found->envelope;

    if (found->by_first)
        known.kms = found->by;
    else
        known.kms.type[0] = '\0';
    TRY(keyring_rewrap(run->request->target, &errand, &known, found->fs_key, found->at_rest_key, ret_envelope, err));
    *ret_proven = errand.by;
    return SEALIFT_OK;
}

static enum sealift_status
put(struct run *run, const struct key_found *found, const struct envelope *envelope, struct uuid *record,
    struct sealift_error *err)
{
    const struct rewrap_request *request = run->request;
    const bool in_force = is_in_force(request, envelope->key_check);
    const struct uuid none = {0};
    const struct key_record_wish wish = {
        .envelope = envelope,
        .names = in_force ? request->names : &found->names,
        .snapshot = in_force ? none : found->snapshot,
        .fs_key = found->fs_key,
        .newest = uuid_is_zero(&found->newest) ? NULL : &found->newest,
    };

    if (!request->dry_run)
        TRY(key_record_put(request->world, request->store, &wish, record, err));
    run->outcome.records++;
    return SEALIFT_OK;
}

/* Gives the wrapping that is to be used from now on. */
static enum sealift_status
settle(struct run *run, const struct key_found *found, struct envelope *ret_envelope, struct uuid *ret_record,
       struct kms_hint *ret_proven, struct sealift_error *err)
{
    const struct rewrap_request *request = run->request;
    const bool current = is_current(request, found);

    *ret_envelope = found->envelope;
    *ret_proven = found->by;
    *ret_record = found->record;
    if (current && !uuid_is_zero(ret_record))
        return SEALIFT_OK;
    if (!current && !request->dry_run)
        TRY(wrap_anew(run, found, ret_envelope, ret_proven, err));
    if (request->store != NULL) /* the table's wrapping goes there, too, when the bucket has lost it */
        return put(run, found, ret_envelope, ret_record, err);
    *ret_record = current ? *request->key_record : uuid_v7_behind(request->world, request->key_record);
    return SEALIFT_OK;
}

static enum sealift_status
settle_other(struct run *run, const struct key_found *found, struct sealift_error *err)
{
    struct envelope envelope;
    struct uuid record;
    struct kms_hint proven;

    return settle(run, found, &envelope, &record, &proven, err);
}

static enum sealift_status
settle_in_force(struct run *run, const struct key_found *found, struct sealift_error *err)
{
    const struct rewrap_request *request = run->request;
    struct rewrap_outcome *outcome = &run->outcome;
    const struct uuid *before = request->in_force != NULL ? request->key_record : &found->record;

    TRY(settle(run, found, &outcome->envelope, &outcome->key_record, &outcome->proven, err));
    outcome->changed = !uuid_equal(&outcome->key_record, before) || (request->dry_run && !is_current(request, found));
    return SEALIFT_OK;
}

/* --- all of them --- */

static bool
ends_it(enum sealift_status status)
{
    return status == SEALIFT_CANCELLED || status == SEALIFT_NO_MEMORY || status == SEALIFT_INTERNAL;
}

static enum sealift_status
note(struct run *run, const uint8_t key_check[KEY_CHECK_SIZE], enum sealift_status status, struct sealift_error *err)
{
    char name[NAME_SIZE];

    if (status == SEALIFT_OK || ends_it(status))
        return status;
    name_of_key_records_of(&run->request->fs, key_check, name);
    if (error_prefix(err, "%s: this FS key stays as it is", name) == SEALIFT_UNAVAILABLE)
        run->kms_is_away = true;
    if (run->outcome.failed++ == 0)
        run->outcome.failure = *err;
    return SEALIFT_OK;
}

/* Of two that have come equally far, that of the newer record: a rekey that was cut off has left the other. */
static bool
is_behind(const struct key_found *a, const struct key_found *b)
{
    if (a->names.generation != b->names.generation)
        return a->names.generation < b->names.generation;
    return uuid_compare(&a->newest, &b->newest) < 0;
}

static void
swap(struct key_found *a, struct key_found *b)
{
    struct key_found kept = *a;

    *a = *b;
    *b = kept;
}

static enum sealift_status
do_other_key(struct run *run, const uint8_t key_check[KEY_CHECK_SIZE], struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};

    TRY(find(run->request, key_check, &found, err));
    if (!found.has_names)
        return error_set(err, SEALIFT_CORRUPT, "it opens, but none of its records says what it is for");
    if (run->request->in_force == NULL && uuid_is_zero(&found.snapshot) &&
        (run->held.fs_key == NULL || is_behind(&run->held, &found)))
        swap(&run->held, &found);
    return found.fs_key != NULL ? settle_other(run, &found, err) : SEALIFT_OK;
}

static enum sealift_status
do_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
       struct sealift_error *err)
{
    struct run *run = context;

    (void)newest;
    (void)count;
    if (is_in_force(run->request, key_check))
        return SEALIFT_OK;
    TRY(world_check_cancel(run->request->world, err));
    run->outcome.keys++;
    if (run->kms_is_away) {
        run->outcome.failed++;
        return SEALIFT_OK;
    }
    return note(run, key_check, do_other_key(run, key_check, err), err);
}

static enum sealift_status
do_key_in_force(struct run *run, struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};

    if (run->request->in_force != NULL) {
        run->outcome.keys++;
        TRY(find(run->request, run->request->in_force->key_check, &found, err));
        return settle_in_force(run, &found, err);
    }
    if (run->held.fs_key != NULL)
        return settle_in_force(run, &run->held, err);
    if (run->outcome.failed == 0)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no key record of the filesystem");
    *err = run->outcome.failure;
    return err->status;
}

enum sealift_status
rewrap(const struct rewrap_request *request, struct rewrap_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(run_done) struct run run = {.request = request};

    assert(request->in_force == NULL || (request->key_record != NULL && request->names != NULL));
    if (request->store != NULL)
        TRY(key_records_each_key(request->store, &request->fs, do_key, &run, err));
    TRY(do_key_in_force(&run, err));
    *ret_outcome = run.outcome;
    return SEALIFT_OK;
}
