#include "cli_scoped.h"
#include "commands.h"
#include "listing.h"
#include "obs_options.h"
#include "snapshot_view.h"

struct obs_snapshots {
    struct sealift_obs_spec obs;
    bool names;
};

static enum sealift_status
add_row(void *context, const struct sealift_bucket_snapshot *snapshot, struct sealift_error *err)
{
    struct listing *listing = context;
    struct sealift_bucket_snapshot row = *snapshot;

    /* The locator begins with the filesystem's id, so people see the id by itself only where there is no locator. */
    if (!listing->json && (row.locator == NULL || *row.locator == '\0')) {
        row.locator = row.filesystem_id;
        row.problem = row.problem != NULL ? row.problem : "a filesystem without a snapshot";
    }
    if (!listing->json && row.partial && row.problem == NULL)
        row.problem = "partial: something could not be read";
    return listing_add(listing, &row, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done)
    struct listing listing = {.out = cli->out, .json = cli->json, .columns = snapshot_view_bucket_columns};
    const struct obs_snapshots *list = values;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(obs_options_check(&list->obs, err));
    TRY(cli_open(cli, &sealift, err));
    status = sealift_obs_snapshots(sealift, &list->obs, list->names, add_row, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK && listing.rows == 0)
        console_say(&cli->console, "There is nothing of sealift's in it.");
    return status;
}

static const struct option arguments[] = {
    {.name = "OBS",
     .type = OPTION_TEXT,
     .field = offsetof(struct obs_snapshots, obs.url),
     .required = true,
     .help = "a name from `sealift obs`, or a URL: s3://BUCKET[/PREFIX], file:///FOLDER"},
    {0},
};

static const struct option options[] = {
    {.name = "names",
     .type = OPTION_FLAG,
     .field = offsetof(struct obs_snapshots, names),
     .help = "open the private parts through the KMS, for the names of filesystems, snapshots, paths and hosts"},
    {0},
};

const struct command cmd_obs_snapshots = {
    .words = "obs snapshots",
    .summary = "list what a bucket holds",
    .description =
        "All snapshots of all filesystems, by filesystem and time, and filesystems that were never uploaded. It needs "
        "neither this cluster's table nor the KMS: with a URL it works on a machine that knows nothing but the bucket. "
        "Which KMS and which key a snapshot needs is shown as well.\n\n"
        "A manifest that cannot be used does not end the list; the remark says what is wrong with it.",
    .examples = "sealift obs snapshots dr --names\n"
                "sealift obs snapshots s3://bucket/prefix --endpoint https://s3.example.com --json",
    .arguments = arguments,
    .groups = {{obs_access_options, offsetof(struct obs_snapshots, obs)}, {options, 0}},
    .size = sizeof(struct obs_snapshots),
    .run = run,
};
