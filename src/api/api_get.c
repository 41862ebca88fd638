#include "at_rest.h"
#include "download.h"
#include "error.h"
#include "inner_path.h"
#include "named_snapshot.h"
#include "scoped.h"
#include "session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct get_job {
    struct sealift *sealift;
    const struct sealift_get_spec *spec;
    struct named_snapshot snapshot;
    struct branches *branches;
    struct branch_reader *reader;
    struct session session;
    struct download *download;
};

static void
job_done(struct get_job *job)
{
    download_free(&job->download);
    branch_reader_free(&job->reader);
    branches_free(&job->branches);
    session_end(&job->session);
    named_snapshot_done(&job->snapshot);
}

static enum sealift_status
need_a_path(struct bytes path, struct sealift_error *err)
{
    if (path.len > 0)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "the root is the whole snapshot: \"sealift fs download\" brings that back; name what is below it");
}

static size_t
count_paths(const struct sealift_get_spec *spec)
{
    size_t count = 0;

    while (spec->paths != NULL && spec->paths[count] != NULL)
        count++;
    return count;
}

/* The paths one behind the other in *memory, and where each ends. */
static enum sealift_status
read_paths(const struct sealift_get_spec *spec, struct buf *memory, size_t *ends, struct sealift_error *err)
{
    for (size_t i = 0; spec->paths[i] != NULL; i++) {
        size_t begin = memory->len;

        TRY(inner_path_append(spec->paths[i], memory, err));
        TRY(need_a_path((struct bytes){memory->data + begin, memory->len - begin}, err));
        ends[i] = memory->len;
    }
    return SEALIFT_OK;
}

static enum sealift_status
choose_branches(struct get_job *job, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf memory = {0};
    size_t count = count_paths(job->spec);
    SCOPED(free_done) size_t *ends = calloc(count + 1, sizeof(*ends));
    SCOPED(free_done) struct bytes *paths = calloc(count + 1, sizeof(*paths));

    if (count == 0)
        return error_set(err, SEALIFT_INVALID, "no path of the snapshot is named");
    if (ends == NULL || paths == NULL)
        return error_no_memory(err);
    TRY(read_paths(job->spec, &memory, ends, err));
    for (size_t i = 0, begin = 0; i < count; begin = ends[i++])
        paths[i] = (struct bytes){memory.data + begin, ends[i] - begin};
    return branches_new(paths, count, &job->branches, err);
}

/* A directory that does not exist yet will be encrypted as the one is that it will be made in. */
static enum sealift_status
find_encryption(const char *path, char ret_id[AT_REST_ID_SIZE], struct sealift_error *err)
{
    SCOPED(free_done) char *nearest = NULL;
    enum sealift_status status;

    TRY(handle_absolute_path(path, &nearest, err));
    while ((status = at_rest_find(nearest, ret_id, err)) == SEALIFT_NOT_FOUND && strcmp(nearest, "/") != 0) {
        char *slash = strrchr(nearest, '/');

        slash[slash == nearest ? 1 : 0] = '\0';
    }
    return status;
}

/* What was encrypted at rest never comes back in the clear unasked. */
static enum sealift_status
check_encryption(struct get_job *job, struct sealift_error *err)
{
    struct private_part names;
    char id[AT_REST_ID_SIZE];

    TRY(manifest_private(&job->snapshot.manifest, job->snapshot.fs_key, &names, err));
    if (!names.encrypted || job->spec->allow_unencrypted)
        return SEALIFT_OK;
    TRY(find_encryption(job->spec->to, id, err));
    if (id[0] != '\0')
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "%s: is not encrypted at rest, as the filesystem of this snapshot was; choose a directory in an "
                     "encrypted filesystem, or --allow-unencrypted, which writes in the clear",
                     job->spec->to);
}

static enum sealift_status
open_reader(struct get_job *job, struct sealift_error *err)
{
    const struct branch_request request = {
        .manifest = &job->snapshot.manifest,
        .fs_key = job->snapshot.fs_key,
        .branches = job->branches,
        .memory = job->session.budget.walk,
    };

    return branch_reader_new(&job->sealift->world, job->snapshot.store, &request, &job->reader, err);
}

/* Everything that can be refused is refused before anything is written. */
static enum sealift_status
prepare(struct get_job *job, struct sealift_error *err)
{
    const struct sealift_get_spec *spec = job->spec;
    const struct snapshot_name name = {spec->fs, spec->snapshot, spec->locator, &spec->obs};

    TRY(handle_need(spec->to, "the directory to write to", err));
    TRY(choose_branches(job, err));
    TRY(named_snapshot_find(job->sealift, &name, &job->snapshot, err));
    TRY(named_snapshot_open(job->sealift, &job->snapshot, NULL, err));
    TRY(check_encryption(job, err));
    TRY(session_begin(job->sealift, &spec->transfer, 0, &job->session, err));
    TRY(open_reader(job, err));
    TRY(branch_reader_check(job->reader, err));
    return download_new_beside(&job->sealift->world, job->session.progress, spec->to, job->branches, &job->download,
                               err);
}

static enum sealift_status
check_degraded(const struct get_job *job, uint64_t degraded, struct sealift_error *err)
{
    if (degraded == 0 || job->spec->allow_degraded)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_DENIED,
                     "%s: it is complete but for %" PRIu64
                     " thing%s that could not be restored here (named above); run "
                     "as root, or on a filesystem that has them; --allow-degraded accepts this",
                     job->spec->to, degraded, degraded == 1 ? "" : "s");
}

static enum sealift_status
get(struct get_job *job, struct sealift_get_result *ret_result, struct sealift_error *err)
{
    struct reading_request request = {.manifest = &job->snapshot.manifest};
    struct download_outcome outcome;

    TRY(prepare(job, err));
    request.fs_key = job->snapshot.fs_key;
    request.branches = job->reader;
    request.budget = job->session.budget;
    TRY(download_run(job->download, job->snapshot.store, &request, &outcome, err));
    TRY(check_degraded(job, outcome.degraded, err));
    *ret_result = (struct sealift_get_result){
        .entries = outcome.read.entries,
        .files = outcome.read.files,
        .size = outcome.read.size,
        .fetched = outcome.read.fetched,
        .requests = outcome.read.requests,
        .degraded = outcome.degraded,
        .seconds = progress_seconds(job->session.progress),
    };
    locator_format(&job->snapshot.locator, ret_result->locator);
    return SEALIFT_OK;
}

enum sealift_status
sealift_snapshot_get(struct sealift *sealift, const struct sealift_get_spec *spec,
                     struct sealift_get_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct get_job job = {.sealift = sealift, .spec = spec};

    return get(&job, ret_result, err);
}
