#include "upload_source.h"

#include "error.h"
#include "fs_at_rest.h"
#include "native_snapshot.h"
#include "scoped.h"
#include "selection_spec.h"

#include <errno.h>
#include <sys/stat.h>

void
upload_source_done(struct upload_source *source)
{
    selection_done(&source->selection);
}

bool
upload_source_is_live(const struct upload_source *source)
{
    return source->snapshot.source[0] == '\0';
}

const char *
upload_source_path(const struct upload_source *source)
{
    return upload_source_is_live(source) ? source->fs.path : source->snapshot.source;
}

static enum sealift_status
cannot_read(const char *path, int error_number, struct sealift_error *err)
{
    if (error_errno(err, error_number, "%s: cannot be read", path) == SEALIFT_NOT_FOUND)
        return error_hint(err, "is the filesystem mounted?");
    return err->status;
}

static enum sealift_status
check_path(const struct upload_source *source, struct sealift_error *err)
{
    const char *path = upload_source_path(source);
    struct stat found;

    if (source->snapshot.native[0] != '\0')
        return native_snapshot_check(&source->snapshot, err);
    if (stat(path, &found) != 0)
        return cannot_read(path, errno, err);
    if (!S_ISDIR(found.st_mode))
        return error_set(err, SEALIFT_INVALID, "%s: is not a directory any more", path);
    return fs_at_rest_check_readable(&source->fs, path, err);
}

static enum sealift_status
check_not_uploaded(const struct table_snapshot *snapshot, struct sealift_error *err)
{
    if (snapshot->status == TABLE_SNAPSHOT_DOWNLOADED)
        return error_set(
            err, SEALIFT_CONFLICT,
            "snapshot %s of %s: is what the filesystem was made of, and in its bucket already; add another "
            "one: \"sealift fs snapshot add %s NAME\"",
            snapshot->name, snapshot->fs_name, snapshot->fs_name);
    if (!table_snapshot_is_uploaded(snapshot))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT,
                     "snapshot %s of %s: is uploaded already; \"sealift fs snapshot\" shows its locator",
                     snapshot->name, snapshot->fs_name);
}

enum sealift_status
upload_source_find(struct sealift *sealift, const struct sealift_upload_spec *spec, struct upload_source *source,
                   struct sealift_error *err)
{
    TRY(handle_need(spec->fs, "the filesystem's name", err));
    TRY(handle_need(spec->snapshot, "the snapshot's name", err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, spec->fs, &source->fs, err));
    TRY(table_snapshot_get(sealift->table, &source->fs.uuid, spec->snapshot, &source->snapshot, err));
    TRY(check_not_uploaded(&source->snapshot, err));
    TRY(check_path(source, err));
    TRY(selection_read(&source->selection, source->fs.selection, err));
    return selection_spec_gather(&spec->selection, &source->selection, err);
}

enum sealift_status
upload_source_look_again(struct sealift *sealift, struct upload_source *source, struct sealift_error *err)
{
    struct table_snapshot now;

    TRY(table_fs_get_by_uuid(sealift->table, &source->fs.uuid, &source->fs, err));
    TRY(table_snapshot_get(sealift->table, &source->fs.uuid, source->snapshot.name, &now, err));
    return check_not_uploaded(&now, err);
}
