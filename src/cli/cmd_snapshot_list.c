#include "cli_scoped.h"
#include "commands.h"
#include "listing.h"
#include "snapshot_view.h"

struct snapshot_list {
    const char *fs;
};

static enum sealift_status
add_row(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    return listing_add(context, snapshot, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done)
    struct listing listing = {.out = cli->out, .json = cli->json, .columns = snapshot_view_columns};
    const struct snapshot_list *list = values;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(cli_open(cli, &sealift, err));
    status = sealift_snapshot_list(sealift, list->fs, add_row, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK && listing.rows == 0)
        console_say(&cli->console, "There is no snapshot yet: `sealift fs snapshot add FS NAME` adds one.");
    return status;
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_list, fs),
     .help = "name of a filesystem (without it: the snapshots of all)"},
    {0},
};

const struct command cmd_snapshot_list = {
    .words = "fs snapshot list",
    .implied = true,
    .summary = "list the snapshots that this cluster knows",
    .description = "Filesystem, name, when it was made, how far it is, its size, what it takes in the bucket, and its "
                   "locator: what one needs, with the bucket and the KMS, to get it back.\n\n"
                   "What a bucket holds, whoever made it, is listed by `sealift obs snapshots`.",
    .examples = "sealift fs snapshot\nsealift fs snapshot list home --json",
    .arguments = arguments,
    .size = sizeof(struct snapshot_list),
    .run = run,
};
