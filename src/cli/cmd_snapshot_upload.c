#include "cmd_snapshot_upload.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "dry_run.h"
#include "failure.h"
#include "quantity.h"
#include "selection_options.h"
#include "transfer_options.h"

#include <string.h>

struct snapshot_upload {
    struct sealift_upload_spec spec;
    const char *compression;
    bool dry_run;
};

/* People get the locator by itself, as the last line. */
const struct column cmd_snapshot_upload_columns[] = {
    {"locator", NULL, COLUMN_CHARS, offsetof(struct sealift_upload_result, locator)},
    {"entries", "entries", COLUMN_COUNT, offsetof(struct sealift_upload_result, entries)},
    {"files", "files", COLUMN_COUNT, offsetof(struct sealift_upload_result, files)},
    {"directories", "directories", COLUMN_COUNT, offsetof(struct sealift_upload_result, directories)},
    {"others", "others", COLUMN_COUNT, offsetof(struct sealift_upload_result, others)},
    {"size", "size", COLUMN_BYTES, offsetof(struct sealift_upload_result, size)},
    {"stored", "stored", COLUMN_BYTES, offsetof(struct sealift_upload_result, stored)},
    {"segments", "segments", COLUMN_COUNT, offsetof(struct sealift_upload_result, segments)},
    {"excluded", "left out", COLUMN_COUNT, offsetof(struct sealift_upload_result, excluded)},
    {"missing", "missing", COLUMN_COUNT, offsetof(struct sealift_upload_result, missing)},
    {"changed", "changed", COLUMN_COUNT, offsetof(struct sealift_upload_result, changed)},
    {"live", "live", COLUMN_FLAG, offsetof(struct sealift_upload_result, live)},
    {"partial", "partial", COLUMN_FLAG, offsetof(struct sealift_upload_result, partial)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct sealift_upload_result, seconds)},
    {0},
};

static enum sealift_status
choose_compression(const char *text, struct sealift_upload_spec *spec, struct sealift_error *err)
{
    unsigned level;

    if (strcmp(text, "off") == 0) {
        spec->no_compression = true;
        return SEALIFT_OK;
    }
    if (!quantity_parse_count(text, &level) || level > 19)
        return failure_set(err, SEALIFT_INVALID, "--compression: '%s' is neither a level from 1 to 19 nor off", text);
    spec->compression_level = (int)level;
    return SEALIFT_OK;
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct snapshot_upload *upload = values;
    struct sealift_upload_spec spec = upload->spec;
    struct sealift_upload_result result = {0};
    struct sealift *sealift;
    enum sealift_status status;

    TRY(choose_compression(upload->compression, &spec, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    if (upload->dry_run)
        return dry_run(cli, &spec, err);
    status = sealift_snapshot_upload(sealift, &spec, &result, err);
    console_finish(&cli->console);
    TRY(status);
    if (result.live)
        console_say(&cli->console,
                    "It was read live: files that were written to meanwhile are not of one point in time.");
    cli_show(cli, cmd_snapshot_upload_columns, &result);
    if (!cli->json)
        fprintf(cli->out, "%s\n", result.locator);
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_upload, spec.fs),
     .required = true,
     .help = "name of the filesystem"},
    {.name = "SNAPSHOT",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_upload, spec.snapshot),
     .required = true,
     .help = "name of the snapshot"},
    {0},
};

static const struct option options[] = {
    {.name = "allow-missing",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_upload, spec.allow_missing),
     .help = "what cannot be read is told and marks the snapshot as partial, instead of failing the upload"},
    {.name = "dry-run",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_upload, dry_run),
     .help =
         "only say what would be carried, and with --verbose or --json each path; no KMS and no store is asked, and "
         "nothing is written"},
    {.name = "compression",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_upload, compression),
     .placeholder = "LEVEL",
     .preset = "3",
     .help = "zstd's level, 1 to 19, or off: then sizes in the bucket tell nothing about the contents"},
    {.name = "new-data-key",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_upload, spec.new_data_key),
     .help = "seal it with a fresh key for this snapshot alone, which the KMS only has to encrypt: for a machine that "
             "may not decrypt. It cannot read back what it uploads"},
    {.name = "cross-mounts",
     .type = OPTION_FLAG,
     .field = offsetof(struct snapshot_upload, spec.cross_mounts),
     .help = "also what is on other filesystems that are mounted below; without it their places are empty directories, "
             "and told"},
    {0},
};

const struct command cmd_snapshot_upload = {
    .words = "fs snapshot upload",
    .summary = "carry a snapshot to its object store",
    .description =
        "Exit code 0 means that it can be restored now: every segment was accepted with a checksum and then seen "
        "in a listing with its size, and the wrapped key in the bucket was shown to open. The last line of "
        "standard output is the locator; with --quiet it is the only one.\n\n"
        "An upload that fails or is stopped publishes nothing: what it left in the bucket belongs to no snapshot "
        "and does no harm.\n\n"
        "A machine whose rights at the KMS end with encrypting uploads with --new-data-key: the KMS is taken at its "
        "word that it opens what it encrypted, and `sealift fs snapshot verify --keys` elsewhere shows it.\n\n"
        "What is left out is what `sealift fs add` or `sealift fs update` were told, then, for this upload alone, what "
        "--exclude and its kin say here.",
    .examples = "sealift fs snapshot upload home monday\n"
                "sealift fs snapshot upload home monday --dry-run --verbose\n"
                "LOCATOR=$(sealift fs snapshot upload home monday --quiet)",
    .interrupted = "Nothing was published. The same command begins the upload again.",
    .arguments = arguments,
    .groups = {{options, 0},
               {selection_options, offsetof(struct snapshot_upload, spec.selection)},
               {transfer_options, offsetof(struct snapshot_upload, spec.transfer)}},
    .size = sizeof(struct snapshot_upload),
    .run = run,
};
