#include "cli_scoped.h"
#include "commands.h"
#include "fs_view.h"
#include "listing.h"

struct fs_list {
    struct cli *cli;
    struct listing listing;
};

static void
list_done(struct fs_list *list)
{
    listing_done(&list->listing);
}

/* Its row looks like any other one. */
static enum sealift_status
add_row(void *context, const struct sealift_fs *fs, struct sealift_error *err)
{
    struct fs_list *list = context;

    if (fs->incomplete)
        console_say(&list->cli->console,
                    "Filesystem %s is not complete: it is being made, or its making was cut off; then remove %s and "
                    "give the command that made it again.",
                    fs->name, fs->path);
    return listing_add(&list->listing, fs, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(list_done)
    struct fs_list list = {.cli = cli, .listing = {.out = cli->out, .json = cli->json, .columns = fs_view_columns}};
    struct sealift *sealift;
    enum sealift_status status;

    (void)values;
    TRY(cli_open(cli, &sealift, err));
    status = sealift_fs_list(sealift, add_row, &list, err);
    listing_end(&list.listing);
    if (status == SEALIFT_OK && list.listing.rows == 0)
        console_say(&cli->console, "No filesystem is known yet: `sealift fs add NAME PATH --obs OBS` adds one, "
                                   "`sealift fs download` brings one in.");
    return status;
}

const struct command cmd_fs_list = {
    .words = "fs list",
    .implied = true,
    .summary = "list the filesystems",
    .description =
        "Each with its path, the store its snapshots go to, and the KMS key that wraps its own key; those that are "
        "encrypted at rest also with how that stands: unlocked; locked; busy, which is locked while files "
        "are still open; missing, when the directory is not there, as on a disk that is not mounted.",
    .examples = "sealift fs\nsealift fs list --json",
    .arguments = no_options,
    .run = run,
};
