#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "entry_view.h"
#include "failure.h"
#include "listing.h"
#include "obs_options.h"

struct snapshot_ls {
    struct sealift_ls_spec spec;
    bool is_long;
};

/* Listings of millions of entries are printed as they come, as long as somebody reads them. */
struct lines {
    struct cli *cli;
    bool is_long;
    struct listing listing; /* as JSON */
};

static enum sealift_status
add_line(void *context, const struct sealift_entry *entry, struct sealift_error *err)
{
    struct lines *lines = context;
    struct entry_view view;

    if (ferror(lines->cli->out))
        return output_flush(lines->cli->out, err);
    if (!lines->cli->json) {
        entry_view_write(lines->cli->out, entry, lines->is_long);
        return SEALIFT_OK;
    }
    entry_view_fill(entry, &view);
    return listing_add(&lines->listing, &view, err);
}

/* With --obs the first argument is a locator, and what follows a path. */
static enum sealift_status
choose_snapshot(struct sealift_ls_spec *spec, struct sealift_error *err)
{
    if (spec->obs.url == NULL && spec->snapshot == NULL)
        return failure_set(err, SEALIFT_INVALID, "name the snapshot either as FS SNAPSHOT, or as LOCATOR --obs OBS");
    if (spec->obs.url == NULL)
        return obs_options_check(&spec->obs, err);
    if (spec->path != NULL)
        return failure_set(err, SEALIFT_INVALID,
                           "with --obs it is `sealift fs snapshot ls LOCATOR [PATH]`: '%s' is one argument too many",
                           spec->path);
    spec->locator = spec->fs;
    spec->path = spec->snapshot;
    spec->fs = spec->snapshot = NULL;
    return obs_options_check(&spec->obs, err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct snapshot_ls *ls = values;
    struct sealift_ls_spec spec = ls->spec;
    struct lines lines = {
        .cli = cli,
        .is_long = ls->is_long,
        .listing = {.out = cli->out, .json = true, .columns = entry_view_columns},
    };
    struct sealift_ls_result result;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(choose_snapshot(&spec, err));
    TRY(cli_open(cli, &sealift, err));
    status = sealift_snapshot_ls(sealift, &spec, add_line, &lines, &result, err);
    if (cli->json)
        listing_end(&lines.listing);
    return status;
}

static const struct option arguments[] = {
    {.name = "FS",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_ls, spec.fs),
     .required = true,
     .help = "name of the filesystem; or, with --obs, the locator of the snapshot"},
    {.name = "SNAPSHOT",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_ls, spec.snapshot),
     .help = "name of the snapshot; behind a locator there is none"},
    {.name = "PATH",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_ls, spec.path),
     .help = "in the snapshot, from its root on (without it: the root)"},
    {0},
};

static const struct option options[] = {
    {.name = "long",
     .type = OPTION_FLAG,
     .letter = 'l',
     .field = offsetof(struct snapshot_ls, is_long),
     .help = "with type and mode, owner, size, time, and what links lead to"},
    {.name = "recursive",
     .type = OPTION_FLAG,
     .letter = 'R',
     .field = offsetof(struct snapshot_ls, spec.recursive),
     .help = "everything below the directory"},
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct snapshot_ls, spec.obs.url),
     .placeholder = "OBS",
     .help = "where the locator is: a name from `sealift obs`, or a URL"},
    {0},
};

const struct command cmd_snapshot_ls = {
    .words = "fs snapshot ls",
    .summary = "list what is in an uploaded snapshot",
    .description =
        "Of a directory what is in it, of anything else the entry itself; as paths from the root of the snapshot, "
        "which `sealift fs snapshot get` takes. They are in the order of their bytes, and printed as they come.\n\n"
        "The key is opened through the KMS. Of the snapshot only that part of its tree is fetched that is listed, "
        "however large it is.\n\n"
        "A name that is one more for a file that came before is a hard link: the path behind the arrow has its "
        "attributes.",
    .examples = "sealift fs snapshot ls home monday\n"
                "sealift fs snapshot ls home monday ann/letters -l\n"
                "sealift fs snapshot ls LOCATOR ann --obs s3://bucket/prefix -lR",
    .arguments = arguments,
    .groups = {{options, 0}, {obs_access_options, offsetof(struct snapshot_ls, spec.obs)}},
    .size = sizeof(struct snapshot_ls),
    .run = run,
};
