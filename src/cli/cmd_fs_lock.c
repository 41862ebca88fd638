#include "cmd_fs_lock.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "listing.h"

struct fs_lock {
    const char *name;
};

const struct column cmd_fs_lock_columns[] = {
    {"pid", "pid", COLUMN_NUMBER, offsetof(struct sealift_holder, pid)},
    {"command", "command", COLUMN_TEXT, offsetof(struct sealift_holder, command)},
    {"path", "holds", COLUMN_TEXT, offsetof(struct sealift_holder, path)},
    {0},
};

static enum sealift_status
add_row(void *context, const struct sealift_holder *holder, struct sealift_error *err)
{
    return listing_add(context, holder, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done) struct listing listing = {.out = cli->out, .json = cli->json, .columns = cmd_fs_lock_columns};
    const struct fs_lock *lock = values;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(cli_open(cli, &sealift, err));
    status = sealift_fs_lock(sealift, lock->name, add_row, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK)
        console_say(&cli->console, "Filesystem %s is locked.", lock->name);
    return status;
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_lock, name),
     .required = true,
     .help = "of the filesystem"},
    {0},
};

const struct command cmd_fs_lock = {
    .words = "fs lock",
    .summary = "take the key of an encrypted filesystem from the kernel",
    .description = "From then on names and contents are unreadable, for everybody, until `sealift fs unlock`. What is "
                   "written, but not on the disk yet, is put there first.\n\n"
                   "Files that are open stay readable to those who hold them: then the processes are listed, as far as "
                   "you may look at them, with a mount that keeps it in use (its PID is shown as 0), and the exit "
                   "code is 5. When they have ended, lock it again.",
    .examples = "sealift fs lock home",
    .arguments = arguments,
    .size = sizeof(struct fs_lock),
    .run = run,
};
