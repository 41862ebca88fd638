#include "cli_scoped.h"
#include "commands.h"
#include "listing.h"
#include "obs_view.h"

static enum sealift_status
add_row(void *context, const struct sealift_obs *obs, struct sealift_error *err)
{
    return listing_add(context, obs, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done) struct listing listing = {.out = cli->out, .json = cli->json, .columns = obs_view_columns};
    struct sealift *sealift;
    enum sealift_status status;

    (void)values;
    TRY(cli_open(cli, &sealift, err));
    status = sealift_obs_list(sealift, add_row, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK && listing.rows == 0)
        console_say(&cli->console, "No object store is known yet: `sealift obs add NAME URL` adds one.");
    return status;
}

const struct command cmd_obs_list = {
    .words = "obs list",
    .implied = true,
    .summary = "list the object stores, and what each was found able to do",
    .description = "An object store (obs) is a bucket and a prefix at any S3-compatible server, or a folder that "
                   "behaves like one.\n\n"
                   "The listing shows what `sealift obs add` found out. A conditional PUT is atomic (of several "
                   "writers of one name "
                   "exactly one wins), racy, ignored or refused; sealift is correct with each of them, atomic is the "
                   "second belt. A "
                   "store that verifies checksums refuses a damaged upload by itself; one that keeps them lets "
                   "`sealift fs snapshot "
                   "verify --objects` look for damage without reading the data.",
    .examples = "sealift obs\nsealift obs list --json",
    .arguments = no_options,
    .run = run,
};
