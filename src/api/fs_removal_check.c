#include "fs_removal_check.h"

#include "at_rest.h"
#include "error.h"
#include "key_records.h"
#include "removal.h"
#include "scoped.h"
#include "work_lock.h"

#include <string.h>

static bool
is_encrypted(const struct table_fs *row)
{
    return row->at_rest[0] != '\0';
}

static enum sealift_status
check_snapshot(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    struct fs_removal_check *check = context;

    check->snapshots++;
    check->uploaded += table_snapshot_is_uploaded(row);
    return removal_check_upload(check->sealift, row, err);
}

static enum sealift_status
check_made(const struct fs_removal_check *check, struct sealift_error *err)
{
    bool runs;

    if (!check->row->incomplete)
        return SEALIFT_OK;
    TRY(work_lock_is_held(check->sealift->home, &check->row->uuid, &runs, err));
    if (!runs)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT,
                     "filesystem %s: is being made at this moment; wait for it, or stop it with Ctrl-C",
                     check->row->name);
}

/* A directory that stays readable until the next start of the machine, and by nobody's key after it, is a trap. It is
 * not locked behind somebody's back either. */
static enum sealift_status
check_locked(const struct fs_removal_check *check, struct sealift_error *err)
{
    enum at_rest_state state;

    if (!is_encrypted(check->row))
        return SEALIFT_OK;
    if (at_rest_state(check->row->path, check->row->at_rest, &state, err) != SEALIFT_OK) {
        world_log(&check->sealift->world, LOG_WARNING, "filesystem %s: %s", check->row->name, err->message);
        return SEALIFT_OK;
    }
    if (state != AT_REST_UNLOCKED && state != AT_REST_BUSY)
        return SEALIFT_OK;
    return error_set(
        err, SEALIFT_CONFLICT,
        "filesystem %s: its directory %s is %s, and without the filesystem nobody could lock it, or unlock it when the "
        "machine has started again; copy what you need, and lock it first: \"sealift fs lock %s\"",
        check->row->name, check->row->path, state == AT_REST_BUSY ? "in use" : "unlocked", check->row->name);
}

static enum sealift_status
count_key_records(const struct fs_removal_check *check, size_t *ret_count, struct sealift_error *err)
{
    struct key_records records;
    struct envelope envelope;

    TRY(table_fs_envelope(check->sealift->table, &check->row->uuid, &envelope, err));
    TRY(key_records_list(check->store, &check->row->uuid, envelope.key_check, &records, err));
    *ret_count = key_records_count(&records);
    return SEALIFT_OK;
}

/* Whether the bucket has what the filesystem can be recovered from. */
static const char *
look_for_key_record(const struct fs_removal_check *check)
{
    struct sealift_error err;
    size_t count;

    if (check->row->obs[0] == '\0')
        return "no";
    if (check->store == NULL)
        return "unknown";
    if (count_key_records(check, &count, &err) == SEALIFT_OK)
        return count > 0 ? "yes" : "no";
    world_log(&check->sealift->world, LOG_WARNING,
              "it is not known whether the bucket has the key of filesystem %s: %s", check->row->name, err.message);
    return "unknown";
}

static enum sealift_status
refuse_key_loss(const struct fs_removal_check *check, struct sealift_error *err)
{
    const bool encrypted = is_encrypted(check->row);

    return error_set(
        err, SEALIFT_CONFLICT,
        "filesystem %s: %s, so that nobody could ever read %s%s again. --allow-key-loss removes it all the same",
        check->row->name,
        check->spec->purge ? "its key would be deleted here and in the bucket"
                           : "no bucket has its key, and the table's copy would be deleted",
        encrypted ? "what is in its encrypted directory, " : "its uploaded snapshots",
        encrypted ? check->row->path : "");
}

static enum sealift_status
check_key_loss(struct fs_removal_check *check, struct sealift_error *err)
{
    bool needed = is_encrypted(check->row) || (check->uploaded > 0 && !check->spec->purge);
    bool lost;

    check->key_record = look_for_key_record(check);
    lost = check->spec->purge || strcmp(check->key_record, "no") == 0;
    return needed && lost && !check->spec->allow_key_loss ? refuse_key_loss(check, err) : SEALIFT_OK;
}

enum sealift_status
fs_removal_check(struct fs_removal_check *check, struct sealift_error *err)
{
    TRY(check_made(check, err));
    TRY(table_snapshot_list(check->sealift->table, &check->row->uuid, check_snapshot, check, err));
    TRY(check_locked(check, err));
    return check_key_loss(check, err);
}
