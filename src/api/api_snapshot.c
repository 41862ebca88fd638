#include "error.h"
#include "fs_at_rest.h"
#include "handle.h"
#include "native_snapshot.h"
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

static enum sealift_status
read_from(struct sealift *sealift, const char *from, struct table_snapshot *row, struct sealift_error *err)
{
    SCOPED(free_done) char *source = NULL;

    TRY(handle_directory(from, &source, err));
    if (strlen(source) >= sizeof(row->source))
        return error_set(err, SEALIFT_INVALID, "%s: the path is longer than %zu bytes", source,
                         sizeof(row->source) - 1);
    snprintf(row->source, sizeof(row->source), "%s", source);
    doubt_writable(sealift, source);
    return SEALIFT_OK;
}

static enum sealift_status
check_spec(const struct sealift_snapshot_spec *spec, struct sealift_error *err)
{
    TRY(handle_need(spec->fs, "the filesystem's name", err));
    TRY(handle_need(spec->name, "the snapshot's name", err));
    TRY(table_check_name("snapshot", spec->name, err));
    if (spec->from != NULL && spec->live)
        return error_set(err, SEALIFT_INVALID, "--from says what to read, --live to read the filesystem: choose one");
    if (spec->keep && (spec->from != NULL || spec->live))
        return error_set(err, SEALIFT_INVALID,
                         "--keep is for a snapshot that is made here: with --from or --live there is none");
    return SEALIFT_OK;
}

/* What the upload will read. The row says nothing about a live read. */
static enum sealift_status
choose_source(struct sealift *sealift, const struct sealift_snapshot_spec *spec, const struct table_fs *fs,
              struct table_snapshot *row, struct sealift_error *err)
{
    if (spec->from != NULL)
        return read_from(sealift, spec->from, row, err);
    return spec->live ? SEALIFT_OK : native_snapshot_make(sealift, fs, spec->keep, row, err);
}

enum sealift_status
sealift_snapshot_add(struct sealift *sealift, const struct sealift_snapshot_spec *spec, struct sealift_error *err)
{
    struct table_snapshot row = {.status = TABLE_SNAPSHOT_ADDED};
    struct table_fs fs;

    TRY(check_spec(spec, err));
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, spec->fs, &fs, err));
    TRY(fs_at_rest_check_complete(&fs, err));
    TRY(table_snapshot_check_free(sealift->table, &fs.uuid, spec->name, err));
    row.fs = fs.uuid;
    row.created_ns = sealift->world.clock->wall_ns(sealift->world.clock);
    snprintf(row.name, sizeof(row.name), "%s", spec->name);
    TRY(choose_source(sealift, spec, &fs, &row, err));
    if (table_snapshot_add(sealift->table, &row, err) != SEALIFT_OK) {
        if (spec->from == NULL)
            native_snapshot_take_back(sealift, &row);
        return err->status;
    }
    return SEALIFT_OK;
}

struct snapshot_listing {
    sealift_each_snapshot *each;
    void *context;
};

static enum sealift_status
show_snapshot(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    struct snapshot_listing *listing = context;
    const struct sealift_snapshot snapshot = {
        .filesystem = row->fs_name,
        .name = row->name,
        .created_ns = row->created_ns,
        .status = table_snapshot_status_name(row->status),
        .live = row->source[0] == '\0' && row->native[0] == '\0' && row->status != TABLE_SNAPSHOT_DOWNLOADED,
        .from = row->source[0] != '\0' ? row->source : NULL,
        .native = row->native[0] != '\0' ? row->native : NULL,
        .entries = row->entries,
        .size = row->size,
        .stored = row->stored,
        .locator = row->locator[0] != '\0' ? row->locator : NULL,
    };

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
