#include "cmd_snapshot_remove.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "obs_options.h"
#include "removal_view.h"
#include "snapshot_choice.h"
#include "transfer_options.h"

#include <string.h>

struct snapshot_remove {
    struct sealift_snapshot_remove_spec spec;
};

const struct column cmd_snapshot_remove_columns[] = {
    {"filesystem", "filesystem", COLUMN_CHARS, offsetof(struct sealift_snapshot_removal, filesystem)},
    {"name", "removed", COLUMN_CHARS, offsetof(struct sealift_snapshot_removal, name)},
    {"locator", "locator", COLUMN_CHARS, offsetof(struct sealift_snapshot_removal, locator)},
    {"manifest", "manifest", COLUMN_TEXT, offsetof(struct sealift_snapshot_removal, manifest)},
    {"size", "its size", COLUMN_BYTES, offsetof(struct sealift_snapshot_removal, size)},
    {"sha256", "its SHA-256", COLUMN_CHARS, offsetof(struct sealift_snapshot_removal, sha256)},
    {"published", "published", COLUMN_TIME, offsetof(struct sealift_snapshot_removal, published_ns)},
    {"key_check", NULL, COLUMN_CHARS, offsetof(struct sealift_snapshot_removal, key_check)},
    {"key_records", NULL, COLUMN_COUNT, offsetof(struct sealift_snapshot_removal, key_records)},
    {"versioning", NULL, COLUMN_TEXT, offsetof(struct sealift_snapshot_removal, versioning)},
    {"object_lock", NULL, COLUMN_TEXT, offsetof(struct sealift_snapshot_removal, object_lock)},
    {"unused_known", NULL, COLUMN_FLAG, offsetof(struct sealift_snapshot_removal, unused_known)},
    {"unused_uploads", "unused uploads", COLUMN_COUNT, offsetof(struct sealift_snapshot_removal, unused_uploads)},
    {"unused_objects", "unused objects", COLUMN_COUNT, offsetof(struct sealift_snapshot_removal, unused_objects)},
    {"unused_bytes", "unused", COLUMN_BYTES, offsetof(struct sealift_snapshot_removal, unused_bytes)},
    {0},
};

const struct column cmd_snapshot_remove_unused_columns[] = {
    {"filesystem_id", NULL, COLUMN_TEXT, offsetof(struct sealift_unused, filesystem_id)},
    {"upload", "upload", COLUMN_TEXT, offsetof(struct sealift_unused, upload)},
    {"state", "state", COLUMN_TEXT, offsetof(struct sealift_unused, state)},
    {"objects", "objects", COLUMN_COUNT, offsetof(struct sealift_unused, objects)},
    {"bytes", "size", COLUMN_BYTES, offsetof(struct sealift_unused, bytes)},
    {"newest", "last record", COLUMN_TIME, offsetof(struct sealift_unused, newest_ns)},
    {0},
};

enum {
    COLUMNS = sizeof(cmd_snapshot_remove_columns) / sizeof(cmd_snapshot_remove_columns[0]),
};

/* What was not there has no size, and what was not looked for is not none. */
static bool
means_something(const struct column *column, const struct sealift_snapshot_removal *removal)
{
    switch (column->field) {
    case offsetof(struct sealift_snapshot_removal, size):
        return removal->manifest != NULL && strcmp(removal->manifest, "deleted") == 0;
    case offsetof(struct sealift_snapshot_removal, unused_uploads):
    case offsetof(struct sealift_snapshot_removal, unused_objects):
    case offsetof(struct sealift_snapshot_removal, unused_bytes):
        return removal->unused_known;
    default:
        return true;
    }
}

static void
choose_columns(const struct sealift_snapshot_removal *removal, struct column out[COLUMNS])
{
    memcpy(out, cmd_snapshot_remove_columns, sizeof(cmd_snapshot_remove_columns));
    for (struct column *column = out; column->type != COLUMN_END; column++)
        if (!means_something(column, removal))
            column->header = NULL; /* only in JSON */
}

static enum sealift_status
add_row(void *context, const struct sealift_unused *unused, struct sealift_error *err)
{
    return listing_add(context, unused, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct snapshot_remove *remove = values;
    struct sealift_snapshot_remove_spec spec = remove->spec;
    struct sealift_snapshot_removal removal = {0};
    SCOPED(listing_done)
    struct listing listing = {.out = cli->out, .json = cli->json, .columns = cmd_snapshot_remove_unused_columns};
    struct column columns[COLUMNS];
    struct sealift *sealift;
    enum sealift_status status;

    TRY(snapshot_choice(&spec.fs, &spec.snapshot, &spec.locator, &spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    removal_view_begin(cli);
    status = sealift_snapshot_remove(sealift, &spec, add_row, &listing, &removal, err);
    console_finish(&cli->console);
    choose_columns(&removal, columns);
    removal_view_end(cli, &listing, columns, status == SEALIFT_OK ? &removal : NULL);
    TRY(status);
    if (removal.manifest != NULL)
        removal_view_say_versions(cli, removal.versioning, removal.object_lock);
    if (removal.unused_uploads > 0)
        console_say(&cli->console,
                    "What nothing uses stays in the bucket; docs/OPERATIONS.md says how it is cleaned up.");
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_remove, spec.fs),
     .help = "name of the filesystem"},
    {.name = "SNAPSHOT",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_remove, spec.snapshot),
     .required = true,
     .help = "name of the snapshot; or, without FS and with --obs, a locator"},
    {0},
};

static const struct option options[] = {
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_remove, spec.obs.url),
     .placeholder = "OBS",
     .help = "where the locator is: a name from `sealift obs`, or a URL"},
    {.name = "evidence",
     .type = OPTION_FILE,
     .field = offsetof(struct snapshot_remove, spec.evidence),
     .placeholder = "FILE",
     .help = "write down what is deleted: before, and what became of it behind; the file must not exist"},
    {0},
};

const struct command cmd_snapshot_remove = {
    .words = "fs snapshot remove",
    .summary = "remove a snapshot, also when its KMS is gone",
    .description =
        "The manifest is deleted in the bucket, by which the snapshot exists, then the table's row, and the key "
        "records of a snapshot that has a key of its own (--new-data-key). No key is needed. "
        "A snapshot that is not uploaded loses its row alone, and what was made here to be uploaded. In a bucket that "
        "keeps versions, the manifest stays there as an old version, with Object Lock until its retention ends.\n\n"
        "What no snapshot of the filesystem uses by then is listed, by upload. It stays: nothing is deleted that an "
        "upload under way, on whichever machine, might use.\n\n"
        "A snapshot that is being uploaded is refused; one whose upload was cut off is removed. With a locator and "
        "--obs neither the filesystem nor the snapshot need to be known here; the table's row goes with it when the "
        "filesystem uploads to that very store.",
    .examples = "sealift fs snapshot remove home monday\n"
                "sealift fs snapshot remove home monday --evidence /root/monday-removed.jsonl\n"
                "sealift fs snapshot remove LOCATOR --obs s3://bucket/prefix",
    .interrupted = "What was deleted is gone. The same command does the rest.",
    .arguments = arguments,
    .groups = {{options, 0},
               {obs_access_options, offsetof(struct snapshot_remove, spec.obs)},
               {transfer_options, offsetof(struct snapshot_remove, spec.transfer)}},
    .size = sizeof(struct snapshot_remove),
    .run = run,
};
