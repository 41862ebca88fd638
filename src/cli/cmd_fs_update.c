#include "cli_scoped.h"
#include "commands.h"
#include "failure.h"
#include "fs_view.h"
#include "own_key_options.h"
#include "selection_options.h"

struct fs_update {
    const char *name, *new_name;
    struct sealift_selection_spec selection;
    bool no_excludes, use_cluster_key;
    struct sealift_own_key_spec own_key;
};

static bool
is_given(const struct sealift_selection_spec *selection)
{
    return selection->exclude != NULL || selection->exclude_from != NULL || selection->exclude_caches ||
           selection->exclude_nodump;
}

static bool
changes_selection(const struct fs_update *update)
{
    return update->no_excludes || is_given(&update->selection);
}

static bool
changes_key(const struct fs_update *update)
{
    return update->use_cluster_key || update->own_key.key_identifier != NULL;
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct fs_update *update = values;
    const char *name = update->name;
    struct sealift *sealift;

    if (!changes_selection(update) && !changes_key(update) && update->new_name == NULL)
        return failure_set(
            err, SEALIFT_INVALID,
            "`sealift fs update` was given nothing to change; `sealift help fs update` lists what can be changed");
    TRY(cli_open(cli, &sealift, err));
    if (changes_key(update))
        TRY(sealift_fs_move_key(sealift, name, update->use_cluster_key ? NULL : &update->own_key, NULL, NULL, err));
    if (changes_selection(update))
        TRY(sealift_fs_select(sealift, name, &update->selection, err));
    if (update->new_name != NULL) {
        TRY(sealift_fs_rename(sealift, name, update->new_name, err));
        name = update->new_name;
    }
    return fs_view_show(cli, name, err);
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
    {.name = "new-name",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_update, new_name),
     .placeholder = "NAME",
     .help = "what it is called from now on"},
    {.name = "use-cluster-kms-key-identifier",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_update, use_cluster_key),
     .excludes = "kms-key-identifier",
     .help = "wrap its keys with the cluster key again, instead of a key of its own"},
    {.name = "no-excludes",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_update, no_excludes),
     .excludes = "exclude exclude-from exclude-caches exclude-nodump",
     .help = "leave nothing out any more"},
    {0},
};

const struct command cmd_fs_update = {
    .words = "fs update",
    .summary = "change a filesystem: its key at the KMS, its name, what goes into its snapshots",
    .description =
        "With --kms-key-identifier and its kin the filesystem's keys are unwrapped through the key that wraps them "
        "now, wrapped through the other one, and shown to open; then the new wrapping is put into the bucket, and last "
        "the table changes. Any failure before leaves the old key in force. Snapshots that are uploaded follow, and "
        "nothing is read or uploaded again. The old wrappings stay in the bucket: whoever has the old key still opens "
        "what it opened, until that key is destroyed or its version retired.\n\n"
        "A name that is changed with --new-name holds for this table; snapshots and key records in the bucket keep the "
        "name of their time.\n\n"
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
                "sealift fs update home --no-excludes\n"
                "sealift fs update home --kms-namespace tenants/blue --kms-key-identifier backup\n"
                "sealift fs update home --use-cluster-kms-key-identifier\n"
                "sealift fs update home --new-name homes",
    .arguments = arguments,
    .groups = {{options, 0},
               {own_key_options, offsetof(struct fs_update, own_key)},
               {selection_options, offsetof(struct fs_update, selection)}},
    .size = sizeof(struct fs_update),
    .run = run,
};
