#include "native_snapshot.h"

#include "btrfs.h"
#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

#define BTRFS "btrfs" /* in the table */

static enum sealift_status
look(const char *path, enum btrfs_place *ret_place, struct sealift_error *err)
{
    enum sealift_status status = btrfs_look(path, ret_place, err);

    return status == SEALIFT_NOT_FOUND ? error_hint(err, "is the filesystem mounted?") : status;
}

/* A place of which there can be no snapshot. That it is read live is what people expect of it, except on btrfs; a
 * subvolume may be read-only only for us (in a unit with ProtectSystem=), and change while it is read. */
static enum sealift_status
do_without(struct sealift *sealift, const char *path, enum btrfs_place place, bool keep, struct sealift_error *err)
{
    if (keep)
        return error_set(
            err, SEALIFT_INVALID,
            "%s: there is no snapshot to --keep: one is made only of a btrfs subvolume that can be written "
            "to",
            path);
    if (place == BTRFS_INSIDE)
        world_log(&sealift->world, LOG_WARNING, "%s lies on btrfs, but is no subvolume: it will be read live", path);
    if (place == BTRFS_UNCHANGEABLE)
        world_log(&sealift->world, LOG_WARNING,
                  "%s is a btrfs subvolume, but there is no place for a snapshot, since it cannot be written to from "
                  "here: it will be read live",
                  path);
    return SEALIFT_OK;
}

enum sealift_status
native_snapshot_make(struct sealift *sealift, const struct table_fs *fs, bool keep, struct table_snapshot *row,
                     struct sealift_error *err)
{
    const struct uuid name = uuid_v7(&sealift->world);
    SCOPED(free_done) char *snapshot = NULL;
    enum btrfs_place place;

    TRY(look(fs->path, &place, err));
    if (place != BTRFS_SUBVOLUME)
        return do_without(sealift, fs->path, place, keep, err);
    TRY(btrfs_snapshot_path(fs->path, &name, &snapshot, err));
    if (strlen(snapshot) >= sizeof(row->source))
        return error_set(err, SEALIFT_INVALID, "%s: the path is longer than %zu bytes", snapshot,
                         sizeof(row->source) - 1);
    if (btrfs_snapshot_make(snapshot, !keep, err) != SEALIFT_OK)
        return error_hint(err, "--live reads the filesystem itself");
    snprintf(row->source, sizeof(row->source), "%s", snapshot);
    snprintf(row->native, sizeof(row->native), "%s", keep ? "" : BTRFS);
    return SEALIFT_OK;
}

void
native_snapshot_take_back(struct sealift *sealift, const struct table_snapshot *row)
{
    struct sealift_error err;

    if (row->source[0] != '\0' && btrfs_snapshot_remove(row->source, &err) != SEALIFT_OK)
        world_log(&sealift->world, LOG_WARNING, "%s", err.message);
}

enum sealift_status
native_snapshot_remove(struct sealift *sealift, const struct table_snapshot *row, struct sealift_error *err)
{
    if (row->native[0] == '\0' || row->source[0] == '\0')
        return SEALIFT_OK;
    if (btrfs_snapshot_remove(row->source, err) == SEALIFT_OK)
        return SEALIFT_OK;
    if (err->status != SEALIFT_NOT_FOUND)
        return err->status;
    world_log(&sealift->world, LOG_WARNING,
              "%s was to be removed with snapshot %s, and is not there; if its filesystem is not mounted, \"btrfs "
              "subvolume delete\" removes it by hand later",
              row->source, row->name);
    return SEALIFT_OK;
}

enum sealift_status
native_snapshot_check(const struct table_snapshot *row, struct sealift_error *err)
{
    if (btrfs_snapshot_check(row->source, err) == SEALIFT_OK)
        return SEALIFT_OK;
    return error_hint(err,
                      "this is what was to be uploaded as %s: is the filesystem mounted? If the snapshot has been "
                      "removed, add another one",
                      row->name);
}

/* --- what is over --- */

static enum sealift_status
note_if_over(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    if (!table_snapshot_is_uploaded(row) || row->native[0] == '\0' || row->source[0] == '\0')
        return SEALIFT_OK;
    return buf_append(context, row, sizeof(*row), err);
}

/* One that is not there, in a filesystem that may not be mounted now, is still to be removed. */
static void
remove_one(struct sealift *sealift, const struct table_snapshot *row)
{
    struct table_snapshot removed = *row;
    struct sealift_error err;
    enum sealift_status status = btrfs_snapshot_remove(row->source, &err);

    if (status == SEALIFT_NOT_FOUND)
        return;
    if (status != SEALIFT_OK) {
        world_log(&sealift->world, LOG_WARNING,
                  "%s of %s is uploaded, and what it was read from stays: %s; the next upload tries again, and \"btrfs "
                  "subvolume delete\" removes it by hand",
                  row->name, row->fs_name, err.message);
        return;
    }
    removed.source[0] = '\0';
    if (table_snapshot_update(sealift->table, &removed, &err) != SEALIFT_OK)
        world_log(&sealift->world, LOG_WARNING, "%s", err.message);
}

void
native_snapshot_sweep(struct sealift *sealift, const struct uuid *fs)
{
    SCOPED(buf_done) struct buf over = {0}; /* of struct table_snapshot */
    const struct table_snapshot *rows;
    struct sealift_error err;

    if (table_snapshot_list(sealift->table, fs, note_if_over, &over, &err) != SEALIFT_OK) {
        world_log(&sealift->world, LOG_WARNING, "%s", err.message);
        return;
    }
    rows = (const void *)over.data;
    for (size_t i = 0; i < over.len / sizeof(*rows); i++)
        remove_one(sealift, &rows[i]);
}
