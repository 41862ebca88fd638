#include "cmd_snapshot_get.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "failure.h"
#include "obs_options.h"
#include "transfer_options.h"

struct snapshot_get {
    struct sealift_get_spec spec;
    const char *const *words; /* behind the first */
};

const struct column cmd_snapshot_get_columns[] = {
    {"locator", "locator", COLUMN_CHARS, offsetof(struct sealift_get_result, locator)},
    {"entries", "entries", COLUMN_COUNT, offsetof(struct sealift_get_result, entries)},
    {"files", "files", COLUMN_COUNT, offsetof(struct sealift_get_result, files)},
    {"size", "size", COLUMN_BYTES, offsetof(struct sealift_get_result, size)},
    {"fetched", "fetched", COLUMN_BYTES, offsetof(struct sealift_get_result, fetched)},
    {"requests", "requests", COLUMN_COUNT, offsetof(struct sealift_get_result, requests)},
    {"degraded", "degraded", COLUMN_COUNT, offsetof(struct sealift_get_result, degraded)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct sealift_get_result, seconds)},
    {0},
};

/* FS SNAPSHOT PATH..., or with --obs LOCATOR PATH... */
static enum sealift_status
choose_snapshot(const struct snapshot_get *get, struct sealift_get_spec *spec, struct sealift_error *err)
{
    spec->paths = get->words;
    if (spec->obs.url != NULL) {
        spec->locator = spec->fs;
        spec->fs = NULL;
    } else {
        spec->snapshot = *spec->paths++;
    }
    if (*spec->paths == NULL)
        return failure_set(err, SEALIFT_INVALID,
                           "no path of the snapshot is named: `sealift fs snapshot get FS SNAPSHOT PATH... --to DIR`, "
                           "or LOCATOR PATH... with --obs OBS; `sealift fs snapshot ls` lists what there is");
    return obs_options_check(&spec->obs, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct snapshot_get *get = values;
    struct sealift_get_spec spec = get->spec;
    struct sealift_get_result result = {0};
    struct sealift *sealift;
    enum sealift_status status;

    TRY(choose_snapshot(get, &spec, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    status = sealift_snapshot_get(sealift, &spec, &result, err);
    console_finish(&cli->console);
    TRY(status);
    cli_show(cli, cmd_snapshot_get_columns, &result);
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_get, spec.fs),
     .required = true,
     .help = "name of the filesystem; or, with --obs, the locator of the snapshot"},
    {.name = "SNAPSHOT PATH",
     .type = OPTION_WORDS,
     .field = offsetof(struct snapshot_get, words),
     .required = true,
     .help = "name of the snapshot, unless a locator stands before; then the paths, from the root of the snapshot on"},
    {0},
};

static const struct option options[] = {
    {.name = "to",
     .type = OPTION_FOLDER,
     .field = offsetof(struct snapshot_get, spec.to),
     .placeholder = "DIR",
     .required = true,
     .help = "where they go; it is made when it is not there, and need not be empty"},
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_get, spec.obs.url),
     .placeholder = "OBS",
     .help = "where the locator is: a name from `sealift obs`, or a URL"},
    {.name = "allow-degraded",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_get, spec.allow_degraded),
     .help = "attributes that this user or this filesystem cannot set are told, not an error"},
    {.name = "allow-unencrypted",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_get, spec.allow_unencrypted),
     .help = "bring back what was encrypted at rest IN THE CLEAR"},
    {0},
};

const struct command cmd_snapshot_get = {
    .words = "fs snapshot get",
    .summary = "bring back single files and directories",
    .description =
        "Each PATH is made again below DIR under its whole path: a/b becomes DIR/a/b, a directory with everything in "
        "it. The directories above are made as they were; one that is there already stays as it is. Nothing is "
        "overwritten: if a PATH is there already nothing is written, and the exit code is 5.\n\n"
        "Only what is needed is fetched, however large the snapshot is.\n\n"
        "A hard link to something that is not brought back becomes a file of its own; those among what is stay links. "
        "What was encrypted at rest goes to a directory that is encrypted, or, with --allow-unencrypted, anywhere.",
    .examples = "sealift fs snapshot get home monday ann/letters/may.txt --to /tmp/back\n"
                "sealift fs snapshot get home monday ann bob/mail --to /srv/home/restored\n"
                "sealift fs snapshot get LOCATOR etc/fstab --obs s3://bucket/prefix --to /tmp/back",
    .interrupted = "What was brought back so far is in DIR. To try again, remove it and run the same command.",
    .arguments = arguments,
    .groups = {{options, 0},
               {obs_access_options, offsetof(struct snapshot_get, spec.obs)},
               {transfer_options, offsetof(struct snapshot_get, spec.transfer)}},
    .size = sizeof(struct snapshot_get),
    .run = run,
};
