#include "dry_run.h"

#include "cli_scoped.h"
#include "failure.h"
#include "quantity.h"
#include "totalled.h"
#include "visible.h"

#include <inttypes.h>

const struct column dry_run_entry_columns[] = {
    {"path", NULL, COLUMN_TEXT, offsetof(struct sealift_preview_entry, path)},
    {"type", NULL, COLUMN_TEXT, offsetof(struct sealift_preview_entry, type)},
    {"size", NULL, COLUMN_BYTES, offsetof(struct sealift_preview_entry, size)},
    {"excluded", NULL, COLUMN_TEXT, offsetof(struct sealift_preview_entry, excluded)},
    {"missing", NULL, COLUMN_TEXT, offsetof(struct sealift_preview_entry, missing)},
    {0},
};

const struct column dry_run_columns[] = {
    {"entries", "entries", COLUMN_COUNT, offsetof(struct sealift_preview_result, entries)},
    {"files", "files", COLUMN_COUNT, offsetof(struct sealift_preview_result, files)},
    {"directories", "directories", COLUMN_COUNT, offsetof(struct sealift_preview_result, directories)},
    {"others", "others", COLUMN_COUNT, offsetof(struct sealift_preview_result, others)},
    {"size", "size", COLUMN_BYTES, offsetof(struct sealift_preview_result, size)},
    {"excluded", "left out", COLUMN_COUNT, offsetof(struct sealift_preview_result, excluded)},
    {"missing", "missing", COLUMN_COUNT, offsetof(struct sealift_preview_result, missing)},
    {"live", "live", COLUMN_FLAG, offsetof(struct sealift_preview_result, live)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct sealift_preview_result, seconds)},
    {0},
};

static void
write_line(FILE *out, const struct sealift_preview_entry *entry)
{
    const char *reason = entry->excluded != NULL ? entry->excluded : entry->missing;
    char size[QUANTITY_TEXT] = "";

    if (entry->type != NULL && *entry->type == 'f' && reason == NULL)
        quantity_write_bytes(entry->size, size);
    fprintf(out, "%-16s  %10s  ",
            entry->excluded != NULL ? "excluded"
            : reason != NULL        ? "missing"
                                    : entry->type,
            size);
    visible_write(out, entry->path);
    if (reason != NULL) {
        fputs(": ", out);
        visible_write(out, reason);
    }
    putc('\n', out);
}

struct show {
    struct cli *cli;
    struct listing listing; /* of JSON, which streams: the tree may be larger than memory */
};

static enum sealift_status
show_entry(void *context, const struct sealift_preview_entry *entry, struct sealift_error *err)
{
    struct show *show = context;

    if (show->cli->json)
        return listing_add(&show->listing, entry, err);
    if (show->cli->console.verbose)
        write_line(show->cli->out, entry);
    else if (entry->missing != NULL)
        console_notice(&show->cli->console, SEALIFT_NOTICE_MISSING, entry->path, entry->missing);
    return SEALIFT_OK;
}

static enum sealift_status
preview(struct cli *cli, const struct sealift_upload_spec *spec, struct sealift_preview_result *ret_result,
        struct sealift_error *err)
{
    struct show show = {cli, {.out = cli->out, .json = cli->json, .columns = dry_run_entry_columns}};
    struct sealift_upload_spec watched = *spec;
    enum sealift_status status;

    if (cli->json || cli->console.verbose)
        watched.transfer.progress = NULL; /* the list shows how far it is, and a bar would run into it */
    totalled_begin(&show.listing);
    status = sealift_snapshot_preview(cli->sealift, &watched, show_entry, &show, ret_result, err);
    totalled_end(&show.listing, dry_run_columns, status == SEALIFT_OK ? ret_result : NULL);
    console_finish(&cli->console);
    return status;
}

enum sealift_status
dry_run(struct cli *cli, const struct sealift_upload_spec *spec, struct sealift_error *err)
{
    struct sealift_preview_result result = {0};

    TRY(preview(cli, spec, &result, err));
    if (!cli->json)
        cli_show(cli, dry_run_columns, &result);
    if (result.missing == 0 || spec->allow_missing)
        return SEALIFT_OK;
    return failure_set(err, SEALIFT_DENIED,
                       "%" PRIu64 " path%s cannot be read (named above), so an upload would publish nothing; make them "
                       "readable, leave them out with --exclude, or upload with --allow-missing for a snapshot that is "
                       "marked as partial",
                       result.missing, result.missing == 1 ? "" : "s");
}
