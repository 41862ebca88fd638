#include "cli_scoped.h"
#include "commands.h"
#include "snapshot_view.h"

#include <string.h>

struct added {
    struct cli *cli;
    const struct sealift_snapshot_spec *spec;
};

/* What is known only now: of what the filesystem is, and so how it will be read. */
static void
explain(struct console *console, const struct sealift_snapshot_spec *spec, const struct sealift_snapshot *snapshot)
{
    if (spec->from != NULL || spec->live)
        return;
    if (snapshot->live)
        console_say(console, "No --from: it will be read live, and its time is the start of its upload.");
    else if (snapshot->native != NULL)
        console_say(console, "A %s snapshot of the filesystem was made, which is removed when it is uploaded.",
                    snapshot->native);
    else
        console_say(console, "A snapshot of the filesystem was made, and stays: %s", snapshot->from);
}

static enum sealift_status
show_if_added(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    const struct added *added = context;

    (void)err;
    if (strcmp(snapshot->name, added->spec->name) != 0)
        return SEALIFT_OK;
    explain(&added->cli->console, added->spec, snapshot);
    cli_show(added->cli, snapshot_view_columns, snapshot);
    return SEALIFT_OK;
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct sealift_snapshot_spec *spec = values;
    struct added added = {cli, spec};
    struct sealift *sealift;

    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_snapshot_add(sealift, spec, err));
    return sealift_snapshot_list(sealift, spec->fs, show_if_added, &added, err);
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_snapshot_spec, fs),
     .required = true,
     .help = "name of the filesystem"},
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_snapshot_spec, name),
     .required = true,
     .help = "what the snapshot will be called"},
    {0},
};

static const struct option options[] = {
    {.name = "from",
     .type = OPTION_FOLDER,
     .field = offsetof(struct sealift_snapshot_spec, from),
     .placeholder = "PATH",
     .excludes = "live keep",
     .help = "an existing read-only snapshot of the filesystem, to be read in its place: of ZFS, LVM, NetApp, CephFS"},
    {.name = "live",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_snapshot_spec, live),
     .excludes = "keep",
     .help = "read the filesystem itself, also where a snapshot of it could be made"},
    {.name = "keep",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_snapshot_spec, keep),
     .help = "the snapshot that is made of a btrfs subvolume is not removed after its upload"},
    {0},
};

const struct command cmd_snapshot_add = {
    .words = "fs snapshot add",
    .summary = "add a snapshot, to be uploaded",
    .description =
        "A snapshot should be of one point in time. Of a btrfs subvolume a read-only snapshot is made here and now, in "
        "its folder .sealift-snapshots, and removed when it is uploaded. With --from the upload reads a snapshot that "
        "you made.\n\n"
        "Else, and with --live, the filesystem itself is read: the time of the snapshot is the start of its upload, it "
        "is marked as live, and a file that changes while it is read is read again and else reported.",
    .examples = "sealift fs snapshot add home monday\n"
                "sealift fs snapshot add home tuesday --from /srv/.zfs/snapshot/tuesday",
    .arguments = arguments,
    .groups = {{options, 0}},
    .size = sizeof(struct sealift_snapshot_spec),
    .run = run,
};
