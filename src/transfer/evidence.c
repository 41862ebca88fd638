#include "evidence.h"

#include "error.h"
#include "io.h"
#include "json.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define VERSION 1

/* --- the file --- */

struct evidence {
    const struct world *world;
    char *path;
    int fd;
    bool settled;
    pthread_mutex_t lock; /* guards the end of the file, and what it is hashed with */
    struct sha256_stream *stream;
};

void
evidence_free(struct evidence **evidence)
{
    if (*evidence == NULL)
        return;
    if ((*evidence)->fd >= 0 && !(*evidence)->settled)
        unlink((*evidence)->path);
    fd_done(&(*evidence)->fd);
    sha256_stream_free(&(*evidence)->stream);
    pthread_mutex_destroy(&(*evidence)->lock);
    free((*evidence)->path);
    free(*evidence);
    *evidence = NULL;
}

static void
put_time(struct json_writer *writer, const char *key, int64_t wall_ns)
{
    char text[32];

    time_format(wall_ns, text);
    json_put_string(writer, key, text);
}

static void
put_uuid(struct json_writer *writer, const char *key, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];

    if (uuid == NULL) {
        json_put_null(writer, key);
        return;
    }
    uuid_format(uuid, text);
    json_put_string(writer, key, text);
}

static void
put_now(const struct evidence *evidence, struct json_writer *writer)
{
    put_time(writer, "time", evidence->world->clock->wall_ns(evidence->world->clock));
}

/* Every line says what kind of line it is. */
static enum sealift_status
open_line(const char *line, struct json_writer **ret_writer, struct sealift_error *err)
{
    TRY(json_writer_new(ret_writer, err));
    json_open_object(*ret_writer, NULL);
    json_put_string(*ret_writer, "evidence", line);
    return SEALIFT_OK;
}

static enum sealift_status
append(struct evidence *evidence, struct bytes line, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&evidence->lock);
    status = io_write(evidence->fd, line, evidence->path, err);
    if (status == SEALIFT_OK)
        status = sha256_stream_add(evidence->stream, line, err);
    pthread_mutex_unlock(&evidence->lock);
    return status;
}

static enum sealift_status
close_line(struct evidence *evidence, struct json_writer *writer, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf line = {0};

    json_close_object(writer);
    TRY(json_writer_finish(writer, &line, err));
    TRY(buf_append_text(&line, "\n", err));
    return append(evidence, buf_bytes(&line), err);
}

static enum sealift_status
sync_file(struct evidence *evidence, struct sealift_error *err)
{
    if (fsync(evidence->fd) != 0)
        return error_errno(err, errno, "%s: cannot be written to the disk", evidence->path);
    return SEALIFT_OK;
}

static enum sealift_status
make_file(struct evidence *evidence, struct sealift_error *err)
{
    evidence->fd = open(evidence->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (evidence->fd >= 0)
        return SEALIFT_OK;
    if (errno == EEXIST)
        return error_set(err, SEALIFT_CONFLICT,
                         "%s: exists already, and evidence is never written over; name another file", evidence->path);
    return error_errno(err, errno, "%s: cannot make the file for the evidence", evidence->path);
}

static enum sealift_status
write_header(struct evidence *evidence, const struct evidence_header *header, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(open_line("begin", &writer, err));
    json_put_integer(writer, "version", VERSION);
    put_now(evidence, writer);
    json_put_string(writer, "command", header->command);
    json_put_text(writer, "store", header->store);
    put_uuid(writer, "filesystem_id", header->fs);
    json_put_text(writer, "filesystem", header->filesystem);
    return close_line(evidence, writer, err);
}

enum sealift_status
evidence_begin(const struct world *world, const char *path, const struct evidence_header *header,
               struct evidence **ret_evidence, struct sealift_error *err)
{
    SCOPED(evidence_free) struct evidence *evidence = calloc(1, sizeof(*evidence));

    if (evidence == NULL)
        return error_no_memory(err);
    evidence->world = world;
    evidence->fd = -1;
    pthread_mutex_init(&evidence->lock, NULL);
    TRY(text_copy(path, &evidence->path, err));
    TRY(sha256_stream_new(&evidence->stream, err));
    TRY(make_file(evidence, err));
    TRY(write_header(evidence, header, err));
    *ret_evidence = TAKE(evidence);
    return SEALIFT_OK;
}

/* --- its lines --- */

static void
put_contents(struct json_writer *writer, const struct evidence_object *object)
{
    if (object->was_read)
        json_put_hex(writer, "sha256", BYTES_OF(object->sha256));
    else
        json_put_null(writer, "sha256");
    if (object->was_parsed) {
        put_time(writer, "made", object->made_ns);
        json_put_hex(writer, "key_check", BYTES_OF(object->key_check));
    } else {
        json_put_null(writer, "made");
        json_put_null(writer, "key_check");
    }
}

static void
put_locator(struct json_writer *writer, const struct evidence_object *object)
{
    const struct locator locator = {object->fs, object->upload};
    char text[LOCATOR_SIZE];

    if (object->kind != EVIDENCE_MANIFEST) {
        json_put_null(writer, "locator");
        return;
    }
    locator_format(&locator, text);
    json_put_string(writer, "locator", text);
}

enum sealift_status
evidence_add(struct evidence *evidence, const struct evidence_object *object, const char *finding,
             struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (evidence == NULL)
        return SEALIFT_OK;
    TRY(open_line("object", &writer, err));
    json_put_string(writer, "kind", evidence_kind_name(object->kind));
    json_put_string(writer, "name", object->name);
    put_locator(writer, object);
    json_put_integer(writer, "size", (int64_t)object->size);
    put_contents(writer, object);
    json_put_text(writer, "problem", object->problem.status != SEALIFT_OK ? object->problem.message : NULL);
    json_put_text(writer, "finding", finding);
    return close_line(evidence, writer, err);
}

/* A key of a KMS: as a wrapping claims it, and as it was shown. */
static void
put_key(struct json_writer *writer, const char *key, const struct kms_hint *hint)
{
    if (hint == NULL) {
        json_put_null(writer, key);
        return;
    }
    json_open_object(writer, key);
    json_put_text(writer, "type", hint->type);
    json_put_text(writer, "namespace", hint->name_space);
    json_put_text(writer, "mount", hint->mount);
    json_put_text(writer, "key_identifier", hint->key_identifier);
    json_put_integer(writer, "key_version", hint->key_version);
    json_close_object(writer);
}

enum sealift_status
evidence_wrapping(struct evidence *evidence, const struct evidence_wrapping *wrapping, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (evidence == NULL)
        return SEALIFT_OK;
    TRY(open_line("wrapping", &writer, err));
    json_put_text(writer, "object", wrapping->object);
    put_uuid(writer, "filesystem_id", &wrapping->envelope->fs);
    json_put_hex(writer, "key_check", BYTES_OF(wrapping->envelope->key_check));
    json_put_hex(writer, "sha256", (struct bytes){wrapping->sha256, SHA256_SIZE});
    json_put_string(writer, "opens", wrapping->opens);
    put_key(writer, "by", wrapping->by);
    put_key(writer, "claims", &wrapping->envelope->kms);
    json_put_text(writer, "problem", wrapping->problem);
    return close_line(evidence, writer, err);
}

enum sealift_status
evidence_verdicts(struct evidence *evidence, const struct evidence_verdicts *verdicts, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (evidence == NULL)
        return SEALIFT_OK;
    TRY(open_line("verdicts", &writer, err));
    json_put_integer(writer, "dies", (int64_t)verdicts->dies);
    json_put_integer(writer, "survives", (int64_t)verdicts->survives);
    json_put_integer(writer, "claimed", (int64_t)verdicts->claimed);
    json_put_integer(writer, "unknown", (int64_t)verdicts->unknown);
    json_put_bool(writer, "safe", verdicts->safe);
    return close_line(evidence, writer, err);
}

enum sealift_status
evidence_settle(struct evidence *evidence, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (evidence == NULL)
        return SEALIFT_OK;
    TRY(open_line("settled", &writer, err));
    put_now(evidence, writer);
    TRY(close_line(evidence, writer, err));
    TRY(sync_file(evidence, err));
    TRY(io_sync_folder_of(evidence->path, err));
    evidence->settled = true;
    return SEALIFT_OK;
}

enum sealift_status
evidence_outcome(struct evidence *evidence, const char *name, const char *outcome, const char *problem,
                 struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (evidence == NULL)
        return SEALIFT_OK;
    TRY(open_line("outcome", &writer, err));
    put_now(evidence, writer);
    json_put_string(writer, "name", name);
    json_put_string(writer, "outcome", outcome);
    json_put_text(writer, "problem", problem);
    return close_line(evidence, writer, err);
}

enum sealift_status
evidence_total(struct evidence *evidence, const char *kind, uint64_t objects, uint64_t bytes, uint64_t refused,
               struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (evidence == NULL)
        return SEALIFT_OK;
    TRY(open_line("total", &writer, err));
    json_put_string(writer, "kind", kind);
    json_put_integer(writer, "objects", (int64_t)objects);
    json_put_integer(writer, "bytes", (int64_t)bytes);
    json_put_integer(writer, "refused", (int64_t)refused);
    return close_line(evidence, writer, err);
}

enum sealift_status
evidence_end(struct evidence *evidence, const struct sealift_error *failure, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;
    uint8_t hash[SHA256_SIZE];

    if (evidence == NULL)
        return SEALIFT_OK;
    TRY(open_line("end", &writer, err));
    put_now(evidence, writer);
    json_put_string(writer, "status", sealift_status_name(failure != NULL ? failure->status : SEALIFT_OK));
    json_put_text(writer, "problem", failure != NULL ? failure->message : NULL);
    TRY(sha256_stream_end(evidence->stream, hash, err));
    json_put_hex(writer, "sha256", BYTES_OF(hash));
    TRY(close_line(evidence, writer, err));
    return sync_file(evidence, err);
}
