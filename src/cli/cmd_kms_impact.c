#include "cmd_kms_impact.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "key_line.h"
#include "obs_options.h"
#include "totalled.h"
#include "transfer_options.h"

#include <inttypes.h>

#define REMARK_SIZE 160

const struct column cmd_kms_impact_columns[] = {
    {"kind", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.kind)},
    {"verdict", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, verdict)},
    {"filesystem", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.filesystem)},
    {"filesystem_id", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.filesystem_id)},
    {"snapshot", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.snapshot)},
    {"locator", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.locator)},
    {"key_check", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.key_check)},
    {"obs", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.obs)},
    {"wrapping", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.wrapping)},
    {"record", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.record)},
    {"kms_type", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.kms_type)},
    {"kms_namespace", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.kms_mount)},
    {"kms_key_identifier", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.kms_key_identifier)},
    {"kms_key_version", NULL, COLUMN_NUMBER, offsetof(struct sealift_impacted, keyed.kms_key_version)},
    {"wrappings", NULL, COLUMN_COUNT, offsetof(struct sealift_impacted, wrappings)},
    {"condemned", NULL, COLUMN_COUNT, offsetof(struct sealift_impacted, condemned)},
    {"others", NULL, COLUMN_COUNT, offsetof(struct sealift_impacted, others)},
    {"unopened", NULL, COLUMN_COUNT, offsetof(struct sealift_impacted, unopened)},
    {"problem", NULL, COLUMN_TEXT, offsetof(struct sealift_impacted, keyed.problem)},
    {0},
};

const struct column cmd_kms_impact_totals_columns[] = {
    {"dies", "dies", COLUMN_COUNT, offsetof(struct sealift_impact_result, dies)},
    {"survives", "survives", COLUMN_COUNT, offsetof(struct sealift_impact_result, survives)},
    {"claimed", "claimed", COLUMN_COUNT, offsetof(struct sealift_impact_result, claimed)},
    {"unknown", "unknown", COLUMN_COUNT, offsetof(struct sealift_impact_result, unknown)},
    {"stores_left_out", "stores left out", COLUMN_COUNT, offsetof(struct sealift_impact_result, stores_left_out)},
    {"safe", "safe", COLUMN_FLAG, offsetof(struct sealift_impact_result, safe)},
    {"fetched", "fetched", COLUMN_BYTES, offsetof(struct sealift_impact_result, fetched)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct sealift_impact_result, seconds)},
    {0},
};

struct kms_impact {
    struct sealift_impact_spec spec;
    unsigned below_version;
};

/* JSON streams, as the lines for people do: there may be many. */
struct impact {
    struct cli *cli;
    struct listing listing;
};

/* NULL: the one wrapping that there is was told of. */
static const char *
remark_on(const struct sealift_impacted *impacted, char out[REMARK_SIZE])
{
    if (impacted->wrappings < 2)
        return NULL;
    snprintf(out, REMARK_SIZE,
             "%" PRIu64 " wrappings: %" PRIu64 " open by the condemned key, %" PRIu64 " by another, %" PRIu64
             " by none",
             impacted->wrappings, impacted->condemned, impacted->others, impacted->unopened);
    return out;
}

static enum sealift_status
show(void *context, const struct sealift_impacted *impacted, struct sealift_error *err)
{
    struct impact *impact = context;
    char remark[REMARK_SIZE];

    if (impact->cli->json)
        return listing_add(&impact->listing, impacted, err);
    key_line_write(impact->cli->out, impacted->verdict, &impacted->keyed, remark_on(impacted, remark));
    return SEALIFT_OK;
}

static void
show_totals(struct cli *cli, const struct sealift_impact_result *result)
{
    if (!cli->json)
        output_record(cli->out, cmd_kms_impact_totals_columns, result);
    if (result->dies + result->survives + result->claimed + result->unknown == 0)
        console_say(&cli->console,
                    "There is nothing here that a key could open: no filesystem, and nothing in a store.");
    if (result->stores_left_out > 0)
        console_say(&cli->console,
                    "Other object stores of the table were not looked at; without OBS every one of them is.");
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct kms_impact *given = values;
    struct sealift_impact_spec spec = given->spec;
    struct impact impact = {cli, {.out = cli->out, .json = cli->json, .columns = cmd_kms_impact_columns}};
    struct sealift_impact_result result = {.seconds = -1};
    struct sealift *sealift;
    enum sealift_status status;
    bool is_whole;

    spec.below_version = given->below_version;
    TRY(obs_options_check(&spec.obs, err));
    TRY(cli_open(cli, &sealift, err));
    cli_watch(cli, &spec.transfer);
    if (!cli->json)
        spec.transfer.progress = NULL; /* the lines show how far it is, and a bar would run into them */
    totalled_begin(&impact.listing);
    status = sealift_kms_impact(sealift, &spec, show, &impact, &result, err);
    console_finish(&cli->console);
    is_whole = result.seconds >= 0; /* it went through everything */
    totalled_end(&impact.listing, cmd_kms_impact_totals_columns, is_whole ? &result : NULL);
    if (is_whole)
        show_totals(cli, &result);
    return status;
}

static const struct option arguments[] = {
    {.name = "OBS",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_impact, spec.obs.url),
     .help = "a name from `sealift obs`, or a URL; without it every store of the table"},
    {0},
};

static const struct option options[] = {
    {.name = "key",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_impact, spec.key),
     .placeholder = "KEY",
     .help = "the key that may go: Vault's transit key, or a KMIP unique identifier; without it the cluster's"},
    {.name = "namespace",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_impact, spec.name_space),
     .placeholder = "NAMESPACE",
     .help = "Vault: where the key is, with --key; / is the root namespace; without it the cluster's"},
    {.name = "transit-path",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_impact, spec.transit_path),
     .placeholder = "PATH",
     .help = "Vault: where its transit engine is mounted; without it the cluster's"},
    {.name = "below-version",
     .type = OPTION_COUNT,
     .field = offsetof(struct kms_impact, below_version),
     .placeholder = "N",
     .most = 2147483647,
     .help = "Vault: only versions below this one go, as when min_decryption_version is raised to it"},
    {.name = "evidence",
     .type = OPTION_FILE,
     .field = offsetof(struct kms_impact, spec.evidence),
     .placeholder = "FILE",
     .help = "write down what there is, with hashes, and which key opens it: for the day on which the key is gone. The "
             "file must not exist"},
    {0},
};

const struct command cmd_kms_impact = {
    .words = "kms impact",
    .summary = "show what would be lost with a key, or with its older versions",
    .description =
        "Every wrapping of every key is opened now: of the filesystems of the table, of all key records, and of all "
        "manifests; through the KMS as always, and where that does not tell, through this key alone. A line for each "
        "filesystem, key and snapshot:\n\n"
        "dies: nothing but this key was shown to open it. survives: something else opened it just now. claimed: "
        "nothing opens it here, and what it says of itself, which nobody authenticates, names this key. unknown: "
        "nothing opens it here, or it is damaged.\n\n"
        "It is safe to destroy the key only when everything survives, and every store of the table was looked at. What "
        "the table does not know of, in stores that nobody named, cannot be told. Nothing is changed, whatever is "
        "found; exit code 0 means that everything could be asked, not that it is safe.",
    .examples = "sealift kms impact dr\n"
                "sealift kms impact dr --below-version 3\n"
                "sealift kms impact --key tenant-key --namespace team/a --evidence /root/team-a.jsonl",
    .interrupted = "Nothing was changed. The same command begins again.",
    .arguments = arguments,
    .groups = {{options, 0},
               {obs_access_options, offsetof(struct kms_impact, spec.obs)},
               {transfer_options, offsetof(struct kms_impact, spec.transfer)}},
    .size = sizeof(struct kms_impact),
    .run = run,
};
