#include "cmd_kms_drill.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "key_line.h"
#include "obs_options.h"
#include "totalled.h"
#include "transfer_options.h"

const struct column cmd_kms_drill_columns[] = {
    {"kind", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.kind)},
    {"result", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, result)},
    {"filesystem", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.filesystem)},
    {"filesystem_id", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.filesystem_id)},
    {"snapshot", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.snapshot)},
    {"locator", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.locator)},
    {"key_check", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.key_check)},
    {"obs", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.obs)},
    {"wrapping", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.wrapping)},
    {"record", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.record)},
    {"kms_type", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.kms_type)},
    {"kms_namespace", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.kms_mount)},
    {"kms_key_identifier", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.kms_key_identifier)},
    {"kms_key_version", NULL, COLUMN_NUMBER, offsetof(struct sealift_drilled, keyed.kms_key_version)},
    {"fetched", NULL, COLUMN_BYTES, offsetof(struct sealift_drilled, fetched)},
    {"problem", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, keyed.problem)},
    {0},
};

const struct column cmd_kms_drill_totals_columns[] = {
    {"filesystems", "filesystems", COLUMN_COUNT, offsetof(struct sealift_drill_result, filesystems)},
    {"keys", "keys in buckets", COLUMN_COUNT, offsetof(struct sealift_drill_result, keys)},
    {"snapshots", "snapshots", COLUMN_COUNT, offsetof(struct sealift_drill_result, snapshots)},
    {"opened", "opened", COLUMN_COUNT, offsetof(struct sealift_drill_result, opened)},
    {"waiting", "waiting", COLUMN_COUNT, offsetof(struct sealift_drill_result, waiting)},
    {"failed", "failed", COLUMN_COUNT, offsetof(struct sealift_drill_result, failed)},
    {"fetched", "fetched", COLUMN_BYTES, offsetof(struct sealift_drill_result, fetched)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct sealift_drill_result, seconds)},
    {0},
};

/* JSON streams, as the lines for people do: there may be many. */
struct drill {
    struct cli *cli;
    struct listing listing;
};

static enum sealift_status
show(void *context, const struct sealift_drilled *drilled, struct sealift_error *err)
{
    struct drill *drill = context;

    if (drill->cli->json)
        return listing_add(&drill->listing, drilled, err);
    if (!drill->cli->quiet || drilled->keyed.problem != NULL)
        key_line_write(drill->cli->out, drilled->result, &drilled->keyed, NULL);
    return SEALIFT_OK;
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    struct sealift_drill_spec spec = *(const struct sealift_drill_spec *)values;
    struct drill drill = {cli, {.out = cli->out, .json = cli->json, .columns = cmd_kms_drill_columns}};
    struct sealift_drill_result result = {.seconds = -1};
    struct sealift *sealift;
    enum sealift_status status;
    bool is_whole;

    TRY(obs_options_check(&spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    if (!cli->json)
        spec.transfer.progress = NULL; /* the lines show how far it is, and a bar would run into them */
    totalled_begin(&drill.listing);
    status = sealift_kms_drill(sealift, &spec, show, &drill, &result, err);
    console_finish(&cli->console);
    is_whole = result.seconds >= 0; /* it went through everything, whatever it found */
    totalled_end(&drill.listing, cmd_kms_drill_totals_columns, is_whole ? &result : NULL);
    if (!cli->json && is_whole)
        cli_show(cli, cmd_kms_drill_totals_columns, &result);
    if (status == SEALIFT_OK && result.filesystems + result.keys + result.snapshots == 0)
        console_say(&cli->console, "There was nothing to open: the table has no filesystem, and no store holds one.");
    return status;
}

static const struct option options[] = {
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_drill_spec, obs.url),
     .placeholder = "OBS",
     .help = "only this store, whoever uploaded there: a name from `sealift obs`, or a URL; without it every store of "
             "the table"},
    {0},
};

const struct command cmd_kms_drill = {
    .words = "kms drill",
    .summary = "try whether every key and every uploaded snapshot still opens",
    .description =
        "The disaster drill, in minutes and kilobytes. Of each filesystem of the table: its wrapped key opens, and "
        "holds the at-rest key that it should. Of each key in a bucket, also of filesystems that this table does not "
        "know: one of its key records opens. Of each uploaded snapshot: its key opens through the KMS, the manifest is "
        "authentic, and the first frame of its tree is fetched and opened.\n\n"
        "A line each: opens, and which key of the KMS did it just now; waits, when a KMS or a store is not there; or "
        "fails, and why. What fails does not keep the rest from being tried. Exit code 0 means that all of it opens; "
        "otherwise it is that of the first failure.\n\n"
        "The KMS is asked once for each key and place, however many snapshots it has.",
    .examples = "sealift kms drill\n"
                "sealift kms drill --obs dr --quiet\n"
                "sealift kms drill --obs s3://bucket/prefix --endpoint https://s3.example.com --json",
    .interrupted = "Nothing was changed. The same command begins the drill again.",
    .arguments = no_options,
    .groups = {{options, 0},
               {obs_access_options, offsetof(struct sealift_drill_spec, obs)},
               {transfer_options, offsetof(struct sealift_drill_spec, transfer)}},
    .size = sizeof(struct sealift_drill_spec),
    .run = run,
};
