#include "fs_at_rest.h"

#include "at_rest.h"
#include "error.h"
#include "scoped.h"

#include <string.h>

const char *
fs_at_rest_word(struct sealift *sealift, const struct table_fs *row)
{
    static const char *const words[] = {
        [AT_REST_MISSING] = "missing",
        [AT_REST_LOCKED] = "locked",
        [AT_REST_BUSY] = "busy",
        [AT_REST_UNLOCKED] = "unlocked",
    };
    enum at_rest_state state;
    struct sealift_error err;

    if (row->at_rest[0] == '\0')
        return NULL;
    if (at_rest_state(row->path, row->at_rest, &state, &err) == SEALIFT_OK)
        return words[state];
    world_log(&sealift->world, LOG_WARNING, "filesystem %s: %s", row->name, err.message);
    return "unknown";
}

enum sealift_status
fs_at_rest_missing(const struct table_fs *row, struct sealift_error *err)
{
    return error_set(err, SEALIFT_NOT_FOUND,
                     "filesystem %s: there is no directory %s that is encrypted under its key; is its disk mounted?",
                     row->name, row->path);
}

/* What is read instead of the filesystem's own path may be an encrypted directory of any key, or none: a block-level
 * snapshot, or a copy. */
static enum sealift_status
find_key(const struct table_fs *row, const char *path, char ret_id[AT_REST_ID_SIZE], struct sealift_error *err)
{
    TRY(at_rest_find(path, ret_id, err));
    if (row->at_rest[0] != '\0' && strcmp(path, row->path) == 0 && strcmp(ret_id, row->at_rest) != 0)
        return fs_at_rest_missing(row, err);
    return SEALIFT_OK;
}

enum sealift_status
fs_at_rest_check_complete(const struct table_fs *row, struct sealift_error *err)
{
    if (!row->incomplete)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT,
                     "filesystem %s is not complete: it is being made by another process, or its making was cut off; "
                     "then remove %s and give the command that made it again",
                     row->name, row->path);
}

enum sealift_status
fs_at_rest_check_place(struct sealift *sealift, const char *name, const char *path, struct sealift_error *err)
{
    struct table_fs earlier;
    struct sealift_error ignored;

    if (at_rest_check(path, err) == SEALIFT_OK)
        return SEALIFT_OK;
    if (err->status == SEALIFT_CONFLICT && table_fs_get(sealift->table, name, &earlier, &ignored) == SEALIFT_OK)
        TRY(fs_at_rest_check_complete(&earlier, err));
    return err->status;
}

enum sealift_status
fs_at_rest_check_readable(const struct table_fs *row, const char *path, struct sealift_error *err)
{
    char id[AT_REST_ID_SIZE];
    enum at_rest_state state;

    TRY(fs_at_rest_check_complete(row, err));
    TRY(find_key(row, path, id, err));
    if (id[0] == '\0')
        return SEALIFT_OK;
    TRY(at_rest_state(path, id, &state, err));
    if (state == AT_REST_UNLOCKED)
        return SEALIFT_OK;
    if (strcmp(id, row->at_rest) != 0)
        return error_set(err, SEALIFT_CONFLICT,
                         "%s: is locked (encrypted by fscrypt, under another key than ours); unlock it with what "
                         "encrypted it, and upload again",
                         path);
    if (strcmp(path, row->path) != 0)
        return error_set(err, SEALIFT_CONFLICT,
                         "%s: is locked: the key of filesystem %s is not with the kernel for this mount; read a copy "
                         "that is not encrypted, or the filesystem itself",
                         path, row->name);
    return error_set(err, SEALIFT_CONFLICT, "filesystem %s is locked; \"sealift fs unlock %s\"", row->name, row->name);
}
