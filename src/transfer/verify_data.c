#include "verify_data.h"

#include "error.h"
#include "scoped.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum sealift_status
pass_entry(void *context, const struct tree_entry *entry, struct sealift_error *err)
{
    (void)context;
    (void)entry;
    (void)err;
    return SEALIFT_OK;
}

/* All that is kept of a file is its path, for messages. */
static enum sealift_status
begin_file(void *context, const struct tree_entry *entry, void **ret_file, struct sealift_error *err)
{
    char *path = strndup((const char *)entry->path.data, entry->path.len);

    (void)context;
    if (path == NULL)
        return error_no_memory(err);
    *ret_file = path;
    return SEALIFT_OK;
}

/* The reading itself has compared the chunk with its name. */
static enum sealift_status
pass_data(void *context, void *file, uint64_t at, struct bytes data, struct sealift_error *err)
{
    (void)context;
    (void)file;
    (void)at;
    (void)data;
    (void)err;
    return SEALIFT_OK;
}

static enum sealift_status
end_file(void *context, void *file, struct sealift_error *err)
{
    (void)context;
    (void)err;
    free(file);
    return SEALIFT_OK;
}

static void
drop_file(void *context, void *file)
{
    (void)context;
    free(file);
}

static const char *
path_of(const void *file)
{
    return file;
}

static enum sealift_status
compare_totals(const struct manifest_totals *said, const struct reading_outcome *found, struct sealift_error *err)
{
    if (said->entries == found->entries && said->files == found->files && said->size == found->size)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CORRUPT,
                     "the tree holds %" PRIu64 " entries, %" PRIu64 " files, %" PRIu64
                     " bytes; the manifest says %" PRIu64 ", %" PRIu64 ", %" PRIu64,
                     found->entries, found->files, found->size, said->entries, said->files, said->size);
}

enum sealift_status
verify_data(const struct world *world, struct store *store, struct progress *progress,
            const struct reading_request *request, struct reading_outcome *ret_outcome, struct sealift_error *err)
{
    const struct reading_sink sink = {
        .entry = pass_entry,
        .file_begin = begin_file,
        .file_data = pass_data,
        .file_end = end_file,
        .file_drop = drop_file,
        .file_path = path_of,
    };

    progress_stage(progress, "verify");
    progress_totals(progress, request->manifest->totals.entries, request->manifest->totals.size);
    TRY(reading_run(world, store, progress, request, &sink, ret_outcome, err));
    return compare_totals(&request->manifest->totals, ret_outcome, err);
}
