#include "cli_scoped.h"
#include "commands.h"
#include "snapshot_view.h"

struct snapshot_add {
    const char *fs, *name, *from;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct snapshot_add *add = values;
    struct sealift *sealift;

    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_snapshot_add(sealift, add->fs, add->name, add->from, err));
    if (add->from == NULL)
        console_say(&cli->console, "No --from: it will be read live, and its time is the start of its upload.");
    return snapshot_view_show(cli, add->fs, add->name, err);
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_add, fs),
     .required = true,
     .help = "name of the filesystem"},
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_add, name),
     .required = true,
     .help = "what the snapshot will be called"},
    {0},
};

static const struct option options[] = {
    {.name = "from",
     .type = OPTION_FOLDER,
     .field = offsetof(struct snapshot_add, from),
     .placeholder = "PATH",
     .help = "an existing read-only snapshot of the filesystem, to be read in its place: of ZFS, LVM, btrfs, "
             "NetApp, CephFS"},
    {0},
};

const struct command cmd_snapshot_add = {
    .words = "fs snapshot add",
    .summary = "add a snapshot, to be uploaded",
    .description =
        "With --from the upload reads a snapshot that you made, which is a true point in time. Without it the "
        "filesystem itself is read live: its time is the start of its upload, the snapshot is marked as live, and "
        "a file that changes while it is read is read again and else reported.",
    .examples = "sealift fs snapshot add home monday --from /srv/.zfs/snapshot/monday\n"
                "sealift fs snapshot add home tuesday",
    .arguments = arguments,
    .groups = {{options, 0}},
    .size = sizeof(struct snapshot_add),
    .run = run,
};
