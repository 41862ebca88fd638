#include "snapshot_view.h"

#include <string.h>

const struct column snapshot_view_columns[] = {
    {"filesystem", "filesystem", COLUMN_TEXT, offsetof(struct sealift_snapshot, filesystem)},
    {"name", "name", COLUMN_TEXT, offsetof(struct sealift_snapshot, name)},
    {"created", "created", COLUMN_TIME, offsetof(struct sealift_snapshot, created_ns)},
    {"status", "status", COLUMN_TEXT, offsetof(struct sealift_snapshot, status)},
    {"live", NULL, COLUMN_FLAG, offsetof(struct sealift_snapshot, live)},
    {"from", NULL, COLUMN_TEXT, offsetof(struct sealift_snapshot, from)},
    {"entries", NULL, COLUMN_COUNT, offsetof(struct sealift_snapshot, entries)},
    {"size", "size", COLUMN_BYTES, offsetof(struct sealift_snapshot, size)},
    {"stored", "stored", COLUMN_BYTES, offsetof(struct sealift_snapshot, stored)},
    {"locator", "locator", COLUMN_TEXT, offsetof(struct sealift_snapshot, locator)},
    {0},
};

const struct column snapshot_view_bucket_columns[] = {
    {"filesystem", "filesystem", COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, filesystem)},
    {"snapshot", "snapshot", COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, snapshot)},
    {"created", "created", COLUMN_TIME, offsetof(struct sealift_bucket_snapshot, created_ns)},
    {"published", NULL, COLUMN_TIME, offsetof(struct sealift_bucket_snapshot, published_ns)},
    {"sequence", NULL, COLUMN_COUNT, offsetof(struct sealift_bucket_snapshot, sequence)},
    {"live", NULL, COLUMN_FLAG, offsetof(struct sealift_bucket_snapshot, live)},
    {"partial", NULL, COLUMN_FLAG, offsetof(struct sealift_bucket_snapshot, partial)},
    {"entries", NULL, COLUMN_COUNT, offsetof(struct sealift_bucket_snapshot, entries)},
    {"files", "files", COLUMN_COUNT, offsetof(struct sealift_bucket_snapshot, files)},
    {"size", "size", COLUMN_BYTES, offsetof(struct sealift_bucket_snapshot, size)},
    {"stored", "stored", COLUMN_BYTES, offsetof(struct sealift_bucket_snapshot, stored)},
    {"kms_type", "kms", COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, kms_type)},
    {"kms_namespace", "namespace", COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, kms_mount)},
    {"kms_key_identifier", "key", COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, kms_key_identifier)},
    {"path", NULL, COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, path)},
    {"host", NULL, COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, host)},
    {"filesystem_id", NULL, COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, filesystem_id)},
    {"locator", "locator", COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, locator)},
    {"problem", "remark", COLUMN_TEXT, offsetof(struct sealift_bucket_snapshot, problem)},
    {0},
};

struct search {
    struct cli *cli;
    const char *name;
};

static enum sealift_status
show_if_named(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    const struct search *search = context;

    (void)err;
    if (strcmp(snapshot->name, search->name) == 0)
        cli_show(search->cli, snapshot_view_columns, snapshot);
    return SEALIFT_OK;
}

enum sealift_status
snapshot_view_show(struct cli *cli, const char *fs, const char *name, struct sealift_error *err)
{
    struct search search = {cli, name};

    return sealift_snapshot_list(cli->sealift, fs, show_if_named, &search, err);
}
