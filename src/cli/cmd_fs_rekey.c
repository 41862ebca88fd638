#include "cmd_fs_rekey.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMES_TOLD 8

struct fs_rekey {
    const char *name;
};

const struct column cmd_fs_rekey_columns[] = {
    {"key_check", "key check", COLUMN_CHARS, offsetof(struct sealift_rekey_result, key_check)},
    {"generation", "generation", COLUMN_COUNT, offsetof(struct sealift_rekey_result, generation)},
    {"readable_snapshots", "under older keys", COLUMN_COUNT, offsetof(struct sealift_rekey_result, readable_snapshots)},
    {0},
};

/* --- which snapshots are still under the older keys --- */

struct names {
    char text[1024];
    unsigned told;
};

static enum sealift_status
add_name(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    struct names *names = context;
    size_t len = strlen(names->text);

    (void)err;
    if (strcmp(snapshot->status, "uploaded") != 0 && strcmp(snapshot->status, "partial") != 0)
        return SEALIFT_OK;
    if (names->told == NAMES_TOLD || len + strlen(snapshot->name) + 3 > sizeof(names->text))
        return SEALIFT_OK;
    snprintf(names->text + len, sizeof(names->text) - len, "%s%s", names->told > 0 ? ", " : "", snapshot->name);
    names->told++;
    return SEALIFT_OK;
}

static enum sealift_status
say_what_is_left(struct cli *cli, const char *name, uint64_t count, struct sealift_error *err)
{
    struct names names = {0};

    console_say(&cli->console, "The next upload is a full one.");
    if (count == 0)
        return SEALIFT_OK;
    TRY(sealift_snapshot_list(cli->sealift, name, add_name, &names, err));
    console_say(&cli->console,
                "%" PRIu64 " uploaded snapshot%s stay%s readable under older keys, also to whoever has one: %s%s.",
                count, count == 1 ? "" : "s", count == 1 ? "s" : "", names.text, names.told < count ? " ..." : "");
    return SEALIFT_OK;
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct fs_rekey *rekey = values;
    struct sealift_rekey_result result;
    struct sealift *sealift;

    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_fs_rekey(sealift, rekey->name, &result, err));
    cli_show(cli, cmd_fs_rekey_columns, &result);
    return say_what_is_left(cli, rekey->name, result.readable_snapshots, err);
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_rekey, name),
     .required = true,
     .help = "of the filesystem"},
    {0},
};

const struct command cmd_fs_rekey = {
    .words = "fs rekey",
    .summary = "give a filesystem a new key, for one that leaked",
    .description =
        "Snapshots that are uploaded from now on are sealed under a new key, wrapped where the filesystem's key was, "
        "and the next upload is a full one. An upload under way ends under the key it began with.\n\n"
        "What is uploaded already stays as it is: readable as before, and readable to whoever has the old key and the "
        "bucket. Remove those snapshots when the new one is uploaded (`sealift fs snapshot remove`). The key by which "
        "an encrypted filesystem is locked on this machine stays the same.\n\n"
        "It is for a leak of the filesystem's own key. Where a wrapped key was copied, or a version of the KMS's key "
        "is to be retired, `sealift kms rewrap` is enough.",
    .examples = "sealift fs rekey home",
    .arguments = arguments,
    .groups = {{no_options, 0}},
    .size = sizeof(struct fs_rekey),
    .run = run,
};
