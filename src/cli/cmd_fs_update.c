#include "cli_scoped.h"
#include "commands.h"
#include "failure.h"
#include "fs_view.h"
#include "selection_options.h"

struct fs_update {
    const char *name;
    struct sealift_selection_spec selection;
    bool no_excludes;
};

static bool
is_given(const struct sealift_selection_spec *selection)
{
    return selection->exclude != NULL || selection->exclude_from != NULL || selection->exclude_caches ||
           selection->exclude_nodump;
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct fs_update *update = values;
    struct sealift *sealift;

    if (!update->no_excludes && !is_given(&update->selection))
        return failure_set(err, SEALIFT_INVALID,
                           "`sealift fs update` was given nothing to change; `sealift help fs update` lists what can "
                           "be changed");
    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_fs_select(sealift, update->name, &update->selection, err));
    return fs_view_show(cli, update->name, err);
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_update, name),
     .required = true,
     .help = "of the filesystem"},
    {0},
};

static const struct option options[] = {
    {.name = "no-excludes",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_update, no_excludes),
     .excludes = "exclude exclude-from exclude-caches exclude-nodump",
     .help = "leave nothing out any more"},
    {0},
};

const struct command cmd_fs_update = {
    .words = "fs update",
    .summary = "change what of a filesystem goes into its snapshots",
    .description =
        "The exclude options that are given replace all those that are kept with the filesystem, so give them all. "
        "They hold for uploads from now on; each snapshot remembers what held for it. What a FILE says is kept, not "
        "its name: after a change of the file, give it again.\n\n"
        "A pattern has the meaning of gitignore(5): without a `/` it names entries anywhere, with a `/` at its "
        "beginning or within it begins at the filesystem's root, with a `/` at its end it is for directories only. "
        "`*`, `?` and `[a-z]` match within a name, `**` between slashes any number of directories, and a backslash "
        "takes the meaning from what follows. `!` brings back what an earlier pattern left out, but nothing below a "
        "directory that is left out. The last pattern that matches decides. `sealift fs snapshot upload --dry-run` "
        "shows what comes of it.",
    .examples = "sealift fs update home --exclude '*.tmp' --exclude '!important.tmp' --exclude-caches\n"
                "sealift fs update home --exclude-from /etc/sealift/home.exclude\n"
                "sealift fs update home --no-excludes",
    .arguments = arguments,
    .groups = {{options, 0}, {selection_options, offsetof(struct fs_update, selection)}},
    .size = sizeof(struct fs_update),
    .run = run,
};
