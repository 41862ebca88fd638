#include "cmd_cluster_show.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"

#include <sealift/recover.h>

const struct column cmd_cluster_show_columns[] = {
    {"home", "home", COLUMN_TEXT, offsetof(struct sealift_cluster, home)},
    {"version", "version", COLUMN_TEXT, offsetof(struct sealift_cluster, version)},
    {"format_version", "format", COLUMN_COUNT, offsetof(struct sealift_cluster, format_version)},
    {"kms_type", "kms", COLUMN_TEXT, offsetof(struct sealift_cluster, kms_type)},
    {"kms_address", "kms address", COLUMN_TEXT, offsetof(struct sealift_cluster, kms_address)},
    {"kms_namespace", "kms namespace", COLUMN_TEXT, offsetof(struct sealift_cluster, kms_namespace)},
    {"kms_key_identifier", "kms key", COLUMN_TEXT, offsetof(struct sealift_cluster, kms_key_identifier)},
    {"stores", "object stores", COLUMN_COUNT, offsetof(struct sealift_cluster, stores)},
    {"filesystems", "filesystems", COLUMN_COUNT, offsetof(struct sealift_cluster, filesystems)},
    {"encrypted", "encrypted", COLUMN_COUNT, offsetof(struct sealift_cluster, encrypted)},
    {"own_keys", "with own keys", COLUMN_COUNT, offsetof(struct sealift_cluster, own_keys)},
    {"snapshots", "snapshots", COLUMN_COUNT, offsetof(struct sealift_cluster, snapshots)},
    {"uploaded", "uploaded", COLUMN_COUNT, offsetof(struct sealift_cluster, uploaded)},
    {0},
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    struct sealift *sealift;
    struct sealift_cluster cluster;

    (void)values;
    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_cluster_get(sealift, &cluster, err));
    if (cli->json)
        cli_show(cli, cmd_cluster_show_columns, &cluster);
    else
        output_record(cli->out, cmd_cluster_show_columns, &cluster);
    return SEALIFT_OK;
}

const struct command cmd_cluster_show = {
    .words = "cluster show",
    .implied = true,
    .summary = "show the cluster: its home, its KMS, and how much it knows",
    .description = "What the configuration table holds, counted. Neither the KMS nor a store is asked.",
    .examples = "sealift cluster\nsealift cluster --json",
    .arguments = no_options,
    .run = run,
};
