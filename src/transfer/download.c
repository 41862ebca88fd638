#include "download.h"

#include "error.h"
#include "scoped.h"
#include "shown_path.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

struct download {
    const struct world *world;
    struct progress *progress;
    struct target *target;
    atomic_uint_fast64_t degraded;

    const struct branches *branches; /* NULL: everything */
    struct buf made;                 /* of each directory above them: a byte, 1 when it was not there before */
    size_t finished;                 /* of these */
};

/* A file that is being written, with its path for messages. */
struct written_file {
    struct target_file *file;
    char path[];
};

static bool
is_above_branches(const struct download *download, const struct tree_entry *entry)
{
    return download->branches != NULL && !branches_hold(download->branches, entry->path);
}

static enum sealift_status
make_way(struct download *download, const struct tree_entry *entry, struct sealift_error *err)
{
    bool made;
    uint8_t note;

    TRY(target_make_way(download->target, entry, &made, err));
    note = made ? 1 : 0;
    return buf_append(&download->made, &note, 1, err);
}

/* The second pass meets the same directories in the same order: what lies above a branch follows from the branches. But
 * it reads the tree anew, from a store that may answer anything. */
static enum sealift_status
was_made(struct download *download, const struct tree_entry *entry, bool *ret_made, struct sealift_error *err)
{
    if (download->finished == download->made.len)
        return error_set(err, SEALIFT_CORRUPT,
                         "%s: is in the tree now, and was not when the tree was read first. Verify the snapshot, and "
                         "find out who else writes to the store",
                         shown_path(entry->path).text);
    *ret_made = download->made.data[download->finished++] == 1;
    return SEALIFT_OK;
}

static enum sealift_status
make_entry(void *context, const struct tree_entry *entry, struct sealift_error *err)
{
    struct download *download = context;

    if (is_above_branches(download, entry))
        return make_way(download, entry, err);
    return target_make(download->target, entry, err);
}

static enum sealift_status
begin_file(void *context, const struct tree_entry *entry, void **ret_file, struct sealift_error *err)
{
    struct download *download = context;
    SCOPED(free_done) struct written_file *written = calloc(1, sizeof(*written) + entry->path.len + 1);

    if (written == NULL)
        return error_no_memory(err);
    memcpy(written->path, entry->path.data, entry->path.len);
    TRY(target_file_make(download->target, entry, &written->file, err));
    *ret_file = TAKE(written);
    return SEALIFT_OK;
}

static enum sealift_status
write_data(void *context, void *file, uint64_t at, struct bytes data, struct sealift_error *err)
{
    struct written_file *written = file;

    (void)context;
    return target_file_write(written->file, at, data, err);
}

static enum sealift_status
end_file(void *context, void *file, struct sealift_error *err)
{
    struct written_file *written = file;
    enum sealift_status status = target_file_finish(&written->file, err);

    (void)context;
    free(written);
    return status;
}

static void
drop_file(void *context, void *file)
{
    struct written_file *written = file;

    (void)context;
    target_file_abandon(&written->file);
    free(written);
}

static const char *
path_of(const void *file)
{
    const struct written_file *written = file;

    return written->path;
}

static void
note_degraded(void *context, struct bytes path, const char *what)
{
    struct download *download = context;

    atomic_fetch_add(&download->degraded, 1);
    progress_notice(download->progress, SEALIFT_NOTICE_DEGRADED, path, what);
}

static enum sealift_status
finish_entry(void *context, const struct tree_entry *entry, struct sealift_error *err)
{
    struct download *download = context;
    bool made = true;

    if (is_above_branches(download, entry))
        TRY(was_made(download, entry, &made, err));
    return made ? target_finish_entry(download->target, entry, err) : SEALIFT_OK;
}

enum sealift_status
download_new(const struct world *world, struct progress *progress, const char *path, struct download **ret_download,
             struct sealift_error *err)
{
    SCOPED(download_free) struct download *download = calloc(1, sizeof(*download));

    if (download == NULL)
        return error_no_memory(err);
    download->world = world;
    download->progress = progress;
    TRY(target_open(world, path, note_degraded, download, &download->target, err));
    *ret_download = TAKE(download);
    return SEALIFT_OK;
}

static enum sealift_status
check_free(const struct download *download, struct sealift_error *err)
{
    for (size_t i = 0; i < branches_count(download->branches); i++)
        TRY(target_check_free(download->target, branches_at(download->branches, i), err));
    return SEALIFT_OK;
}

enum sealift_status
download_new_beside(const struct world *world, struct progress *progress, const char *path,
                    const struct branches *branches, struct download **ret_download, struct sealift_error *err)
{
    SCOPED(download_free) struct download *download = calloc(1, sizeof(*download));

    if (download == NULL)
        return error_no_memory(err);
    download->world = world;
    download->progress = progress;
    download->branches = branches;
    TRY(target_open_shared(world, path, note_degraded, download, &download->target, err));
    TRY(check_free(download, err));
    *ret_download = TAKE(download);
    return SEALIFT_OK;
}

void
download_free(struct download **download)
{
    if (*download == NULL)
        return;
    buf_done(&(*download)->made);
    target_free(&(*download)->target);
    free(*download);
    *download = NULL;
}

enum sealift_status
download_run(struct download *download, struct store *store, const struct reading_request *request,
             struct download_outcome *ret_outcome, struct sealift_error *err)
{
    const struct manifest_totals *totals = &request->manifest->totals;
    struct download_outcome outcome;
    const struct reading_sink sink = {
        .context = download,
        .entry = make_entry,
        .file_begin = begin_file,
        .file_data = write_data,
        .file_end = end_file,
        .file_drop = drop_file,
        .file_path = path_of,
    };

    world_log(download->world, LOG_INFO, "reads %s with %zu workers over %zu connections", store->url,
              request->budget.workers, request->budget.connections);
    progress_stage(download->progress, "download");
    if (download->branches == NULL) /* else nobody knows how much it will be */
        progress_totals(download->progress, totals->entries, totals->size);
    TRY(reading_run(download->world, store, download->progress, request, &sink, &outcome.read, err));
    progress_stage(download->progress, "finish");
    TRY(reading_entries(download->world, store, request, finish_entry, download, err));
    TRY(target_finish(download->target, err));
    outcome.degraded = atomic_load(&download->degraded);
    if (request->branches != NULL) {
        outcome.read.fetched += branch_reader_fetched(request->branches);
        outcome.read.requests += branch_reader_requests(request->branches);
    }
    *ret_outcome = outcome;
    return SEALIFT_OK;
}
