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
    bool was_stopped;      /* by who is told */
    struct uuid newest;    /* record of the filesystem, as far as one has come */
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
search_for(const struct rewrap_request *request, const struct key_search *search, struct key_found *ret_found,
           struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};

    TRY(key_search_run(request->world, search, &found, err));
    TRY(check_at_rest_key(request, is_in_force(request, search->key_check), &found, err));
    *ret_found = found;
    found = (struct key_found){0};
    return SEALIFT_OK;
}

static enum sealift_status
find(const struct rewrap_request *request, const uint8_t key_check[KEY_CHECK_SIZE], struct key_found *ret_found,
     struct sealift_error *err)
{
    const bool in_force = is_in_force(request, key_check);
    struct key_search search = {
        .store = request->store,
        .first = request->target,
        .fs = request->fs,
        .key_check = key_check,
        .whole = true,
    };

    if (request->beside) {
        enum sealift_status status;

        search.at = &request->target->place;
        status = search_for(request, &search, ret_found, err);
        if (status == SEALIFT_OK || error_ends_trying(status))
            return status;
        search.at = NULL;
        search.first = NULL;
    }
    search.routes = request->routes;
    search.fallback = in_force ? request->in_force : NULL;
    search.fallback_name = "the configuration table";
    return search_for(request, &search, ret_found, err);
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

/* What is to be used from now on. */
struct settlement {
    struct envelope envelope;
    struct uuid record;
    struct kms_hint proven;
    bool put;
};

/* A new record is named behind all others, so that the last one, of the key in force, is the newest. */
static void
note_newest(struct run *run, const struct uuid *record)
{
    if (uuid_compare(record, &run->newest) > 0)
        run->newest = *record;
}

static enum sealift_status
put(struct run *run, const struct key_found *found, struct settlement *settlement, struct sealift_error *err)
{
    const struct rewrap_request *request = run->request;
    const bool in_force = is_in_force(request, settlement->envelope.key_check);
    const struct uuid none = {0};
    const struct key_record_wish wish = {
        .envelope = &settlement->envelope,
        .names = in_force ? request->names : &found->names,
        .snapshot = in_force ? none : found->snapshot,
        .fs_key = found->fs_key,
        .newest = &run->newest,
    };

    note_newest(run, &found->newest);
    if (!request->dry_run)
        TRY(key_record_put(request->world, request->store, &wish, &settlement->record, err));
    note_newest(run, &settlement->record);
    settlement->put = true;
    run->outcome.records++;
    return SEALIFT_OK;
}

static enum sealift_status
settle(struct run *run, const struct key_found *found, struct settlement *settlement, struct sealift_error *err)
{
    const struct rewrap_request *request = run->request;
    const bool current = is_current(request, found);

    *settlement = (struct settlement){.envelope = found->envelope, .record = found->record, .proven = found->by};
    if (current && !uuid_is_zero(&found->record))
        return SEALIFT_OK;
    if (!current && !request->dry_run)
        TRY(wrap_anew(run, found, &settlement->envelope, &settlement->proven, err));
    if (request->store != NULL) /* the table's wrapping goes there, too, when the bucket has lost it */
        return put(run, found, settlement, err);
    settlement->record = current ? *request->key_record : uuid_v7_behind(request->world, request->key_record);
    return SEALIFT_OK;
}

static enum sealift_status
tell(struct run *run, const struct rewrap_settled *settled, struct sealift_error *err)
{
    if (run->request->each == NULL)
        return SEALIFT_OK;
    run->was_stopped = run->request->each(run->request->context, settled, err) != SEALIFT_OK;
    return run->was_stopped ? err->status : SEALIFT_OK;
}

static enum sealift_status
settle_and_tell(struct run *run, const struct key_found *found, bool in_force, struct settlement *ret_settlement,
                struct sealift_error *err)
{
    const struct uuid none = {0};

    TRY(settle(run, found, ret_settlement, err));
    return tell(run,
                &(struct rewrap_settled){
                    .key_check = found->envelope.key_check,
                    .in_force = in_force,
                    .put = ret_settlement->put,
                    .record = ret_settlement->put && run->request->dry_run ? &none : &ret_settlement->record,
                    .snapshot = &found->snapshot,
                    .by = &ret_settlement->proven,
                },
                err);
}

static enum sealift_status
settle_in_force(struct run *run, const struct key_found *found, struct sealift_error *err)
{
    const struct rewrap_request *request = run->request;
    const struct uuid *before = request->in_force != NULL ? request->key_record : &found->record;
    struct settlement settlement;

    TRY(settle_and_tell(run, found, true, &settlement, err));
    run->outcome.envelope = settlement.envelope;
    run->outcome.key_record = settlement.record;
    run->outcome.proven = settlement.proven;
    run->outcome.changed = !uuid_equal(&settlement.record, before) || (request->dry_run && !is_current(request, found));
    return SEALIFT_OK;
}

/* --- all of them --- */

static enum sealift_status
tell_failure(struct run *run, const uint8_t key_check[KEY_CHECK_SIZE], bool in_force,
             const struct sealift_error *failure, struct sealift_error *err)
{
    const struct uuid none = {0};

    return tell(run,
                &(struct rewrap_settled){
                    .key_check = key_check,
                    .in_force = in_force,
                    .record = &none,
                    .snapshot = &none,
                    .failure = failure,
                },
                err);
}

static enum sealift_status
note_failure(struct run *run, const uint8_t key_check[KEY_CHECK_SIZE], struct sealift_error *err)
{
    const struct sealift_error failure = *err;

    if (failure.status == SEALIFT_UNAVAILABLE)
        run->kms_is_away = true;
    if (run->outcome.failed++ == 0)
        run->outcome.failure = failure;
    return tell_failure(run, key_check, false, &failure, err);
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
    struct settlement settlement;

    TRY(find(run->request, key_check, &found, err));
    if (!found.has_names)
        return error_set(err, SEALIFT_CORRUPT, "it opens, but none of its records says what it is for");
    if (run->request->in_force == NULL && uuid_is_zero(&found.snapshot) &&
        (run->held.fs_key == NULL || is_behind(&run->held, &found)))
        swap(&run->held, &found);
    return found.fs_key != NULL ? settle_and_tell(run, &found, false, &settlement, err) : SEALIFT_OK;
}

static enum sealift_status
try_other_key(struct run *run, const uint8_t key_check[KEY_CHECK_SIZE], struct sealift_error *err)
{
    char name[NAME_SIZE];

    enum sealift_status status =
        run->kms_is_away
            ? error_set(err, SEALIFT_UNAVAILABLE, "left for the next time, as a KMS or the store was away before")
            : do_other_key(run, key_check, err);

    if (status == SEALIFT_OK || error_ends_all(status) || run->was_stopped)
        return status;
    name_of_key_records_of(&run->request->fs, key_check, name);
    return error_prefix(err, "%s: this FS key, an older one or a snapshot's own, stays as it is", name);
}

static enum sealift_status
do_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
       struct sealift_error *err)
{
    struct run *run = context;
    enum sealift_status status;

    (void)count;
    note_newest(run, newest);
    if (is_in_force(run->request, key_check))
        return SEALIFT_OK;
    TRY(world_check_cancel(run->request->world, err));
    run->outcome.keys++;
    status = try_other_key(run, key_check, err);
    if (status == SEALIFT_OK || error_ends_all(status) || run->was_stopped)
        return status;
    return note_failure(run, key_check, err);
}

static enum sealift_status
do_key_of_table(struct run *run, struct sealift_error *err)
{
    const uint8_t *key_check = run->request->in_force->key_check;
    SCOPED(key_found_done) struct key_found found = {0};
    struct sealift_error failure;

    run->outcome.keys++;
    if (find(run->request, key_check, &found, err) == SEALIFT_OK && settle_in_force(run, &found, err) == SEALIFT_OK)
        return SEALIFT_OK;
    failure = *err;
    if (!run->was_stopped)
        TRY(tell_failure(run, key_check, true, &failure, err));
    *err = failure;
    return err->status;
}

static enum sealift_status
do_key_in_force(struct run *run, struct sealift_error *err)
{
    if (run->request->in_force != NULL)
        return do_key_of_table(run, err);
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
