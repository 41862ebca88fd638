/* The FS key in force. Several threads look at the keys that have records, one chooses. */
#include "error.h"
#include "recovery.h"
#include "relay.h"
#include "scoped.h"

#include <string.h>

/* So many places that the records of one FS key claim are gone to before the search is given up. */
#define CLAIMS_MAX 8

/* One FS key that is looked for. */
struct trial {
    const struct recovery *recovery;
    size_t routes;                      /* that there were before */
    struct kms_hint claims[CLAIMS_MAX]; /* of its records that do not open */
    size_t claim_count;
    /* The first of them that may be a wrapping of ours, and is not for one snapshot alone, as far as it says; before a
     * local one, which beside others is a break-glass key, any other. */
    bool closed;
    struct kms_hint closed_claim;
    struct sealift_error closed_failure;
};

/* All of them. */
struct choice {
    const struct recovery *recovery;
    struct key_found best;
    struct uuid best_newest; /* of its records; zero: there is no best yet */

    /* Of those that do not open, the one with the newest record. */
    struct uuid closed_newest; /* zero: there is none */
    struct kms_hint closed_claim;
    char closed_name[NAME_SIZE];
    struct sealift_error closed_failure;

    struct sealift_error useless; /* why something was of no use, should nothing else be found */
};

static void
choice_done(struct choice *choice)
{
    key_found_done(&choice->best);
}

/* --- one FS key --- */

static bool
is_local(const struct kms_hint *claim)
{
    return strcmp(claim->type, "local") == 0;
}

/* What cannot be read, or holds another key than its name says, never was a wrapping of ours; what the KMS does not
 * open, or was not asked for, may be one. */
static enum sealift_status
note_attempt(void *context, const struct key_attempt *attempt, struct sealift_error *err)
{
    struct trial *trial = context;
    const struct sealift_error *failure = attempt->failure;

    (void)err;
    if (failure == NULL || attempt->record == NULL)
        return SEALIFT_OK;
    if (trial->claim_count < CLAIMS_MAX)
        trial->claims[trial->claim_count++] = attempt->record->envelope.kms;
    if (failure->status == SEALIFT_CORRUPT || failure->status == SEALIFT_INVALID ||
        !uuid_is_zero(&attempt->record->snapshot))
        return SEALIFT_OK;
    if (trial->closed && (!is_local(&trial->closed_claim) || is_local(&attempt->record->envelope.kms)))
        return SEALIFT_OK;
    trial->closed = true;
    trial->closed_claim = attempt->record->envelope.kms;
    trial->closed_failure = *failure;
    return SEALIFT_OK;
}

static enum sealift_status
search_once(struct trial *trial, const uint8_t key_check[KEY_CHECK_SIZE], struct key_found *ret_found,
            struct sealift_error *err)
{
    const struct recovery *recovery = trial->recovery;
    const struct key_search search = {
        .store = recovery->store,
        .routes = recovery->routes,
        .fs = recovery->fs,
        .key_check = key_check,
        .whole = true,
        .each = note_attempt,
        .context = trial,
    };
    SCOPED(key_found_done) struct key_found found = {0};

    *trial = (struct trial){.recovery = recovery, .routes = kms_routes_count(recovery->routes)};
    TRY(key_search_run(recovery->world, &search, &found, err));
    if (!found.has_names || (found.names.encrypted && found.at_rest_key == NULL))
        return error_set(err, SEALIFT_CORRUPT, "of its key records that open none is whole");
    *ret_found = found;
    found.fs_key = found.at_rest_key = NULL;
    return SEALIFT_OK;
}

static enum sealift_status
meet(const struct recovery *recovery, const struct kms_hint *claim, struct sealift_error *err)
{
    if (recovery->meet == NULL || kms_routes_knows(recovery->routes, claim))
        return SEALIFT_OK;
    return recovery->meet(recovery->context, claim, err);
}

/* Most often the newest record is the one that opens, so its place is gone to first. */
static enum sealift_status
meet_newest(const struct recovery *recovery, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest,
            struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    struct sealift_error failure;

    if (key_record_fetch(recovery->store, &recovery->fs, key_check, newest, &record, &failure) == SEALIFT_OK)
        return meet(recovery, &record.envelope.kms, err);
    if (!error_ends_trying(failure.status))
        return SEALIFT_OK; /* the search tells it */
    *err = failure;
    return err->status;
}

/* The places that the records claim; of those that are within reach by now some were not before, as there are more
 * routes, whichever thread has met them. */
static enum sealift_status
meet_claims(const struct trial *trial, bool *ret_again, struct sealift_error *err)
{
    const struct recovery *recovery = trial->recovery;
    bool any = false;

    for (size_t i = 0; i < trial->claim_count; i++) {
        TRY(meet(recovery, &trial->claims[i], err));
        any = any || kms_routes_knows(recovery->routes, &trial->claims[i]);
    }
    *ret_again = any && kms_routes_count(recovery->routes) > trial->routes;
    return SEALIFT_OK;
}

static enum sealift_status
search_key(struct trial *trial, const uint8_t key_check[KEY_CHECK_SIZE], struct key_found *ret_found,
           struct sealift_error *err)
{
    enum sealift_status status = search_once(trial, key_check, ret_found, err);
    struct sealift_error failure;
    bool again;

    if (status == SEALIFT_OK || error_ends_trying(status))
        return status;
    if (meet_claims(trial, &again, &failure) != SEALIFT_OK) {
        *err = failure;
        return err->status;
    }
    return again ? search_once(trial, key_check, ret_found, err) : status;
}

/* --- its generation --- */

/* Whoever has an FS key that leaked can seal a record that makes it one of a later generation, and recovering would go
 * on with it. But a key keeps its generation: what was said of it first stays, where nobody may delete, and of its
 * records the lowest is true. */
struct telling {
    const struct recovery *recovery;
    const struct secret *fs_key;
    uint64_t lowest;
};

static enum sealift_status
read_generation(struct telling *telling, const char *name, uint64_t *ret_generation, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    uint8_t key_check[KEY_CHECK_SIZE];
    struct private_part names;
    struct uuid fs, uuid;

    if (!name_parse_key_record(name, &fs, key_check, &uuid))
        return error_set(err, SEALIFT_INVALID, "%s: is no key record", name);
    TRY(key_record_fetch(telling->recovery->store, &fs, key_check, &uuid, &record, err));
    TRY(key_record_private(&record, telling->fs_key, &names, err));
    *ret_generation = names.generation;
    return SEALIFT_OK;
}

static enum sealift_status
hear_record(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct telling *telling = context;
    struct sealift_error failure;
    uint64_t generation;

    TRY(world_check_cancel(telling->recovery->world, err));
    if (read_generation(telling, object->name, &generation, &failure) == SEALIFT_OK) {
        if (generation < telling->lowest)
            telling->lowest = generation;
        return SEALIFT_OK;
    }
    if (!error_ends_trying(failure.status))
        return SEALIFT_OK; /* not sealed with the key, or garbage: it says nothing */
    *err = failure;
    return err->status;
}

/* No call to the KMS: the key is at hand. */
static enum sealift_status
settle_generation(const struct recovery *recovery, struct key_found *found, struct sealift_error *err)
{
    struct telling telling = {recovery, found->fs_key, found->names.generation};
    char prefix[NAME_SIZE];

    name_of_key_records_of(&recovery->fs, found->envelope.key_check, prefix);
    TRY(store_list(recovery->store, prefix, NULL, hear_record, &telling, err));
    if (telling.lowest < found->names.generation)
        world_log(recovery->world, LOG_WARNING,
                  "%s: its records disagree about the generation of this FS key, and the lowest counts: somebody who "
                  "has the key may have written there",
                  prefix);
    found->names.generation = telling.lowest;
    return SEALIFT_OK;
}

/* --- looking at one: any thread --- */

/* An FS key that has records. */
struct keyed {
    uint8_t key_check[KEY_CHECK_SIZE];
    struct uuid newest; /* of its records, ... */
    uint64_t count;     /* ... and how many there are */

    struct trial trial;
    struct key_found found;
    struct sealift_error failure; /* its status: whether it opens */
};

static void
keyed_done(void *item)
{
    struct keyed *keyed = item;

    key_found_done(&keyed->found);
}

static enum sealift_status
look(void *context, void *item, struct sealift_error *err)
{
    const struct choice *choice = context;
    const struct recovery *recovery = choice->recovery;
    struct keyed *keyed = item;
    enum sealift_status status;

    TRY(meet_newest(recovery, keyed->key_check, &keyed->newest, err));
    keyed->trial.recovery = recovery;
    status = search_key(&keyed->trial, keyed->key_check, &keyed->found, &keyed->failure);
    keyed->failure.status = status;
    if (error_ends_trying(status)) {
        *err = keyed->failure;
        return status;
    }
    if (status == SEALIFT_OK && keyed->count > 1 && uuid_is_zero(&keyed->found.snapshot))
        return settle_generation(recovery, &keyed->found, err);
    return SEALIFT_OK;
}

/* --- which of them: one thread --- */

static bool
is_behind(const struct choice *choice, const struct key_found *found)
{
    if (uuid_is_zero(&choice->best_newest))
        return false;
    if (found->names.generation != choice->best.names.generation)
        return found->names.generation < choice->best.names.generation;
    return uuid_compare(&found->newest, &choice->best_newest) < 0;
}

static void
consider(struct choice *choice, struct key_found *found)
{
    if (!uuid_is_zero(&found->snapshot) || is_behind(choice, found))
        return;
    key_found_done(&choice->best);
    choice->best = *found;
    choice->best_newest = found->newest;
    *found = (struct key_found){0};
}

static void
note_closed(struct choice *choice, const struct keyed *keyed)
{
    choice->useless = keyed->failure;
    if (!keyed->trial.closed || uuid_compare(&keyed->newest, &choice->closed_newest) < 0)
        return;
    choice->closed_newest = keyed->newest;
    choice->closed_claim = keyed->trial.closed_claim;
    choice->closed_failure = keyed->trial.closed_failure;
    name_of_key_record(&choice->recovery->fs, keyed->key_check, &keyed->newest, choice->closed_name);
}

static enum sealift_status
tell(void *context, void *item, struct sealift_error *err)
{
    struct choice *choice = context;
    struct keyed *keyed = item;

    (void)err;
    if (keyed->failure.status == SEALIFT_OK)
        consider(choice, &keyed->found);
    else
        note_closed(choice, keyed);
    return SEALIFT_OK;
}

static enum sealift_status
explain_none(const struct choice *choice, struct sealift_error *err)
{
    if (choice->useless.status == SEALIFT_OK)
        return error_set(err, SEALIFT_NOT_FOUND,
                         "it has no key record of its own; what its snapshots carry may still bring these into a new "
                         "filesystem: \"sealift obs snapshots\", \"sealift fs download\"");
    *err = choice->useless;
    return err->status;
}

/* One that is newer than all that we know of may be the key of a rekey: to go on with the one before it would be to go
 * on with the one that leaked. */
static enum sealift_status
decide(const struct choice *choice, bool skip_unopened, struct sealift_error *err)
{
    const bool has_best = !uuid_is_zero(&choice->best_newest);

    if (uuid_is_zero(&choice->closed_newest))
        return has_best ? SEALIFT_OK : explain_none(choice, err);
    if (has_best && uuid_compare(&choice->closed_newest, &choice->best_newest) < 0)
        return SEALIFT_OK;
    if (has_best && skip_unopened)
        return SEALIFT_OK;
    *err = choice->closed_failure;
    if (has_best)
        return error_prefix(err, "%s may be of the key in force, and does not open, though an older one does",
                            choice->closed_name);
    return err->status;
}

/* --- all of them --- */

static enum sealift_status
hand_in(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
        struct sealift_error *err)
{
    struct keyed keyed = {.newest = *newest, .count = count};

    memcpy(keyed.key_check, key_check, KEY_CHECK_SIZE);
    return relay_hand_in(context, &keyed, err);
}

static enum sealift_status
plan(void *context, struct relay_run *run, struct sealift_error *err)
{
    const struct choice *choice = context;

    return key_records_each_key(choice->recovery->store, &choice->recovery->fs, hand_in, run, err);
}

enum sealift_status
recovery_key(const struct recovery *recovery, bool skip_unopened, struct key_found *ret_found,
             struct kms_hint *ret_claim, struct sealift_error *err)
{
    SCOPED(choice_done) struct choice choice = {.recovery = recovery};
    const struct relay relay = {
        .world = recovery->world,
        .threads = recovery->threads,
        .window = 2 * recovery->threads,
        .item_size = sizeof(struct keyed),
        .item_done = keyed_done,
        .plan = plan,
        .look = look,
        .tell = tell,
        .context = &choice,
    };

    *ret_claim = (struct kms_hint){0};
    TRY(relay_run(&relay, err));
    *ret_claim = choice.closed_claim;
    TRY(decide(&choice, skip_unopened, err));
    *ret_claim = choice.best.envelope.kms;
    *ret_found = choice.best;
    choice.best = (struct key_found){0};
    return SEALIFT_OK;
}
