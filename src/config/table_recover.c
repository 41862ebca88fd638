#include "error.h"
#include "scoped.h"
#include "table.h"
#include "table_private.h"
#include "transaction.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

/* The last group of a UUID, which is random. */
#define SUFFIX_SIZE 14

/* "monday.0123456789ab", cut between characters. */
static void
make_distinct(struct table_snapshot *snapshot)
{
    char upload[UUID_TEXT_SIZE], suffix[SUFFIX_SIZE];
    struct bytes rest = bytes_of_text(snapshot->name);
    size_t len = 0;

    uuid_format(&snapshot->upload, upload);
    snprintf(suffix, sizeof(suffix), ".%s", strrchr(upload, '-') + 1);
    while (rest.len > 0) {
        size_t next = utf8_char_len(rest);

        if (next == 0 || len + next + SUFFIX_SIZE > sizeof(snapshot->name))
            break;
        len += next;
        rest = (struct bytes){rest.data + next, rest.len - next};
    }
    memcpy(snapshot->name + len, suffix, sizeof(suffix));
}

static enum sealift_status
put_snapshot(struct table *table, struct table_snapshot *snapshot, bool *ret_new, struct sealift_error *err)
{
    enum sealift_status status;

    if (table_check_name("snapshot", snapshot->name, err) != SEALIFT_OK) {
        snprintf(snapshot->name, sizeof(snapshot->name), "snapshot");
        make_distinct(snapshot);
    }
    status = table_snapshot_found(table, snapshot, ret_new, err);
    if (status != SEALIFT_CONFLICT)
        return status;
    make_distinct(snapshot);
    return table_snapshot_found(table, snapshot, ret_new, err);
}

static enum sealift_status
put_snapshots(struct table *table, const struct table_recovery *recovery, uint64_t *ret_count,
              struct sealift_error *err)
{
    uint64_t count = 0;

    for (;;) {
        struct table_snapshot snapshot = {0};
        bool more, is_new;

        TRY(recovery->next(recovery->context, &snapshot, &more, err));
        if (!more)
            break;
        TRY(put_snapshot(table, &snapshot, &is_new, err));
        count += is_new;
    }
    *ret_count = count;
    return SEALIFT_OK;
}

static enum sealift_status
put_fs(struct table *table, const struct table_recovery *recovery, struct sealift_error *err)
{
    const struct table_fs *fs = recovery->fs;
    struct table_fs there;

    if (recovery->envelope != NULL)
        return table_fs_insert(table, fs, recovery->envelope, err);
    TRY(table_fs_get_by_uuid(table, &fs->uuid, &there, err));
    if (fs->last_sequence <= there.last_sequence)
        return SEALIFT_OK;
    return table_fs_publish(table, &fs->uuid, fs->last_sequence, fs->last_body_sha256, err);
}

enum sealift_status
table_recover(struct table *table, const struct table_recovery *recovery, uint64_t *ret_snapshots,
              struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};
    uint64_t snapshots;

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(put_fs(table, recovery, err));
    TRY(put_snapshots(table, recovery, &snapshots, err));
    if (!recovery->dry_run)
        TRY(transaction_commit(&transaction, err));
    *ret_snapshots = snapshots;
    return SEALIFT_OK;
}
