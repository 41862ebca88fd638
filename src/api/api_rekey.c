#include "at_rest.h"
#include "error.h"
#include "fs_at_rest.h"
#include "handle.h"
#include "key_search.h"
#include "new_fs.h"
#include "obs.h"
#include "scoped.h"
#include "text.h"

#include <sealift/keys.h>
#include <string.h>

/* A filesystem that is given a new FS key. */
struct rekey {
    struct sealift *sealift;
    struct table_fs row;
    struct envelope envelope; /* before, and then the new one */
    struct store *store;      /* NULL: it is in no bucket */
    struct secret *fs_key, *at_rest_key;
};

static void
rekey_done(struct rekey *rekey)
{
    secret_free(&rekey->fs_key);
    secret_free(&rekey->at_rest_key);
    store_free(&rekey->store);
}

static enum sealift_status
find(struct rekey *rekey, const char *name, struct sealift_error *err)
{
    struct sealift *sealift = rekey->sealift;
    const struct sealift_obs_spec obs = {.url = rekey->row.obs};

    TRY(handle_need(name, "the filesystem's name", err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, name, &rekey->row, err));
    TRY(fs_at_rest_check_complete(&rekey->row, err));
    TRY(table_fs_envelope(sealift->table, &rekey->row.uuid, &rekey->envelope, err));
    return rekey->row.obs[0] != '\0' ? handle_open_obs(sealift, &obs, &rekey->store, err) : SEALIFT_OK;
}

/* What is encrypted on the disk stays as it is, so its key goes along. */
static enum sealift_status
take_at_rest_key(struct rekey *rekey, struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};
    char id[AT_REST_ID_SIZE];
    struct key_search search = {
        .store = rekey->store,
        .fs = rekey->row.uuid,
        .key_check = rekey->envelope.key_check,
        .fallback = &rekey->envelope,
        .fallback_name = "the configuration table",
        .whole = true,
    };

    if (rekey->row.at_rest[0] == '\0')
        return SEALIFT_OK;
    TRY(handle_routes(rekey->sealift, &search.routes, err));
    TRY(key_search_run(&rekey->sealift->world, &search, &found, err));
    if (found.at_rest_key == NULL)
        return error_set(err, SEALIFT_CORRUPT, "no wrapping of its key holds its at-rest key, which would be lost");
    TRY(at_rest_identify(found.at_rest_key, id, err));
    if (strcmp(id, rekey->row.at_rest) != 0)
        return error_set(err, SEALIFT_KEY, "the at-rest key that lies beside its key is not the one of its directory");
    rekey->at_rest_key = TAKE(found.at_rest_key);
    return SEALIFT_OK;
}

static enum sealift_status
make_key(struct rekey *rekey, struct sealift_error *err)
{
    struct kms_errand errand = {.fs = rekey->row.uuid};
    struct kms *kms;

    TRY(handle_fs_kms(rekey->sealift, &rekey->row, strcmp(rekey->envelope.kms.type, "local") == 0, &kms, err));
    TRY(secret_random(&rekey->sealift->world, FS_KEY_SIZE, &rekey->fs_key, err));
    return keyring_seal(kms, &errand, rekey->fs_key, rekey->at_rest_key, &rekey->envelope, err);
}

/* --- where it is kept --- */

static enum sealift_status
put_record(struct rekey *rekey, struct uuid *ret_record, struct sealift_error *err)
{
    struct private_part names;
    const struct key_record_wish wish = {
        .envelope = &rekey->envelope,
        .names = &names,
        .fs_key = rekey->fs_key,
        .newest = &rekey->row.key_record,
    };

    *ret_record = uuid_v7_behind(&rekey->sealift->world, &rekey->row.key_record);
    if (rekey->store == NULL)
        return SEALIFT_OK;
    new_fs_names(&rekey->row, &names);
    names.generation = rekey->row.generation + 1;
    TRY(obs_mark(rekey->store, err));
    return key_record_put(&rekey->sealift->world, rekey->store, &wish, ret_record, err);
}

/* Of a key that nothing was sealed with, and that a recovery would take for the one in force. */
static void
take_back_record(struct rekey *rekey, const struct uuid *record)
{
    struct sealift_error err;
    char name[NAME_SIZE];

    if (rekey->store == NULL)
        return;
    name_of_key_record(&rekey->row.uuid, rekey->envelope.key_check, record, name);
    if (store_delete(rekey->store, name, &err) != SEALIFT_OK)
        world_log(&rekey->sealift->world, LOG_INFO, "the record of a key that did not come into force stays: %s",
                  err.message);
}

static enum sealift_status
put_in_force(struct rekey *rekey, struct sealift_error *err)
{
    struct uuid record;
    struct table_fs_rewrap change = {
        .fs = rekey->row.uuid,
        .expected = &rekey->row.key_record,
        .as_read = &rekey->row,
        .envelope = &rekey->envelope,
        .generation = rekey->row.generation + 1,
    };

    TRY(put_record(rekey, &record, err));
    change.key_record = record;
    if (table_fs_rewrapped(rekey->sealift->table, &change, err) == SEALIFT_OK)
        return SEALIFT_OK;
    if (err->status == SEALIFT_CONFLICT) /* else the table may have it all the same */
        take_back_record(rekey, &record);
    return err->status;
}

/* --- what is told --- */

static enum sealift_status
count_uploaded(void *context, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    uint64_t *count = context;

    (void)err;
    if (table_snapshot_is_uploaded(snapshot))
        ++*count;
    return SEALIFT_OK;
}

enum sealift_status
sealift_fs_rekey(struct sealift *sealift, const char *name, struct sealift_rekey_result *ret_result,
                 struct sealift_error *err)
{
    SCOPED(rekey_done) struct rekey rekey = {.sealift = sealift};
    struct sealift_rekey_result result = {0};

    TRY(find(&rekey, name, err));
    if (take_at_rest_key(&rekey, err) != SEALIFT_OK || make_key(&rekey, err) != SEALIFT_OK ||
        put_in_force(&rekey, err) != SEALIFT_OK)
        return error_prefix(err, "filesystem %s keeps its key", name);
    TRY(table_snapshot_list(sealift->table, &rekey.row.uuid, count_uploaded, &result.readable_snapshots, err));
    result.generation = rekey.row.generation + 1;
    hex_encode(BYTES_OF(rekey.envelope.key_check), result.key_check);
    *ret_result = result;
    return SEALIFT_OK;
}
