#include "fs_view.h"

#include <string.h>

const struct column fs_view_columns[] = {
    {"name", "name", COLUMN_TEXT, offsetof(struct sealift_fs, name)},
    {"id", "id", COLUMN_TEXT, offsetof(struct sealift_fs, id)},
    {"path", "path", COLUMN_TEXT, offsetof(struct sealift_fs, path)},
    {"encrypted", NULL, COLUMN_FLAG, offsetof(struct sealift_fs, encrypted)},
    {"at_rest", "at rest", COLUMN_TEXT, offsetof(struct sealift_fs, at_rest)},
    {"incomplete", NULL, COLUMN_FLAG, offsetof(struct sealift_fs, incomplete)},
    {"obs", "obs", COLUMN_TEXT, offsetof(struct sealift_fs, obs)},
    {"kms_key", "kms key", COLUMN_TEXT, offsetof(struct sealift_fs, kms_key)},
    {"kms_type", "kms", COLUMN_TEXT, offsetof(struct sealift_fs, kms_type)},
    {"kms_namespace", "namespace", COLUMN_TEXT, offsetof(struct sealift_fs, kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_fs, kms_mount)},
    {"kms_key_identifier", "key", COLUMN_TEXT, offsetof(struct sealift_fs, kms_key_identifier)},
    {"kms_key_version", NULL, COLUMN_NUMBER, offsetof(struct sealift_fs, kms_key_version)},
    {"kms_role", "role", COLUMN_TEXT, offsetof(struct sealift_fs, kms_role)},
    {"key_check", NULL, COLUMN_TEXT, offsetof(struct sealift_fs, key_check)},
    {"origin", NULL, COLUMN_TEXT, offsetof(struct sealift_fs, origin)},
    {"added", NULL, COLUMN_TIME, offsetof(struct sealift_fs, added_ns)},
    {"exclude", "left out", COLUMN_TEXTS, offsetof(struct sealift_fs, exclude)},
    {"exclude_caches", NULL, COLUMN_FLAG, offsetof(struct sealift_fs, exclude_caches)},
    {"exclude_nodump", NULL, COLUMN_FLAG, offsetof(struct sealift_fs, exclude_nodump)},
    {"snapshots", "snapshots", COLUMN_COUNT, offsetof(struct sealift_fs, snapshots)},
    {0},
};

struct search {
    struct cli *cli;
    const char *name;
};

static enum sealift_status
show_if_named(void *context, const struct sealift_fs *fs, struct sealift_error *err)
{
    const struct search *search = context;

    (void)err;
    if (strcmp(fs->name, search->name) == 0)
        cli_show(search->cli, fs_view_columns, fs);
    return SEALIFT_OK;
}

enum sealift_status
fs_view_show(struct cli *cli, const char *name, struct sealift_error *err)
{
    struct search search = {cli, name};

    return sealift_fs_list(cli->sealift, show_if_named, &search, err);
}
