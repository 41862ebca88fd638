#include "browse.h"
#include "error.h"
#include "inner_path.h"
#include "named_snapshot.h"
#include "scoped.h"

#include <inttypes.h>

struct ls_job {
    sealift_each_entry *each;
    void *context;
    struct named_snapshot snapshot;
    struct buf path;
    struct buf shown, target; /* of the entry at hand, as texts */
};

static void
job_done(struct ls_job *job)
{
    buf_done(&job->shown);
    buf_done(&job->target);
    buf_done(&job->path);
    named_snapshot_done(&job->snapshot);
}

/* Neither paths nor targets have a NUL in them. */
static enum sealift_status
text_of(struct bytes bytes, struct buf *memory, const char **ret_text, struct sealift_error *err)
{
    buf_clear(memory);
    TRY(buf_append_bytes(memory, bytes, err));
    return buf_text(memory, ret_text, err);
}

static enum sealift_status
show(void *context, const struct tree_entry *entry, struct sealift_error *err)
{
    struct ls_job *job = context;
    struct sealift_entry shown = {
        .type = tree_type_name(entry->type),
        .mode = entry->mode,
        .uid = entry->uid,
        .gid = entry->gid,
        .size = entry->size,
        .mtime_s = entry->mtime_s,
        .mtime_ns = entry->mtime_ns,
        .major = entry->major,
        .minor = entry->minor,
    };

    TRY(text_of(entry->path, &job->shown, &shown.path, err));
    if (entry->target.len > 0)
        TRY(text_of(entry->target, &job->target, &shown.target, err));
    return job->each(job->context, &shown, err);
}

static enum sealift_status
list(struct sealift *sealift, struct ls_job *job, const struct sealift_ls_spec *spec,
     struct browse_outcome *ret_outcome, struct sealift_error *err)
{
    const struct browse_request request = {
        .manifest = &job->snapshot.manifest,
        .fs_key = job->snapshot.fs_key,
        .path = buf_bytes(&job->path),
        .recursive = spec->recursive,
    };

    return browse_run(&sealift->world, job->snapshot.store, &request, show, job, ret_outcome, err);
}

enum sealift_status
sealift_snapshot_ls(struct sealift *sealift, const struct sealift_ls_spec *spec, sealift_each_entry *each,
                    void *context, struct sealift_ls_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct ls_job job = {.each = each, .context = context};
    const struct snapshot_name name = {spec->fs, spec->snapshot, spec->locator, &spec->obs};
    struct browse_outcome outcome;

    TRY(inner_path_append(spec->path, &job.path, err));
    TRY(named_snapshot_find(sealift, &name, &job.snapshot, err));
    TRY(named_snapshot_open(sealift, &job.snapshot, NULL, err));
    TRY(list(sealift, &job, spec, &outcome, err));
    world_log(&sealift->world, LOG_INFO,
              "%" PRIu64 " entries, for which %" PRIu64 " requests fetched %" PRIu64 " bytes", outcome.entries,
              outcome.requests, outcome.fetched);
    *ret_result = (struct sealift_ls_result){
        .entries = outcome.entries, .fetched = outcome.fetched, .requests = outcome.requests};
    locator_format(&job.snapshot.locator, ret_result->locator);
    return SEALIFT_OK;
}
