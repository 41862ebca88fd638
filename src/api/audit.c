#include "audit.h"

#include "error.h"
#include "io.h"
#include "json.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct known {
    struct uuid fs;
    char name[256];
};

struct audit {
    struct kms_audit ear;
    const struct world *world;
    char *path, *command;
    int fd;

    pthread_mutex_t lock; /* guards what follows, and the file: this process's lines are in the order of the calls */
    struct buf known;     /* struct known */
    bool torn;            /* the file ends within a line, which another process could not finish */
    struct sealift_error failure; /* why a line could not be written; OK: all were */
};

static struct audit *
audit_of(struct kms_audit *ear)
{
    return (struct audit *)ear; /* its first member */
}

/* --- a line --- */

/* Names that were said later count, and lie behind. */
static const char *
find_name_locked(const struct audit *audit, const struct uuid *fs)
{
    const struct known *known = (const void *)audit->known.data;

    for (size_t i = audit->known.len / sizeof(*known); i > 0; i--)
        if (uuid_equal(&known[i - 1].fs, fs))
            return known[i - 1].name;
    return "";
}

static void
put_uuid(struct json_writer *writer, const char *key, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE] = "";

    if (!uuid_is_zero(uuid))
        uuid_format(uuid, text);
    json_put_text(writer, key, text);
}

/* They were taken as plain words without quotes, with spaces between. */
static void
put_request_ids(struct json_writer *writer, const char *ids)
{
    char id[sizeof(((struct kms_errand *)NULL)->request_ids)];

    json_open_array(writer, "request_ids");
    while (*ids != '\0') {
        size_t len = strcspn(ids, " ");

        snprintf(id, sizeof(id), "%.*s", (int)len, ids);
        json_put_string(writer, NULL, id);
        ids += len + (ids[len] == ' ');
    }
    json_close_array(writer);
}

static void
write_who(const struct audit *audit, struct json_writer *writer)
{
    char time[32];

    time_format_ns(audit->world->clock->wall_ns(audit->world->clock), time);
    json_put_string(writer, "time", time);
    json_put_text(writer, "command", audit->command);
    json_put_integer(writer, "pid", getpid());
}

static void
write_what(const struct audit *audit, const struct kms_event *event, struct json_writer *writer)
{
    const struct kms_errand *errand = event->errand;

    json_put_text(writer, "filesystem", find_name_locked(audit, &errand->fs));
    put_uuid(writer, "filesystem_id", &errand->fs);
    put_uuid(writer, "snapshot_id", &errand->snapshot);
    json_put_string(writer, "operation", event->operation);
    json_put_string(writer, "kms_type", event->type);
    json_put_text(writer, "kms_namespace", errand->by.name_space);
    json_put_text(writer, "kms_mount", errand->by.mount);
    json_put_text(writer, "kms_key_identifier", errand->by.key_identifier);
    json_put_integer(writer, "kms_key_version", errand->by.key_version);
    put_request_ids(writer, errand->request_ids);
    json_put_string(writer, "outcome", sealift_status_name(event->status));
    json_put_text(writer, "message", event->message);
}

static enum sealift_status
format_line_locked(const struct audit *audit, const struct kms_event *event, struct buf *line,
                   struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (audit->torn)
        TRY(buf_append_text(line, "\n", err));
    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    write_who(audit, writer);
    write_what(audit, event, writer);
    json_close_object(writer);
    TRY(json_writer_finish(writer, line, err));
    return buf_append_text(line, "\n", err);
}

static enum sealift_status
append_locked(struct audit *audit, const struct kms_event *event, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf line = {0};

    TRY(format_line_locked(audit, event, &line, err));
    TRY(io_write(audit->fd, buf_bytes(&line), audit->path, err));
    audit->torn = false;
    return SEALIFT_OK;
}

/* --- what a KMS tells --- */

/* The call has been made, and its result is the caller's: that nobody can read of it is told at least here, and there
 * will be no other. */
static void
note(struct kms_audit *ear, const struct kms_event *event)
{
    struct audit *audit = audit_of(ear);
    struct sealift_error err;

    pthread_mutex_lock(&audit->lock);
    if (append_locked(audit, event, &err) != SEALIFT_OK) {
        audit->failure = err;
        world_log(audit->world, LOG_WARNING, "the audit log lacks a call to the KMS (%s, %s): %s", event->operation,
                  sealift_status_name(event->status), err.message);
    }
    pthread_mutex_unlock(&audit->lock);
}

static enum sealift_status
ready(struct kms_audit *ear, struct sealift_error *err)
{
    struct audit *audit = audit_of(ear);
    struct sealift_error failure;

    pthread_mutex_lock(&audit->lock);
    failure = audit->failure;
    pthread_mutex_unlock(&audit->lock);
    if (failure.status == SEALIFT_OK)
        return SEALIFT_OK;
    return error_set(err, failure.status,
                     "the KMS is not asked, because the audit log could not be written: %s; make room, or name another "
                     "one with --audit-log",
                     failure.message);
}

/* --- opening it --- */

void
audit_free(struct audit **audit)
{
    if (*audit == NULL)
        return;
    fd_done(&(*audit)->fd);
    pthread_mutex_destroy(&(*audit)->lock);
    buf_done(&(*audit)->known);
    free((*audit)->path);
    free((*audit)->command);
    free(*audit);
    *audit = NULL;
}

/* What a full disk left of another process's line. One that may not be read is taken to be whole. */
static bool
ends_within_a_line(const char *path)
{
    SCOPED(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat found;
    char last;

    return fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0 &&
           pread(fd, &last, 1, found.st_size - 1) == 1 && last != '\n';
}

enum sealift_status
audit_open(const struct world *world, const char *path, const char *command, struct audit **ret_audit,
           struct sealift_error *err)
{
    SCOPED(audit_free) struct audit *audit = calloc(1, sizeof(*audit));

    if (audit == NULL)
        return error_no_memory(err);
    audit->ear = (struct kms_audit){.ready = ready, .note = note};
    audit->world = world;
    audit->fd = -1;
    pthread_mutex_init(&audit->lock, NULL);
    TRY(text_copy(path, &audit->path, err));
    TRY(text_copy(command != NULL ? command : "", &audit->command, err));
    audit->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (audit->fd < 0)
        return error_errno(err, errno,
                           "the audit log, which is told of each call to the KMS (--audit-log FILE, or \"none\"), "
                           "cannot be opened: %s",
                           path);
    audit->torn = ends_within_a_line(path);
    *ret_audit = TAKE(audit);
    return SEALIFT_OK;
}

struct kms_audit *
audit_ear(struct audit *audit)
{
    return &audit->ear;
}

enum sealift_status
audit_know(struct audit *audit, const struct uuid *fs, const char *name, struct sealift_error *err)
{
    struct known known = {.fs = *fs};
    enum sealift_status status;

    snprintf(known.name, sizeof(known.name), "%s", name);
    pthread_mutex_lock(&audit->lock);
    status = buf_append(&audit->known, &known, sizeof(known), err);
    pthread_mutex_unlock(&audit->lock);
    return status;
}
