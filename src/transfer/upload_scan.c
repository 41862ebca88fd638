/* Walks ahead of the upload, only to know how much there is: a progress bar wants to say how long it will take. */
#include "scoped.h"
#include "upload_stages.h"

/* What cannot be read is told by the stage that needs it. */
static void
overhear(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    (void)context;
    (void)notice;
    (void)path;
    (void)reason;
}

static enum sealift_status
count_all(struct upload *upload, struct walk *walk, struct sealift_error *err)
{
    uint64_t entries = 0, bytes = 0;

    while (!atomic_load(&upload->counted_enough)) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        TRY(world_check_cancel(upload->world, err));
        TRY(walk_next(walk, &entry, err));
        if (entry == NULL) {
            progress_totals(upload->progress, entries, bytes);
            return SEALIFT_OK;
        }
        entries++;
        if (entry->meta.type == TREE_FILE)
            bytes += entry->meta.size;
    }
    return SEALIFT_OK;
}

enum sealift_status
upload_scan(void *argument, struct sealift_error *err)
{
    struct upload *upload = argument;
    const struct walk_options options = {
        .names_in_memory = upload->request->budget.walk,
        .links_in_memory = upload->request->budget.walk,
        .selection = upload->request->selection,
        .cross_mounts = upload->request->cross_mounts,
        .notify = overhear,
    };
    SCOPED(walk_free) struct walk *walk = NULL;

    /* A walk that fails here will fail the plan too, or is only a missing estimate. */
    if (walk_open(upload->world, upload->request->path, &options, &walk, err) != SEALIFT_OK ||
        count_all(upload, walk, err) != SEALIFT_OK)
        world_log(upload->world, LOG_DEBUG, "the size of %s is not known beforehand: %s", upload->request->path,
                  err->message);
    return SEALIFT_OK;
}
