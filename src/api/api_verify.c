#include "error.h"
#include "handle.h"
#include "named_snapshot.h"
#include "scoped.h"
#include "session.h"
#include "verify_data.h"
#include "verify_objects.h"

struct verify_job {
    struct sealift *sealift;
    const struct sealift_verify_spec *spec;
    struct named_snapshot snapshot;
    struct session session;
};

static void
job_done(struct verify_job *job)
{
    session_end(&job->session);
    named_snapshot_done(&job->snapshot);
}

static enum sealift_status
verify_keys(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    struct private_part names;

    TRY(named_snapshot_open(job->sealift, &job->snapshot, &result->envelopes, err));
    return manifest_private(&job->snapshot.manifest, job->snapshot.fs_key, &names, err);
}

static enum sealift_status
verify_all_objects(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    struct verify_objects_outcome outcome;
    const struct verify_objects_request request = {
        .manifest = &job->snapshot.manifest,
        .read = job->spec->kind == SEALIFT_VERIFY_READ,
        .budget = job->session.budget,
    };

    TRY(verify_objects(&job->sealift->world, job->snapshot.store, job->session.progress, &request, &outcome, err));
    result->objects = outcome.objects;
    result->bytes = outcome.bytes;
    result->by_checksum = outcome.by_checksum;
    return SEALIFT_OK;
}

static enum sealift_status
verify_all_data(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    struct reading_request request = {.manifest = &job->snapshot.manifest, .budget = job->session.budget};
    struct reading_outcome outcome;

    TRY(named_snapshot_open(job->sealift, &job->snapshot, NULL, err));
    request.fs_key = job->snapshot.fs_key;
    TRY(verify_data(&job->sealift->world, job->snapshot.store, job->session.progress, &request, &outcome, err));
    result->objects = job->snapshot.manifest.totals.segments;
    result->bytes = outcome.size;
    result->entries = outcome.entries;
    result->chunks = outcome.chunks;
    return SEALIFT_OK;
}

static enum sealift_status
verify(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    const struct sealift_verify_spec *spec = job->spec;
    const struct snapshot_name name = {spec->fs, spec->snapshot, spec->locator, &spec->obs};

    TRY(named_snapshot_find(job->sealift, &name, &job->snapshot, err));
    locator_format(&job->snapshot.locator, result->locator);
    TRY(session_begin(job->sealift, &spec->transfer, 0, &job->session, err));
    switch (spec->kind) {
    case SEALIFT_VERIFY_KEYS:
        TRY(verify_keys(job, result, err));
        break;
    case SEALIFT_VERIFY_OBJECTS:
    case SEALIFT_VERIFY_READ:
        TRY(verify_all_objects(job, result, err));
        break;
    case SEALIFT_VERIFY_DATA:
        TRY(verify_all_data(job, result, err));
        break;
    }
    result->seconds = progress_seconds(job->session.progress);
    return SEALIFT_OK;
}

enum sealift_status
sealift_snapshot_verify(struct sealift *sealift, const struct sealift_verify_spec *spec,
                        struct sealift_verify_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct verify_job job = {.sealift = sealift, .spec = spec};
    struct sealift_verify_result result = {.kind = spec->kind};

    TRY(verify(&job, &result, err));
    *ret_result = result;
    return SEALIFT_OK;
}
