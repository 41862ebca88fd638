#include "recovered_fs.h"

#include "at_rest.h"
#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

/* Of the rows of snapshots; what is more goes to a temporary file. */
#define SNAPSHOTS_IN_MEMORY ((size_t)1 << 20)

void
recovered_fs_done(struct recovered_fs *fs)
{
    spill_free(&fs->snapshots);
}

/* --- the filesystem --- */

static enum sealift_status
check_names(const struct private_part *names, struct sealift_error *err)
{
    TRY(table_check_name("filesystem", names->filesystem, err));
    if (names->path[0] != '/')
        return error_set(err, SEALIFT_CORRUPT, "its path is not absolute: %s", names->path);
    return SEALIFT_OK;
}

static void
take_names(struct recovered_fs *fs, const struct private_part *names, const struct uuid *from)
{
    struct sealift_error ignored;

    if (check_names(names, &ignored) != SEALIFT_OK || uuid_compare(from, &fs->newest) < 0)
        return;
    memcpy(fs->row.name, names->filesystem, sizeof(fs->row.name));
    memcpy(fs->row.path, names->path, sizeof(fs->row.path));
    fs->newest = *from;
}

static enum sealift_status
fill_row(struct sealift *sealift, const struct key_found *found, struct recovered_fs *fs, struct sealift_error *err)
{
    struct table_fs *row = &fs->row;

    TRY(check_names(&found->names, err));
    take_names(fs, &found->names, &found->record);
    row->uuid = found->envelope.fs;
    row->added_ns = sealift->world.clock->wall_ns(sealift->world.clock);
    row->key_record = found->record;
    row->generation = found->names.generation;
    memcpy(row->selection, found->names.selection, sizeof(row->selection));
    fs->envelope = found->envelope;
    fs->by = found->by;
    return found->at_rest_key != NULL ? at_rest_identify(found->at_rest_key, row->at_rest, err) : SEALIFT_OK;
}

/* --- its snapshots --- */

/* Nothing said is nothing left out. */
static const char *
said(const char *selection)
{
    return selection[0] != '\0' ? selection : "{}";
}

static enum sealift_status
note_snapshot(void *context, const struct manifest *manifest, const struct private_part *names,
              struct sealift_error *err)
{
    struct recovered_fs *fs = context;
    struct table_snapshot snapshot = {
        .fs = manifest->fs,
        .created_ns = manifest->created_ns,
        .status = manifest->partial ? TABLE_SNAPSHOT_PARTIAL : TABLE_SNAPSHOT_UPLOADED,
        .upload = manifest->upload,
        .entries = manifest->totals.entries,
        .size = manifest->totals.size,
        .stored = manifest->totals.stored,
    };

    memcpy(snapshot.name, names->snapshot, sizeof(snapshot.name));
    memcpy(snapshot.source, names->source, sizeof(snapshot.source));
    if (!fs->is_known)
        take_names(fs, names, &manifest->upload);
    if (manifest->sequence >= fs->row.last_sequence) {
        fs->row.last_sequence = manifest->sequence;
        memcpy(fs->row.last_body_sha256, manifest->body_sha256, sizeof(fs->row.last_body_sha256));
        fs->selects_otherwise = strcmp(said(names->selection), said(fs->row.selection)) != 0;
    }
    return spill_write(fs->snapshots, spill_size(fs->snapshots), &snapshot, sizeof(snapshot), err);
}

/* --- both --- */

/* The table's last sequence counts only when the bucket has none beyond it. */
static enum sealift_status
look_in_table(struct sealift *sealift, const struct recovery *recovery, struct recovered_fs *fs,
              struct sealift_error *err)
{
    enum sealift_status status = table_fs_get_by_uuid(sealift->table, &recovery->fs, &fs->row, err);

    fs->is_known = status == SEALIFT_OK;
    if (status == SEALIFT_NOT_FOUND) {
        fs->row = (struct table_fs){0};
        return SEALIFT_OK;
    }
    TRY(status);
    return table_fs_envelope(sealift->table, &recovery->fs, &fs->envelope, err);
}

enum sealift_status
recovered_fs_gather(struct sealift *sealift, const struct recovery *recovery, bool skip_unopened,
                    struct recovered_fs *fs, struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};

    TRY(look_in_table(sealift, recovery, fs, err));
    if (fs->is_known)
        fs->by = fs->envelope.kms;
    else {
        TRY(recovery_key(recovery, skip_unopened, &found, &fs->by, err));
        TRY(fill_row(sealift, &found, fs, err));
        TRY(handle_introduce(sealift, &fs->row, err));
        TRY(recovery_moved(recovery, &found, &fs->moved, err));
    }
    TRY(spill_new(&sealift->world, SNAPSHOTS_IN_MEMORY, &fs->snapshots, err));
    return recovery_snapshots(recovery, fs->is_known ? NULL : &found, note_snapshot, fs, &fs->passed_over, err);
}

enum sealift_status
recovered_fs_compare(const struct recovery *recovery, struct recovered_fs *fs, struct sealift_error *err)
{
    const struct key_found in_table = {.envelope = fs->envelope, .by = fs->envelope.kms, .record = fs->row.key_record};

    return recovery_moved(recovery, &in_table, &fs->moved, err);
}

struct reading_back {
    struct spill *snapshots;
    uint64_t at;
};

static enum sealift_status
read_next(void *context, struct table_snapshot *ret_snapshot, bool *ret_more, struct sealift_error *err)
{
    struct reading_back *back = context;

    *ret_more = back->at < spill_size(back->snapshots);
    if (!*ret_more)
        return SEALIFT_OK;
    TRY(spill_read(back->snapshots, back->at, ret_snapshot, sizeof(*ret_snapshot), err));
    back->at += sizeof(*ret_snapshot);
    return SEALIFT_OK;
}

enum sealift_status
recovered_fs_store(struct sealift *sealift, const struct recovered_fs *fs, bool dry_run, uint64_t *ret_snapshots,
                   struct sealift_error *err)
{
    struct reading_back back = {.snapshots = fs->snapshots};
    const struct table_recovery recovery = {
        .fs = &fs->row,
        .envelope = fs->is_known ? NULL : &fs->envelope,
        .next = read_next,
        .context = &back,
        .dry_run = dry_run,
    };

    return table_recover(sealift->table, &recovery, ret_snapshots, err);
}
