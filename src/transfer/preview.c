#include "preview.h"

#include "entry_reader.h"
#include "error.h"
#include "scoped.h"
#include "upload_stages.h"

struct preview {
    const struct preview_request *request;
    struct progress *progress;
    struct walk *walk;
    struct entry_reader *reader;
    struct buf path; /* as text, of the entry that is told */
    struct sealift_preview_result result;
    enum sealift_status told; /* what the listener answered to a notice of the walk, which has no answer of its own */
    struct sealift_error *err;
};

static void
preview_done(struct preview *preview)
{
    entry_reader_free(&preview->reader);
    walk_free(&preview->walk);
    buf_done(&preview->path);
}

static enum sealift_status
tell(struct preview *preview, struct bytes path, struct sealift_preview_entry entry)
{
    if (preview->request->each == NULL)
        return SEALIFT_OK;
    buf_clear(&preview->path);
    TRY(buf_append_bytes(&preview->path, path.len > 0 ? path : bytes_of_text("."), preview->err));
    TRY(buf_text(&preview->path, &entry.path, preview->err));
    return preview->request->each(preview->request->context, &entry, preview->err);
}

static enum sealift_status
tell_missing(struct preview *preview, struct bytes path, const char *reason)
{
    preview->result.missing++;
    return tell(preview, path, (struct sealift_preview_entry){.missing = reason});
}

/* What goes away while a live tree is read is not there: no upload would miss it. */
static void
hear_of(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    struct preview *preview = context;

    if (preview->told != SEALIFT_OK)
        return;
    if (notice == WALK_EXCLUDED) {
        preview->result.excluded++;
        preview->told = tell(preview, path, (struct sealift_preview_entry){.excluded = reason});
    } else if (notice == WALK_MISSING || (notice == WALK_VANISHED && !preview->request->live)) {
        preview->told = tell_missing(preview, path, reason);
    } else if (notice == WALK_MOUNT) {
        progress_notice(preview->progress, SEALIFT_NOTICE_MOUNT, path, reason);
    }
}

static enum sealift_status
count(struct preview *preview, const struct tree_entry *entry)
{
    struct sealift_preview_result *result = &preview->result;
    uint64_t size = entry->type == TREE_FILE ? entry->size : 0;

    result->entries++;
    result->files += entry->type == TREE_FILE ? 1 : 0;
    result->directories += entry->type == TREE_DIRECTORY ? 1 : 0;
    result->others = result->entries - result->files - result->directories;
    result->size += size;
    progress_add(preview->progress, 1, entry->type == TREE_FILE ? 1 : 0, size, 0);
    return tell(preview, entry->path,
                (struct sealift_preview_entry){.type = tree_type_name(entry->type), .size = size});
}

/* A later name of an inode is not opened: what is to be had of it came with its first. */
static enum sealift_status
look_at(struct preview *preview, const struct walk_entry *entry)
{
    struct sealift_error reason;
    enum sealift_status status;

    if (entry->meta.type == TREE_HARD_LINK)
        return count(preview, &entry->meta);
    status = entry_reader_open(preview->reader, entry, &reason);
    entry_reader_close(preview->reader);
    if (status == SEALIFT_OK)
        return count(preview, &entry->meta);
    if (!upload_is_about_the_path(status)) {
        *preview->err = reason;
        return status;
    }
    if (status == SEALIFT_NOT_FOUND && preview->request->live)
        return SEALIFT_OK;
    return tell_missing(preview, entry->meta.path, upload_reason(reason.message, entry->meta.path));
}

static enum sealift_status
look_at_all(struct preview *preview)
{
    for (;;) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        TRY(walk_next(preview->walk, &entry, preview->err));
        TRY(preview->told);
        if (entry == NULL)
            return SEALIFT_OK;
        TRY(look_at(preview, entry));
    }
}

enum sealift_status
preview_run(const struct world *world, struct progress *progress, const struct preview_request *request,
            struct sealift_preview_result *ret_result, struct sealift_error *err)
{
    SCOPED(preview_done) struct preview preview = {.request = request, .progress = progress, .err = err};
    const struct walk_options options = {
        .names_in_memory = request->memory,
        .links_in_memory = request->memory,
        .selection = request->selection,
        .cross_mounts = request->cross_mounts,
        .notify = hear_of,
        .context = &preview,
    };

    progress_stage(progress, "preview");
    TRY(walk_open(world, request->path, &options, &preview.walk, err));
    TRY(entry_reader_new(world, &preview.reader, err));
    TRY(look_at_all(&preview));
    preview.result.live = request->live;
    preview.result.seconds = progress_seconds(progress);
    *ret_result = preview.result;
    return SEALIFT_OK;
}
