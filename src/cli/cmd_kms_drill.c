#include "cmd_kms_drill.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "key_line.h"
#include "listing.h"
#include "obs_options.h"
#include "transfer_options.h"

const struct column cmd_kms_drill_columns[] = {
    {"kind", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, kind)},
    {"result", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, result)},
    {"filesystem", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, filesystem)},
    {"filesystem_id", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, filesystem_id)},
    {"snapshot", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, snapshot)},
    {"locator", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, locator)},
    {"key_check", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, key_check)},
    {"obs", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, obs)},
    {"wrapping", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, wrapping)},
    {"record", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, record)},
    {"kms_type", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, kms_type)},
    {"kms_namespace", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, kms_mount)},
    {"kms_key_identifier", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, kms_key_identifier)},
    {"kms_key_version", NULL, COLUMN_NUMBER, offsetof(struct sealift_drilled, kms_key_version)},
    {"fetched", NULL, COLUMN_BYTES, offsetof(struct sealift_drilled, fetched)},
    {"problem", NULL, COLUMN_TEXT, offsetof(struct sealift_drilled, problem)},
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

struct drill {
    struct cli *cli;
    struct listing listing; /* of JSON, which streams, as the lines for people do: there may be many */
};

static enum sealift_status
show(void *context, const struct sealift_drilled *drilled, struct sealift_error *err)
{
    struct drill *drill = context;
    const struct key_line line = {
        .result = drilled->result,
        .kind = drilled->kind,
        .filesystem = drilled->filesystem,
        .filesystem_id = drilled->filesystem_id,
        .snapshot = drilled->snapshot,
        .locator = drilled->locator,
        .obs = drilled->obs,
        .wrapping = drilled->wrapping,
        .record = drilled->record,
        .kms_type = drilled->kms_type,
        .kms_namespace = drilled->kms_namespace,
        .kms_mount = drilled->kms_mount,
        .kms_key_identifier = drilled->kms_key_identifier,
        .kms_key_version = drilled->kms_key_version,
        .problem = drilled->problem,
    };

    if (drill->cli->json)
        return listing_add(&drill->listing, drilled, err);
    if (!drill->cli->quiet || drilled->problem != NULL)
        key_line_write(drill->cli->out, &line);
    return SEALIFT_OK;
}

/* `is_whole`: it went through everything, whatever it found. */
static void
show_totals(struct drill *drill, const struct sealift_drill_result *result, bool is_whole)
{
    struct cli *cli = drill->cli;

    if (!cli->json) {
        if (is_whole)
            cli_show(cli, cmd_kms_drill_totals_columns, result);
        return;
    }
    listing_end(&drill->listing);
    fputs(",\"totals\":", cli->out);
    if (is_whole)
        output_json(cli->out, cmd_kms_drill_totals_columns, result);
    else
        fputs("null", cli->out);
    fputs("}\n", cli->out);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    struct sealift_drill_spec spec = *(const struct sealift_drill_spec *)values;
    struct drill drill = {cli, {.out = cli->out, .json = true, .columns = cmd_kms_drill_columns}};
    struct sealift_drill_result result = {.seconds = -1};
    struct sealift *sealift;
    enum sealift_status status;

    TRY(obs_options_check(&spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    if (!cli->json)
        spec.transfer.progress = NULL; /* the lines show how far it is, and a bar would run into them */
    if (cli->json)
        fputs("{\"listing\":", cli->out);
    status = sealift_kms_drill(sealift, &spec, show, &drill, &result, err);
    console_finish(&cli->console);
    show_totals(&drill, &result, result.seconds >= 0);
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
        "holds "
        "the at-rest key that it should. Of each key in a bucket, also of filesystems that this table does not know: "
        "one "
        "of its key records opens. Of each uploaded snapshot: its key opens through the KMS, the manifest is "
        "authentic, "
        "and the first frame of its tree is fetched and opened.\n\n"
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
