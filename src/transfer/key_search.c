#include "key_search.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

/* A search that goes on. */
struct run {
    const struct world *world;
    const struct key_search *search;
    struct key_record *aside[KEY_RECORDS_ASKED_MAX]; /* read, and not tried yet, the newest first */
    size_t aside_count;
    size_t asked; /* records that were tried */

    struct key_found found;
    bool found_whole;
    struct uuid newest;
    uint64_t failed;
    struct sealift_error first_failure;
};

void
key_found_done(struct key_found *found)
{
    secret_free(&found->fs_key);
    secret_free(&found->at_rest_key);
}

static void
run_done(struct run *run)
{
    for (size_t i = 0; i < run->aside_count; i++) {
        key_record_done(run->aside[i]);
        free(run->aside[i]);
    }
    key_found_done(&run->found);
}

static bool
is_over(const struct run *run)
{
    return !run->search->all && run->found.fs_key != NULL && (run->found_whole || !run->search->whole);
}

static bool
may_ask(const struct run *run)
{
    return !is_over(run) && run->asked < KEY_RECORDS_ASKED_MAX;
}

static enum sealift_status
tell(const struct run *run, const struct key_attempt *attempt, struct sealift_error *err)
{
    return run->search->each != NULL ? run->search->each(run->search->context, attempt, err) : SEALIFT_OK;
}

static enum sealift_status
check_audit(const struct key_search *search, struct sealift_error *err)
{
    return search->routes != NULL ? kms_routes_audit_ready(search->routes, err)
                                  : kms_audit_ready(search->first->audit, err);
}

static enum sealift_status
note_failure(struct run *run, const char *where, const struct key_record *record, const struct sealift_error *failure,
             struct sealift_error *err)
{
    if (error_ends_trying(failure->status)) {
        *err = *failure;
        return err->status;
    }
    TRY(check_audit(run->search, err));
    world_log(run->world, LOG_WARNING, "%s: this wrapping of the key is of no use: %s", where, failure->message);
    if (run->failed++ == 0)
        run->first_failure = *failure;
    return tell(run, &(struct key_attempt){.where = where, .record = record, .failure = failure}, err);
}

/* --- one wrapping --- */

static enum sealift_status
ask(const struct key_search *search, struct kms_errand *errand, const struct envelope *envelope,
    struct key_found *opened, struct sealift_error *err)
{
    struct secret **at_rest_key = search->whole ? &opened->at_rest_key : NULL;

    if (search->routes != NULL)
        return kms_routes_open_first(search->routes, search->first, errand, envelope, &opened->fs_key, at_rest_key,
                                     &opened->by_first, err);
    TRY(keyring_open(search->first, errand, envelope, &opened->fs_key, at_rest_key, err));
    opened->by_first = true;
    return SEALIFT_OK;
}

static enum sealift_status
open_envelope(const struct run *run, const struct key_record *record, const struct envelope *envelope,
              struct key_found *opened, struct sealift_error *err)
{
    const struct key_search *search = run->search;
    struct kms_errand errand = {.fs = search->fs, .snapshot = search->snapshot};

    if (uuid_is_zero(&errand.snapshot) && record != NULL)
        errand.snapshot = record->snapshot;
    TRY(ask(search, &errand, envelope, opened, err));
    if (search->fs_key != NULL && !secret_equal(opened->fs_key, search->fs_key))
        return error_set(err, SEALIFT_KEY, "it opens to another key");
    opened->envelope = *envelope;
    opened->by = errand.by;
    return SEALIFT_OK;
}

/* Who writes the bucket can cut a part off a record that opens. */
static enum sealift_status
open_names(const struct key_record *record, struct key_found *opened, struct sealift_error *err)
{
    TRY(key_record_private(record, opened->fs_key, &opened->names, err));
    opened->has_names = true;
    if (opened->names.encrypted && opened->at_rest_key == NULL && uuid_is_zero(&record->snapshot))
        return error_set(err, SEALIFT_CORRUPT, "the at-rest key of the filesystem, which is encrypted, is missing");
    return SEALIFT_OK;
}

/* The first that opens, until one comes that has all that is wanted. */
static void
keep(struct run *run, struct key_found *opened, bool whole)
{
    uint64_t count = run->found.opened + 1;

    if (run->found.fs_key == NULL || (whole && !run->found_whole)) {
        key_found_done(&run->found);
        run->found = *opened;
        run->found_whole = whole;
        *opened = (struct key_found){0};
    }
    run->found.opened = count;
}

static enum sealift_status
try_envelope(struct run *run, const char *where, const struct key_record *record, const struct envelope *envelope,
             struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found opened = {0};
    struct sealift_error failure;
    struct kms_hint by;
    bool whole = false;

    if (open_envelope(run, record, envelope, &opened, &failure) != SEALIFT_OK)
        return note_failure(run, where, record, &failure, err);
    if (record != NULL) {
        opened.record = record->record;
        opened.snapshot = record->snapshot;
    }
    if (record != NULL && run->search->whole) {
        whole = open_names(record, &opened, &failure) == SEALIFT_OK;
        if (!whole)
            world_log(run->world, LOG_WARNING, "%s: another wrapping of the key is looked for: %s", where,
                      failure.message);
    }
    if (record == NULL) /* it has no names: it is better than a record only by what that has lost */
        whole = opened.at_rest_key != NULL && run->found.at_rest_key == NULL;
    by = opened.by;
    keep(run, &opened, whole);
    return tell(run, &(struct key_attempt){.where = where, .record = record, .by = &by}, err);
}

/* --- all of them --- */

static enum sealift_status
try_record(struct run *run, const struct key_record *record, struct sealift_error *err)
{
    char name[NAME_SIZE];

    run->asked++;
    name_of_key_record(&record->fs, record->envelope.key_check, &record->record, name);
    return try_envelope(run, name, record, &record->envelope, err);
}

/* Those that come after so many would not be tried any more. */
static enum sealift_status
put_aside(struct run *run, struct key_record *record, struct sealift_error *err)
{
    struct key_record *kept;

    if (run->aside_count == KEY_RECORDS_ASKED_MAX)
        return SEALIFT_OK;
    kept = malloc(sizeof(*kept));
    if (kept == NULL)
        return error_no_memory(err);
    *kept = *record;
    *record = (struct key_record){0};
    run->aside[run->aside_count++] = kept;
    return SEALIFT_OK;
}

enum turn { NEVER, NOW, LATER };

static enum turn
turn_of(const struct key_search *search, const struct kms_hint *hint)
{
    if (search->at != NULL && !kms_is_place_of(search->at, hint))
        return NEVER;
    return search->routes == NULL || kms_routes_knows(search->routes, hint) ? NOW : LATER;
}

static enum sealift_status
look_at_record(struct run *run, const struct uuid *uuid, struct sealift_error *err)
{
    const struct key_search *search = run->search;
    SCOPED(key_record_done) struct key_record record = {0};
    struct sealift_error failure;
    char name[NAME_SIZE];

    if (search->without != NULL && uuid_equal(search->without, uuid))
        return SEALIFT_OK;
    if (key_record_fetch(search->store, &search->fs, search->key_check, uuid, &record, &failure) != SEALIFT_OK) {
        name_of_key_record(&search->fs, search->key_check, uuid, name);
        return note_failure(run, name, NULL, &failure, err);
    }
    switch (turn_of(search, &record.envelope.kms)) {
    case NEVER:
        return SEALIFT_OK;
    case NOW:
        return try_record(run, &record, err);
    case LATER:
        break;
    }
    return put_aside(run, &record, err);
}

static enum sealift_status
try_records(struct run *run, struct sealift_error *err)
{
    const struct key_search *search = run->search;
    struct key_records records;
    struct sealift_error failure;
    char prefix[NAME_SIZE];

    if (key_records_list(search->store, &search->fs, search->key_check, &records, &failure) != SEALIFT_OK) {
        name_of_key_records_of(&search->fs, search->key_check, prefix);
        return note_failure(run, prefix, NULL, &failure, err);
    }
    if (key_records_count(&records) > 0)
        run->newest = *key_records_newest(&records, 0);
    for (size_t i = 0; i < key_records_count(&records) && may_ask(run); i++)
        TRY(look_at_record(run, key_records_newest(&records, i), err));
    for (size_t i = 0; i < run->aside_count && may_ask(run); i++)
        TRY(try_record(run, run->aside[i], err));
    return SEALIFT_OK;
}

static enum sealift_status
explain_none(const struct run *run, struct sealift_error *err)
{
    if (run->failed == 0)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no wrapping of this key");
    *err = run->first_failure;
    if (run->failed > 1)
        return error_hint(err, "other wrappings of this key are of no use either: %zu", (size_t)run->failed - 1);
    return err->status;
}

enum sealift_status
key_search_run(const struct world *world, const struct key_search *search, struct key_found *ret_found,
               struct sealift_error *err)
{
    SCOPED(run_done) struct run run = {.world = world, .search = search};

    if (search->store != NULL)
        TRY(try_records(&run, err));
    if (search->fallback != NULL && !is_over(&run))
        TRY(try_envelope(&run, search->fallback_name, NULL, search->fallback, err));
    if (run.found.fs_key == NULL)
        return explain_none(&run, err);
    *ret_found = run.found;
    ret_found->newest = run.newest;
    run.found = (struct key_found){0};
    return SEALIFT_OK;
}
