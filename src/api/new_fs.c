#include "new_fs.h"

#include "at_rest.h"
#include "error.h"
#include "key_records.h"
#include "keyring.h"
#include "obs.h"
#include "own_key_spec.h"
#include "scoped.h"
#include "spec_field.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
new_fs_done(struct new_fs *fs)
{
    secret_free(&fs->key);
    secret_free(&fs->at_rest_key);
    work_lock_free(&fs->lock);
}

enum sealift_status
new_fs_check_name(struct sealift *sealift, const char *name, struct sealift_error *err)
{
    struct table_fs taken;
    enum sealift_status status;

    TRY(handle_need(name, "the filesystem's name", err));
    TRY(table_check_name("filesystem", name, err));
    TRY(handle_need_table(sealift, err));
    status = table_fs_get(sealift->table, name, &taken, err);
    if (status == SEALIFT_OK && !taken.incomplete) /* of those new_fs_make_keys() knows more */
        return error_set(err, SEALIFT_CONFLICT, "filesystem %s: the name is taken (%s); choose another", name,
                         taken.path);
    return status == SEALIFT_NOT_FOUND ? SEALIFT_OK : status;
}

/* --- making it --- */

/* An earlier attempt that was cut off may have left its row. Its key is of no use any more when its directory, which is
 * the one that is asked for again, is not encrypted. */
static enum sealift_status
forget_cut_off(struct sealift *sealift, const struct new_fs_wish *wish, struct sealift_error *err)
{
    struct table_fs row;
    enum sealift_status status = table_fs_get(sealift->table, wish->name, &row, err);

    if (status == SEALIFT_NOT_FOUND || (status == SEALIFT_OK && (!row.incomplete || strcmp(row.path, wish->path) != 0)))
        return SEALIFT_OK;
    TRY(status);
    world_log(&sealift->world, LOG_INFO, "filesystem %s: what an earlier attempt left in the table is removed",
              row.name);
    return table_fs_remove(sealift->table, &row.uuid, err);
}

static enum sealift_status
put_own_key(const struct new_fs_wish *wish, struct table_fs *row, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf json = {0};
    struct own_key own;
    const char *text;

    TRY(own_key_spec_read(wish->own_key, &own, err));
    TRY(own_key_to_json(&own, &json, err));
    TRY(buf_text(&json, &text, err));
    return spec_put(row->own_key, sizeof(row->own_key), "what is said of the filesystem's own key", text, err);
}

static enum sealift_status
make_row(struct sealift *sealift, const struct new_fs_wish *wish, struct table_fs *row, struct sealift_error *err)
{
    if (strlen(wish->path) >= sizeof(row->path))
        return error_set(err, SEALIFT_INVALID, "%s: the path is longer than %zu bytes", wish->path,
                         sizeof(row->path) - 1);
    snprintf(row->name, sizeof(row->name), "%s", wish->name);
    snprintf(row->path, sizeof(row->path), "%s", wish->path);
    snprintf(row->obs, sizeof(row->obs), "%s", wish->obs != NULL ? wish->obs : "");
    snprintf(row->selection, sizeof(row->selection), "%s", wish->selection != NULL ? wish->selection : "{}");
    row->uuid = uuid_v4(&sealift->world);
    row->generation = 1;
    row->added_ns = sealift->world.clock->wall_ns(sealift->world.clock);
    TRY(put_own_key(wish, row, err));
    if (wish->encrypted)
        TRY(forget_cut_off(sealift, wish, err));
    return table_fs_check_free(sealift->table, row, err);
}

static enum sealift_status
wrap(struct new_fs *fs, struct sealift_error *err)
{
    struct kms_errand errand = {.fs = fs->row.uuid};

    return keyring_seal(fs->kms, &errand, fs->key, fs->at_rest_key, &fs->envelope, err);
}

/* What else there is, who makes a filesystem can be told; no other command has that option. */
static enum sealift_status
find_kms(struct sealift *sealift, const struct table_fs *row, bool allow_none, struct kms **ret_kms,
         struct sealift_error *err)
{
    enum sealift_status status = handle_fs_kms(sealift, row, allow_none, ret_kms, err);
    struct kms_config config;
    struct sealift_error ignored;

    if (status == SEALIFT_OK || row->own_key[0] != '\0' ||
        handle_cluster_config(sealift, &config, &ignored) != SEALIFT_NOT_FOUND)
        return status;
    return error_hint(err, "for trials only, --allow-no-kms keeps an insecure key file in %s", sealift->home);
}

enum sealift_status
new_fs_make_keys(struct sealift *sealift, const struct new_fs_wish *wish, struct new_fs *ret_fs,
                 struct sealift_error *err)
{
    SCOPED(new_fs_done) struct new_fs fs = {0};
    const struct world *world = &sealift->world;

    TRY(make_row(sealift, wish, &fs.row, err));
    TRY(handle_introduce(sealift, &fs.row, err));
    TRY(find_kms(sealift, &fs.row, wish->allow_no_kms, &fs.kms, err));
    TRY(secret_random(world, FS_KEY_SIZE, &fs.key, err));
    if (wish->encrypted) {
        TRY(secret_random(world, AT_REST_KEY_SIZE, &fs.at_rest_key, err));
        TRY(at_rest_identify(fs.at_rest_key, fs.row.at_rest, err));
    }
    TRY(wrap(&fs, err));
    *ret_fs = fs;
    fs.key = fs.at_rest_key = NULL;
    return SEALIFT_OK;
}

void
new_fs_names(const struct table_fs *row, struct private_part *ret_names)
{
    struct private_part names = {0};

    memcpy(names.filesystem, row->name, sizeof(names.filesystem));
    memcpy(names.path, row->path, sizeof(names.path));
    if (gethostname(names.host, sizeof(names.host) - 1) != 0 || !utf8_is_valid(bytes_of_text(names.host)))
        names.host[0] = '\0';
    names.generation = row->generation;
    memcpy(names.selection, row->selection, sizeof(names.selection));
    names.encrypted = row->at_rest[0] != '\0';
    *ret_names = names;
}

enum sealift_status
new_fs_put_key(struct sealift *sealift, struct new_fs *fs, struct store *store, struct sealift_error *err)
{
    struct private_part names;
    const struct key_record_wish wish = {.envelope = &fs->envelope, .names = &names, .fs_key = fs->key};

    fs->row.key_record = uuid_v7(&sealift->world);
    if (store == NULL)
        return SEALIFT_OK;
    new_fs_names(&fs->row, &names);
    TRY(obs_mark(store, err)); /* a store that was added with --no-check has no marker yet */
    return key_record_put(&sealift->world, store, &wish, &fs->row.key_record, err);
}

enum sealift_status
new_fs_encrypt(struct sealift *sealift, struct new_fs *fs, struct sealift_error *err)
{
    if (fs->at_rest_key == NULL)
        return SEALIFT_OK;
    TRY(work_lock_take(sealift->home, &fs->row.uuid, &fs->lock, err));
    fs->row.incomplete = true;
    TRY(table_fs_add(sealift->table, &fs->row, &fs->envelope, err));
    return at_rest_encrypt(fs->row.path, fs->at_rest_key, err);
}

static enum sealift_status
follow_kms(struct sealift *sealift, struct new_fs *fs, struct store *store, struct sealift_error *err)
{
    const bool locally = strcmp(fs->envelope.kms.type, "local") == 0;
    struct kms *kms;

    TRY(handle_fs_kms(sealift, &fs->row, locally, &kms, err));
    if (kms == fs->kms)
        return SEALIFT_OK;
    fs->kms = kms;
    TRY(wrap(fs, err));
    return new_fs_put_key(sealift, fs, store, err);
}

enum sealift_status
new_fs_register(struct sealift *sealift, struct new_fs *fs, struct store *store, struct sealift_error *err)
{
    if (fs->row.incomplete) /* the table has had it for long, and what moves moves it, too */
        return table_fs_complete(sealift->table, &fs->row.uuid, err);
    TRY(follow_kms(sealift, fs, store, err));
    return table_fs_add(sealift->table, &fs->row, &fs->envelope, err);
}

/* --- when nothing comes of it --- */

/* What was written into the directory is lost with its key; nobody can want it. */
static enum sealift_status
take_back_row(struct sealift *sealift, const struct table_fs *row, struct sealift_error *err)
{
    enum at_rest_state state;

    TRY(at_rest_state(row->path, row->at_rest, &state, err));
    if (state == AT_REST_UNLOCKED)
        TRY(at_rest_lock(row->path, row->at_rest, &state, err));
    return table_fs_remove(sealift->table, &row->uuid, err);
}

static enum sealift_status
take_back_key_record(const struct new_fs *fs, struct store *store, struct sealift_error *err)
{
    char name[NAME_SIZE];

    name_of_key_record(&fs->row.uuid, fs->envelope.key_check, &fs->row.key_record, name);
    return store_delete(store, name, err);
}

void
new_fs_give_up(struct sealift *sealift, const struct new_fs *fs, struct store *store)
{
    struct sealift_error err;

    if (fs->row.incomplete && take_back_row(sealift, &fs->row, &err) != SEALIFT_OK)
        world_log(&sealift->world, LOG_WARNING, "filesystem %s, which was not made, could not be taken back: %s",
                  fs->row.name, err.message);
    if (store != NULL && take_back_key_record(fs, store, &err) != SEALIFT_OK)
        world_log(&sealift->world, LOG_INFO, "the key record of a filesystem that was not made stays: %s", err.message);
}
