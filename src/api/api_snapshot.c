#include "error.h"
#include "handle.h"
#include "names.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A snapshot that can be written to may be one all the same (a clone that nobody touches), so this is no error. */
static void
doubt_writable(struct sealift *sealift, const char *source)
{
    if (access(source, W_OK) == 0)
        world_log(
            &sealift->world, LOG_WARNING,
            "%s can be written to: what changes in it before its upload is over makes the snapshot no point in time",
            source);
}

enum sealift_status
sealift_snapshot_add(struct sealift *sealift, const char *fs, const char *name, const char *from,
                     struct sealift_error *err)
{
    SCOPED(free_done) char *source = NULL;
    struct table_snapshot snapshot = {.status = TABLE_SNAPSHOT_ADDED};
    struct table_fs row;

    TRY(handle_need(fs, "the filesystem's name", err));
    TRY(handle_need(name, "the snapshot's name", err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, fs, &row, err));
    TRY(table_check_name("snapshot", name, err));
    if (from != NULL)
        TRY(handle_directory(from, &source, err));
    if (source != NULL && strlen(source) >= sizeof(snapshot.source))
        return error_set(err, SEALIFT_INVALID, "%s: the path is longer than %zu bytes", source,
                         sizeof(snapshot.source) - 1);
    snapshot.fs = row.uuid;
    snapshot.created_ns = sealift->world.clock->wall_ns(sealift->world.clock);
    snprintf(snapshot.name, sizeof(snapshot.name), "%s", name);
    snprintf(snapshot.source, sizeof(snapshot.source), "%s", source != NULL ? source : "");
    TRY(table_snapshot_add(sealift->table, &snapshot, err));
    if (source != NULL)
        doubt_writable(sealift, source);
    return SEALIFT_OK;
}

struct snapshot_listing {
    sealift_each_snapshot *each;
    void *context;
};

static bool
is_uploaded(const struct table_snapshot *row)
{
    return row->status == TABLE_SNAPSHOT_UPLOADED || row->status == TABLE_SNAPSHOT_PARTIAL;
}

static enum sealift_status
show_snapshot(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    struct snapshot_listing *listing = context;
    const struct locator locator = {row->fs, row->upload};
    char shown[LOCATOR_SIZE];
    const struct sealift_snapshot snapshot = {
        .filesystem = row->fs_name,
        .name = row->name,
        .created_ns = row->created_ns,
        .status = table_snapshot_status_name(row->status),
        .live = row->source[0] == '\0',
        .from = row->source[0] != '\0' ? row->source : NULL,
        .entries = row->entries,
        .size = row->size,
        .stored = row->stored,
        .locator = is_uploaded(row) ? shown : NULL,
    };

    locator_format(&locator, shown);
    return listing->each(listing->context, &snapshot, err);
}

enum sealift_status
sealift_snapshot_list(struct sealift *sealift, const char *fs, sealift_each_snapshot *each, void *context,
                      struct sealift_error *err)
{
    struct snapshot_listing listing = {each, context};
    struct table_fs row;

    TRY(handle_need_table(sealift, err));
    if (fs == NULL)
        return table_snapshot_list(sealift->table, NULL, show_snapshot, &listing, err);
    TRY(table_fs_get(sealift->table, fs, &row, err));
    return table_snapshot_list(sealift->table, &row.uuid, show_snapshot, &listing, err);
}
