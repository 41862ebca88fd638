#include "new_fs.h"

#include "error.h"
#include "key_records.h"
#include "keyring.h"
#include "obs.h"
#include "scoped.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
new_fs_done(struct new_fs *fs)
{
    secret_free(&fs->key);
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
    if (status == SEALIFT_OK)
        return error_set(err, SEALIFT_CONFLICT, "filesystem %s: the name is taken (%s); choose another", name,
                         taken.path);
    return status == SEALIFT_NOT_FOUND ? SEALIFT_OK : status;
}

enum sealift_status
new_fs_make_key(struct sealift *sealift, const char *name, const char *path, const char *obs, bool allow_no_kms,
                struct new_fs *ret_fs, struct sealift_error *err)
{
    SCOPED(new_fs_done) struct new_fs fs = {0};
    const struct world *world = &sealift->world;
    struct kms *kms;

    if (strlen(path) >= sizeof(fs.row.path))
        return error_set(err, SEALIFT_INVALID, "%s: the path is longer than %zu bytes", path, sizeof(fs.row.path) - 1);
    snprintf(fs.row.name, sizeof(fs.row.name), "%s", name);
    snprintf(fs.row.path, sizeof(fs.row.path), "%s", path);
    snprintf(fs.row.obs, sizeof(fs.row.obs), "%s", obs != NULL ? obs : "");
    fs.row.uuid = uuid_v4(world);
    fs.row.added_ns = world->clock->wall_ns(world->clock);
    TRY(table_fs_check_free(sealift->table, &fs.row, err));
    TRY(handle_kms(sealift, allow_no_kms, &kms, err));
    TRY(secret_random(world, FS_KEY_SIZE, &fs.key, err));
    TRY(keyring_seal(world, kms, &fs.row.uuid, fs.key, NULL, &fs.envelope, err));
    *ret_fs = fs;
    fs.key = NULL;
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
    names.encrypted = row->at_rest[0] != '\0';
    *ret_names = names;
}

enum sealift_status
new_fs_put_key(struct sealift *sealift, struct new_fs *fs, struct store *store, struct sealift_error *err)
{
    struct private_part names;

    fs->row.key_record = uuid_v7(&sealift->world);
    if (store == NULL)
        return SEALIFT_OK;
    new_fs_names(&fs->row, &names);
    TRY(obs_mark(store, err)); /* a store that was added with --no-check has no marker yet */
    return key_record_put(&sealift->world, store, &fs->envelope, &names, fs->key, &fs->row.key_record, err);
}

void
new_fs_take_back_key(struct sealift *sealift, const struct new_fs *fs, struct store *store)
{
    struct sealift_error err;
    char name[NAME_SIZE];

    name_of_key_record(&fs->row.uuid, &fs->row.key_record, name);
    if (store_delete(store, name, &err) != SEALIFT_OK)
        world_log(&sealift->world, LOG_INFO, "the key record of a filesystem that was not made stays: %s", err.message);
}

enum sealift_status
new_fs_register(struct sealift *sealift, const struct new_fs *fs, struct sealift_error *err)
{
    return table_fs_add(sealift->table, &fs->row, &fs->envelope, err);
}
