#include "cmd_fs_unlock.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "listing.h"

struct fs_unlock {
    struct sealift_unlock_spec spec;
};

const struct column cmd_fs_unlock_columns[] = {
    {"filesystem", "filesystem", COLUMN_TEXT, offsetof(struct sealift_unlocked, name)},
    {"path", "path", COLUMN_TEXT, offsetof(struct sealift_unlocked, path)},
    {"at_rest", "at rest", COLUMN_TEXT, offsetof(struct sealift_unlocked, at_rest)},
    {"problem", "problem", COLUMN_TEXT, offsetof(struct sealift_unlocked, problem)},
    {0},
};

static enum sealift_status
add_row(void *context, const struct sealift_unlocked *unlocked, struct sealift_error *err)
{
    return listing_add(context, unlocked, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done)
    struct listing listing = {.out = cli->out, .json = cli->json, .columns = cmd_fs_unlock_columns};
    const struct fs_unlock *unlock = values;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(cli_open(cli, &sealift, err));
    status = sealift_fs_unlock(sealift, &unlock->spec, add_row, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK && listing.rows == 0)
        console_say(&cli->console, "No filesystem is encrypted at rest.");
    return status;
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_unlock, spec.name),
     .help = "of one filesystem; without it all that are encrypted at rest are unlocked"},
    {0},
};

static const struct option options[] = {
    {.name = "wait",
     .type = OPTION_DURATION,
     .field = offsetof(struct fs_unlock, spec.wait_seconds),
     .placeholder = "DURATION",
     .help = "how long to wait for a KMS that is sealed, starting or out of reach: 90s, 5m, 1h"},
    {0},
};

const struct command cmd_fs_unlock = {
    .words = "fs unlock",
    .summary = "give the keys of encrypted filesystems to the kernel",
    .description =
        "The KMS unwraps the key, and the kernel takes it; it is written nowhere. Whoever may read the files "
        "can do so from then on, until `sealift fs lock` or the next start of the machine: at start-up "
        "sealift-unlock.service runs this command.\n\n"
        "What is unlocked already stays so, without the KMS. When one filesystem cannot be unlocked the "
        "others are all the same, and the error names those that are not.",
    .examples = "sealift fs unlock home\nsealift fs unlock --wait 10m",
    .arguments = arguments,
    .groups = {{options, 0}},
    .size = sizeof(struct fs_unlock),
    .run = run,
};
