#include "error.h"
#include "fs_at_rest.h"
#include "handle.h"
#include "new_fs.h"
#include "scoped.h"
#include "selection_spec.h"
#include "target_root.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_ROLE_SHOWN 16 /* a role id is no secret, but not shown in full */

/* Where the key record goes; NULL when the admin wants none. */
static enum sealift_status
open_obs(struct sealift *sealift, const struct sealift_fs_spec *spec, struct store **ret_store,
         struct sealift_error *err)
{
    const struct sealift_obs_spec obs = {.url = spec->obs};

    if (spec->obs != NULL && spec->no_key_backup)
        return error_set(err, SEALIFT_INVALID, "--obs and --no-key-backup exclude each other");
    if (spec->obs == NULL && !spec->no_key_backup)
        return error_set(
            err, SEALIFT_INVALID,
            "filesystem %s needs an object store for its wrapped key (--obs NAME): a lost table would be a lost key. "
            "--no-key-backup does without, at that price",
            spec->name);
    if (spec->obs == NULL)
        return SEALIFT_OK;
    if (strstr(spec->obs, "://") != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "%s: give the name of an object store; \"sealift obs add NAME %s\" makes one", spec->obs,
                         spec->obs);
    return handle_open_obs(sealift, &obs, ret_store, err);
}

static bool
is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    while (len > 0 && folder[len - 1] == '/') /* the root itself */
        len--;
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* A store inside the filesystem would be carried too: each snapshot twice as large as the one before. A disk that is
 * mounted there is another file system, which an upload does not enter. */
static enum sealift_status
refuse_store_inside(const struct store *store, const char *path, struct sealift_error *err)
{
    SCOPED(free_done) char *folder = NULL;
    struct stat of_store, of_path;

    if (store == NULL || strncmp(store->url, "file://", strlen("file://")) != 0)
        return SEALIFT_OK;
    folder = realpath(store->url + strlen("file://"), NULL);
    if (folder == NULL || !is_below(folder, path) || stat(folder, &of_store) != 0 || stat(path, &of_path) != 0 ||
        of_store.st_dev != of_path.st_dev)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "%s: the object store %s lies inside it, and every snapshot would carry all earlier ones; put the "
                     "store elsewhere",
                     path, folder);
}

/* One that is to be encrypted must be empty, so it may as well be made. */
static enum sealift_status
find_or_make_directory(struct sealift *sealift, const struct sealift_fs_spec *spec, bool *ret_made,
                       struct sealift_error *err)
{
    bool made = false;

    if (spec->encrypted) {
        TRY(fs_at_rest_check_place(sealift, spec->name, spec->path, err));
        made = access(spec->path, F_OK) != 0;
        TRY(target_root_make(spec->path, err));
    }
    *ret_made = made;
    return SEALIFT_OK;
}

static enum sealift_status
add(struct sealift *sealift, const struct sealift_fs_spec *spec, const char *selection, struct store *store,
    struct sealift_error *err)
{
    SCOPED(new_fs_done) struct new_fs fs = {0};
    SCOPED(free_done) char *path = NULL;
    struct new_fs_wish wish = {.name = spec->name, .obs = spec->obs, .allow_no_kms = spec->allow_no_kms};

    TRY(handle_directory(spec->path, &path, err));
    TRY(refuse_store_inside(store, path, err));
    wish.path = path;
    wish.own_key = &spec->own_key;
    wish.encrypted = spec->encrypted;
    wish.selection = selection;
    TRY(new_fs_make_keys(sealift, &wish, &fs, err));
    TRY(new_fs_put_key(sealift, &fs, store, err));
    if (new_fs_encrypt(sealift, &fs, err) == SEALIFT_OK && new_fs_register(sealift, &fs, store, err) == SEALIFT_OK)
        return SEALIFT_OK;
    new_fs_give_up(sealift, &fs, store);
    return err->status;
}

enum sealift_status
sealift_fs_add(struct sealift *sealift, const struct sealift_fs_spec *spec, struct sealift_error *err)
{
    SCOPED(store_free) struct store *store = NULL;
    char selection[SELECTION_MAX];
    bool made;

    TRY(new_fs_check_name(sealift, spec->name, err));
    TRY(handle_need(spec->path, "the filesystem's path", err));
    TRY(selection_spec_store(&spec->selection, selection, err));
    TRY(open_obs(sealift, spec, &store, err));
    TRY(find_or_make_directory(sealift, spec, &made, err));
    if (add(sealift, spec, selection, store, err) == SEALIFT_OK)
        return SEALIFT_OK;
    if (made)
        rmdir(spec->path); /* it is empty still */
    return err->status;
}

enum sealift_status
sealift_fs_select(struct sealift *sealift, const char *name, const struct sealift_selection_spec *selection,
                  struct sealift_error *err)
{
    char json[SELECTION_MAX];
    struct table_fs row;

    TRY(handle_need(name, "the filesystem's name", err));
    TRY(selection_spec_store(selection, json, err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, name, &row, err));
    return table_fs_select(sealift->table, &row.uuid, json, err);
}

enum sealift_status
sealift_fs_rename(struct sealift *sealift, const char *name, const char *new_name, struct sealift_error *err)
{
    struct table_fs row;

    TRY(handle_need(name, "the filesystem's name", err));
    TRY(handle_need(new_name, "the filesystem's new name", err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, name, &row, err));
    return table_fs_rename(sealift->table, &row.uuid, new_name, err);
}

/* --- listing --- */

struct fs_listing {
    struct sealift *sealift;
    sealift_each_fs *each;
    void *context;
};

static enum sealift_status
count_snapshot(void *context, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    uint64_t *count = context;

    (void)snapshot;
    (void)err;
    ++*count;
    return SEALIFT_OK;
}

/* Of what another version wrote, only that it is there. */
static void
show_own_key(const struct table_fs *row, char role[OWN_ROLE_SHOWN], struct sealift_fs *fs)
{
    struct own_key own = {0};
    struct sealift_error ignored;

    fs->kms_key = row->own_key[0] != '\0' ? "own" : "cluster";
    if (own_key_from_json(bytes_of_text(row->own_key), &own, &ignored) != SEALIFT_OK || own.role_id[0] == '\0')
        return;
    snprintf(role, OWN_ROLE_SHOWN, "%.8s...", own.role_id);
    fs->kms_role = role;
}

static enum sealift_status
show_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct fs_listing *listing = context;
    SCOPED(selection_done) struct selection selection = {0};
    SCOPED(free_done) const char **exclude = NULL;
    struct envelope envelope;
    struct sealift_fs fs = {.name = row->name, .path = row->path, .added_ns = row->added_ns};
    char id[UUID_TEXT_SIZE], key_check[2 * KEY_CHECK_SIZE + 1], role[OWN_ROLE_SHOWN];

    TRY(table_fs_envelope(listing->sealift->table, &row->uuid, &envelope, err));
    TRY(table_snapshot_list(listing->sealift->table, &row->uuid, count_snapshot, &fs.snapshots, err));
    uuid_format(&row->uuid, id);
    hex_encode((struct bytes){envelope.key_check, KEY_CHECK_SIZE}, key_check);
    TRY(selection_read(&selection, row->selection, err));
    TRY(selection_list(&selection, &exclude, err));
    fs.id = id;
    fs.encrypted = row->at_rest[0] != '\0';
    fs.at_rest = fs_at_rest_word(listing->sealift, row);
    fs.incomplete = row->incomplete;
    fs.obs = row->obs[0] != '\0' ? row->obs : NULL;
    fs.origin = row->origin[0] != '\0' ? row->origin : NULL;
    show_own_key(row, role, &fs);
    fs.kms_type = envelope.kms.type;
    fs.kms_namespace = envelope.kms.name_space;
    fs.kms_mount = envelope.kms.mount;
    fs.kms_key_identifier = envelope.kms.key_identifier;
    fs.kms_key_version = envelope.kms.key_version;
    fs.key_check = key_check;
    fs.exclude = exclude;
    fs.exclude_caches = selection.exclude_caches;
    fs.exclude_nodump = selection.exclude_nodump;
    return listing->each(listing->context, &fs, err);
}

enum sealift_status
sealift_fs_list(struct sealift *sealift, sealift_each_fs *each, void *context, struct sealift_error *err)
{
    struct fs_listing listing = {sealift, each, context};

    TRY(handle_need_table(sealift, err));
    return table_fs_list(sealift->table, show_fs, &listing, err);
}
