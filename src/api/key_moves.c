#include "key_moves.h"

#include "error.h"
#include "new_fs.h"
#include "publish_lock.h"
#include "rewrap.h"
#include "scoped.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMES_TOLD 10 /* of filesystems that failed */
#define TRIES      3  /* of one whose key others change at the same time */

void
key_moves_done(struct key_moves *moves)
{
    buf_done(&moves->names);
    store_free(&moves->store);
}

/* --- telling --- */

struct told {
    const char *name; /* NULL: not known */
    const struct uuid *fs;
    const char *outcome, *problem;
    const struct kms_hint *kms; /* NULL: not known */
    int64_t version;
    uint64_t keys, records;
};

static enum sealift_status
tell(const struct key_moves *moves, const struct told *told, struct sealift_error *err)
{
    char id[UUID_TEXT_SIZE];
    struct sealift_rewrapped rewrapped = {
        .filesystem = told->name,
        .id = id,
        .outcome = told->outcome,
        .kms_key_version = told->version,
        .keys = told->keys,
        .records = told->records,
        .problem = told->problem,
    };

    uuid_format(told->fs, id);
    if (told->kms != NULL) {
        rewrapped.kms_type = told->kms->type;
        rewrapped.kms_namespace = told->kms->name_space;
        rewrapped.kms_mount = told->kms->mount;
        rewrapped.kms_key_identifier = told->kms->key_identifier;
    }
    return moves->each != NULL ? moves->each(moves->context, &rewrapped, err) : SEALIFT_OK;
}

static enum sealift_status
count_failure(struct key_moves *moves, const char *name, const struct sealift_error *failure, struct sealift_error *err)
{
    if (moves->failed == 0)
        moves->first = *failure;
    if (moves->failed < NAMES_TOLD) {
        TRY(buf_append_text(&moves->names, moves->failed > 0 ? ", " : "", err));
        TRY(buf_append_text(&moves->names, name, err));
    }
    moves->failed++;
    return SEALIFT_OK;
}

enum sealift_status
key_moves_refuse(struct key_moves *moves, const struct table_fs *row, const struct sealift_error *reason,
                 struct sealift_error *err)
{
    const struct sealift_error failure = *reason; /* `err` may be the same */
    struct told told = {.name = row->name, .fs = &row->uuid, .outcome = "failed", .problem = failure.message};
    struct envelope envelope;

    TRY(table_fs_envelope(moves->sealift->table, &row->uuid, &envelope, err));
    told.kms = &envelope.kms;
    told.version = envelope.kms.key_version;
    TRY(count_failure(moves, row->name, &failure, err));
    return tell(moves, &told, err);
}

enum sealift_status
key_moves_end(const struct key_moves *moves, const char *hint, struct sealift_error *err)
{
    const char *names = (const char *)moves->names.data;
    char more[48] = "";

    if (moves->failed == 0)
        return SEALIFT_OK;
    if (moves->failed > NAMES_TOLD)
        snprintf(more, sizeof(more), " and %" PRIu64 " more", moves->failed - NAMES_TOLD);
    return error_set(err, moves->first.status, "%" PRIu64 " filesystem%s failed (%.*s%s): %s; %s", moves->failed,
                     moves->failed == 1 ? "" : "s", (int)moves->names.len, names, more, moves->first.message, hint);
}

/* --- one filesystem --- */

static enum sealift_status
open_store(struct key_moves *moves, const struct table_fs *row, struct store **ret_store, struct sealift_error *err)
{
    const struct sealift_obs_spec spec = {.url = row->obs};

    *ret_store = NULL;
    if (row->obs[0] == '\0')
        return SEALIFT_OK;
    if (moves->store == NULL || strcmp(moves->obs, row->obs) != 0) {
        store_free(&moves->store);
        TRY(handle_open_obs(moves->sealift, &spec, &moves->store, err));
        memcpy(moves->obs, row->obs, sizeof(moves->obs));
    }
    *ret_store = moves->store;
    return SEALIFT_OK;
}

/* Of an FS key that is not in force: that nobody's KMS opens it is told, and keeps nothing. That somebody was not there
 * to be asked, or would not be, leaves it to the next time. */
static bool
may_open_later(const struct rewrap_outcome *outcome)
{
    const enum sealift_status status = outcome->failure.status;

    return outcome->failed > 0 && status != SEALIFT_KEY && status != SEALIFT_CORRUPT && status != SEALIFT_NOT_FOUND;
}

/* A row that names another own key no longer says who opens what stayed behind. */
static bool
leaves_behind(const struct key_move *move, const struct table_fs *row, const struct rewrap_outcome *outcome)
{
    return may_open_later(outcome) && move->own_key != NULL && strcmp(move->own_key, row->own_key) != 0;
}

static enum sealift_status
store_outcome(const struct key_moves *moves, const struct key_move *move, const struct table_fs *row,
              const struct rewrap_outcome *outcome, struct sealift_error *err)
{
    const struct table_fs_rewrap change = {
        .fs = row->uuid,
        .expected = &row->key_record,
        .as_read = row,
        .key_record = outcome->key_record,
        .envelope = &outcome->envelope,
        .own_key = move->own_key,
        .moved = !move->alone && !may_open_later(outcome),
    };

    return moves->dry_run ? SEALIFT_OK : table_fs_rewrapped(moves->sealift->table, &change, err);
}

static enum sealift_status
move_once(struct key_moves *moves, const struct key_move *move, const struct table_fs *row,
          struct rewrap_outcome *ret_outcome, struct sealift_error *err)
{
    struct envelope envelope;
    struct private_part names;
    struct rewrap_request request = {
        .world = &moves->sealift->world,
        .target = move->target,
        .least_version = move->least_version,
        .fs = row->uuid,
        .in_force = &envelope,
        .key_record = &row->key_record,
        .names = &names,
        .dry_run = moves->dry_run,
    };

    TRY(table_fs_envelope(moves->sealift->table, &row->uuid, &envelope, err));
    new_fs_names(row, &names);
    TRY(handle_routes(moves->sealift, &request.routes, err));
    kms_routes_be_impatient(request.routes);
    TRY(open_store(moves, row, &request.store, err));
    TRY(rewrap(&request, ret_outcome, err));
    if (leaves_behind(move, row, ret_outcome)) {
        *err = ret_outcome->failure;
        return error_prefix(err, "an FS key that is not in force would stay behind");
    }
    return store_outcome(moves, move, row, ret_outcome, err);
}

static enum sealift_status
try_once(struct key_moves *moves, const struct key_move *move, const struct table_fs *row,
         struct rewrap_outcome *ret_outcome, struct sealift_error *err)
{
    struct key_move now = *move;

    if (strcmp(row->own_key, move->row->own_key) != 0) /* which the routes may not know yet */
        TRY(handle_follow_kms(moves->sealift, err));
    if (now.find_target != NULL)
        TRY(now.find_target(now.finder, row, &now, err));
    return move_once(moves, &now, row, ret_outcome, err);
}

static const char *
outcome_word(const struct key_moves *moves, bool other_place, const struct rewrap_outcome *outcome)
{
    if (may_open_later(outcome))
        return "failed";
    if (!outcome->changed && outcome->records == 0 && !other_place)
        return "current";
    return moves->dry_run ? "would-rewrap" : "rewrapped";
}

static struct told
told_of(const struct key_moves *moves, bool other_place, const struct rewrap_outcome *outcome)
{
    return (struct told){
        .outcome = outcome_word(moves, other_place, outcome),
        .problem = outcome->failed > 0 ? outcome->failure.message : NULL,
        .kms = &outcome->envelope.kms,
        .version = outcome->proven.key_version,
        .keys = outcome->keys,
        .records = outcome->records,
    };
}

static enum sealift_status
tell_outcome(struct key_moves *moves, const struct key_move *move, const struct rewrap_outcome *outcome,
             struct sealift_error *err)
{
    const bool other_place = move->own_key != NULL && strcmp(move->own_key, move->row->own_key) != 0;
    struct told told = told_of(moves, other_place, outcome);
    struct sealift_error failure = outcome->failure;

    told.name = move->row->name;
    told.fs = &move->row->uuid;
    if (may_open_later(outcome)) {
        (void)error_hint(&failure, "\"sealift fs key %s --check\" shows who opens it", move->row->name);
        told.problem = failure.message;
        TRY(count_failure(moves, move->row->name, &failure, err));
    }
    return tell(moves, &told, err);
}

/* Then what is published meanwhile waits: it may bring a key of its own, which would be missed. A newer version of the
 * same key makes nothing useless that is in use. */
static bool
goes_elsewhere(const struct key_move *move)
{
    return move->own_key != NULL || move->row->moving;
}

enum sealift_status
key_moves_one(struct key_moves *moves, const struct key_move *move, struct sealift_error *err)
{
    enum sealift_status status = SEALIFT_CONFLICT;
    SCOPED(fd_done) int lock = -1;
    struct rewrap_outcome outcome;
    struct table_fs row;

    TRY(world_check_cancel(&moves->sealift->world, err));
    if (goes_elsewhere(move) && !moves->dry_run)
        TRY(publish_lock_take(&moves->sealift->world, moves->sealift->home, &lock, err));
    for (int i = 0; i < TRIES && status == SEALIFT_CONFLICT; i++) {
        status = table_fs_get_by_uuid(moves->sealift->table, &move->row->uuid, &row, err);
        if (status == SEALIFT_NOT_FOUND) /* removed meanwhile */
            return SEALIFT_OK;
        TRY(status);
        status = try_once(moves, move, &row, &outcome, err);
    }
    if (status == SEALIFT_OK)
        return tell_outcome(moves, move, &outcome, err);
    return error_ends_all(status) ? status : key_moves_refuse(moves, move->row, err, err);
}

/* --- one that only a bucket tells of --- */

static enum sealift_status
tell_in_bucket(struct key_moves *moves, const struct uuid *fs, struct told *told, const struct sealift_error *failure,
               struct sealift_error *err)
{
    char id[UUID_TEXT_SIZE];

    uuid_format(fs, id);
    told->fs = fs;
    if (failure != NULL)
        TRY(count_failure(moves, id, failure, err));
    return tell(moves, told, err);
}

enum sealift_status
key_moves_in_bucket(struct key_moves *moves, const struct key_move_in_bucket *move, struct sealift_error *err)
{
    struct rewrap_request request = {
        .world = &moves->sealift->world,
        .target = move->target,
        .least_version = move->least_version,
        .store = move->store,
        .fs = move->fs,
        .dry_run = moves->dry_run,
    };
    struct rewrap_outcome outcome;
    struct sealift_error failure;
    struct told told = {.outcome = "failed", .problem = failure.message};
    enum sealift_status status;

    TRY(world_check_cancel(&moves->sealift->world, err));
    TRY(handle_routes(moves->sealift, &request.routes, err));
    kms_routes_be_impatient(request.routes);
    status = rewrap(&request, &outcome, &failure);
    if (error_ends_all(status)) {
        *err = failure;
        return status;
    }
    if (status != SEALIFT_OK)
        return tell_in_bucket(moves, &move->fs, &told, &failure, err);
    told = told_of(moves, false, &outcome);
    return tell_in_bucket(moves, &move->fs, &told, may_open_later(&outcome) ? &outcome.failure : NULL, err);
}
