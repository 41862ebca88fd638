#include "at_rest.h"
#include "error.h"
#include "fs_at_rest.h"
#include "keyring.h"
#include "patience.h"
#include "scoped.h"

#include <string.h>

static enum sealift_status
check_encrypted(const struct table_fs *row, struct sealift_error *err)
{
    if (row->at_rest[0] != '\0')
        return SEALIFT_OK;
    return error_set(
        err, SEALIFT_INVALID,
        "filesystem %s is not encrypted at rest: there is no key to give to the kernel or to take from it; "
        "\"sealift fs add NAME PATH --encrypted\" makes one that is",
        row->name);
}

/* --- locking --- */

struct holders {
    sealift_each_holder *each;
    void *context;
    enum sealift_status status; /* of the first call that failed */
    struct sealift_error *err;
};

static void
show_holder(void *context, int pid, const char *command, const char *what)
{
    struct holders *holders = context;
    const struct sealift_holder holder = {pid, command, what};

    if (holders->status == SEALIFT_OK)
        holders->status = holders->each(holders->context, &holder, holders->err);
}

static enum sealift_status
report_busy(const struct table_fs *row, sealift_each_holder *each, void *context, struct sealift_error *err)
{
    struct holders holders = {each, context, SEALIFT_OK, err};

    if (at_rest_holders(row->path, show_holder, &holders, err) != SEALIFT_OK)
        return error_prefix(err, "filesystem %s: its key was taken from the kernel, but files of it are open",
                            row->name);
    TRY(holders.status);
    return error_set(err, SEALIFT_CONFLICT,
                     "filesystem %s: its key was taken from the kernel, but files of it are open: these stay readable. "
                     "End the processes that hold them, unmount what is mounted there or from there, and lock it again",
                     row->name);
}

enum sealift_status
sealift_fs_lock(struct sealift *sealift, const char *name, sealift_each_holder *each, void *context,
                struct sealift_error *err)
{
    struct table_fs row;
    enum at_rest_state state;

    TRY(handle_need(name, "the filesystem's name", err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, name, &row, err));
    TRY(check_encrypted(&row, err));
    TRY(at_rest_state(row.path, row.at_rest, &state, err));
    if (state == AT_REST_MISSING)
        return fs_at_rest_missing(&row, err);
    TRY(at_rest_lock(row.path, row.at_rest, &state, err));
    if (state == AT_REST_BUSY)
        return report_busy(&row, each, context, err);
    if (state == AT_REST_UNLOCKED)
        return error_set(err, SEALIFT_CONFLICT,
                         "filesystem %s: another user unlocked it, too; that user, or root, has to lock it", row.name);
    return SEALIFT_OK;
}

/* --- unlocking --- */

struct unlocking {
    struct sealift *sealift;
    struct patience patience;
    sealift_each_unlocked *each;
    void *context;
    struct buf failed;          /* names, with commas between them */
    struct sealift_error first; /* what the first of them failed with */
};

static void
unlocking_done(struct unlocking *unlocking)
{
    buf_done(&unlocking->failed);
}

static enum sealift_status
open_at_rest_key(struct sealift *sealift, const struct table_fs *row, struct secret **ret_key,
                 struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct envelope envelope;
    struct kms_errand errand = {0};

    TRY(table_fs_envelope(sealift->table, &row->uuid, &envelope, err));
    TRY(handle_open_envelope(sealift, &errand, &envelope, &fs_key, ret_key, err));
    if (*ret_key == NULL)
        return error_set(err, SEALIFT_KEY, "filesystem %s: its wrapped key holds no at-rest key", row->name);
    return SEALIFT_OK;
}

/* The KMS is asked last: an unlocked filesystem does not need it, nor does one whose disk is not mounted. */
static enum sealift_status
unlock(struct unlocking *unlocking, const struct table_fs *row, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;
    enum at_rest_state state;

    TRY(check_encrypted(row, err));
    TRY(at_rest_state(row->path, row->at_rest, &state, err));
    if (state == AT_REST_UNLOCKED)
        return SEALIFT_OK;
    if (state == AT_REST_MISSING)
        return fs_at_rest_missing(row, err);
    while (open_at_rest_key(unlocking->sealift, row, &key, err) != SEALIFT_OK)
        if (!patience_lasts(&unlocking->patience, err))
            return err->status;
    return at_rest_unlock(row->path, row->at_rest, key, err);
}

static enum sealift_status
note_failure(struct unlocking *unlocking, const struct table_fs *row, const struct sealift_error *problem,
             struct sealift_error *err)
{
    if (unlocking->failed.len == 0)
        unlocking->first = *problem;
    return buf_printf(&unlocking->failed, "%s%s", err, unlocking->failed.len > 0 ? ", " : "", row->name);
}

static enum sealift_status
unlock_and_tell(struct unlocking *unlocking, const struct table_fs *row, struct sealift_error *err)
{
    struct sealift_unlocked unlocked = {.name = row->name, .path = row->path};
    struct sealift_error problem;
    enum sealift_status status = unlock(unlocking, row, &problem);

    if (status == SEALIFT_CANCELLED) {
        *err = problem;
        return status;
    }
    if (status != SEALIFT_OK) {
        unlocked.problem = problem.message;
        TRY(note_failure(unlocking, row, &problem, err));
    }
    unlocked.at_rest = fs_at_rest_word(unlocking->sealift, row);
    return unlocking->each(unlocking->context, &unlocked, err);
}

static bool
is_encrypted(const void *context, const struct table_fs *row)
{
    (void)context;
    return row->at_rest[0] != '\0';
}

/* A KMS may be waited for, and a filesystem leave the table meanwhile. */
static enum sealift_status
unlock_in_turn(void *context, const struct table_fs *row, struct sealift_error *err)
{
    return unlock_and_tell(context, row, err);
}

static enum sealift_status
unlock_one(struct unlocking *unlocking, const char *name, struct sealift_error *err)
{
    struct table_fs row;

    TRY(table_fs_get(unlocking->sealift->table, name, &row, err));
    return unlock_and_tell(unlocking, &row, err);
}

static enum sealift_status
judge(struct unlocking *unlocking, struct sealift_error *err)
{
    const char *names;

    if (unlocking->failed.len == 0)
        return SEALIFT_OK;
    TRY(buf_text(&unlocking->failed, &names, err));
    *err = unlocking->first;
    return error_prefix(err, "not unlocked: %s", names);
}

enum sealift_status
sealift_fs_unlock(struct sealift *sealift, const struct sealift_unlock_spec *spec, sealift_each_unlocked *each,
                  void *context, struct sealift_error *err)
{
    SCOPED(unlocking_done)
    struct unlocking unlocking = {
        .sealift = sealift,
        .patience = patience_begin(&sealift->world, spec->wait_seconds),
        .each = each,
        .context = context,
    };

    TRY(handle_need_table(sealift, err));
    if (spec->name != NULL)
        TRY(unlock_one(&unlocking, spec->name, err));
    else
        TRY(table_fs_in_turn(sealift->table, is_encrypted, unlock_in_turn, &unlocking, err));
    return judge(&unlocking, err);
}
