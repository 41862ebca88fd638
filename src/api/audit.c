#include "audit.h"

#include "error.h"
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

#define TRIES 3 /* for one line */

struct known {
    struct uuid fs;
    char name[256];
};

struct audit {
    struct kms_audit ear;
    const struct world *world;
    char *path, *command;
    int fd;
    int view; /* the same file, to be read; -1: it is none that can be looked into, such as a pipe */

    pthread_mutex_t lock; /* guards what follows, and the file: this process's lines are in the order of the calls */
    struct buf known;     /* struct known */
    bool torn;            /* without a view: our last line was cut */
    struct sealift_error failure; /* why the first line that is missing could not be written; OK: none is */
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

/* With a newline before it, for where it follows a torn one. */
static enum sealift_status
format_line_locked(const struct audit *audit, const struct kms_event *event, struct buf *line,
                   struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(buf_append_text(line, "\n", err));
    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    write_who(audit, writer);
    write_what(audit, event, writer);
    json_close_object(writer);
    TRY(json_writer_finish(writer, line, err));
    return buf_append_text(line, "\n", err);
}

/* --- writing it ---
 *
 * Several processes append to the file, and any of them may be cut off in the middle of a line: by a full disk, or by
 * its end. What was written cannot be taken back, for others may have written behind it. So a line is one write, a torn
 * one that lies before it is ended first, and one that turns out to hang on a torn one is written again: another
 * process may have been cut off between our look and our write. */

static bool
is_at_line_start(const struct audit *audit, off_t at)
{
    char before;

    return at <= 0 || pread(audit->view, &before, 1, at - 1) != 1 || before == '\n';
}

static bool
ends_within_a_line_locked(const struct audit *audit)
{
    struct stat found;

    if (audit->view < 0)
        return audit->torn;
    return fstat(audit->view, &found) == 0 && !is_at_line_start(audit, found.st_size);
}

/* O_APPEND leaves the descriptor's place behind what it wrote. */
static bool
was_put_at_line_start(const struct audit *audit, size_t len)
{
    const off_t end = audit->view < 0 ? -1 : lseek(audit->fd, 0, SEEK_CUR);

    return end < 0 || is_at_line_start(audit, end - (off_t)len);
}

static ssize_t
write_once(int fd, struct bytes data)
{
    ssize_t written;

    do
        written = write(fd, data.data, data.len);
    while (written < 0 && errno == EINTR);
    return written;
}

/* A line that was cut, too, is written again, whole: what stopped it then says why. */
static enum sealift_status
append_locked(struct audit *audit, struct bytes line, struct sealift_error *err)
{
    const struct bytes alone = {line.data + 1, line.len - 1};

    for (int i = 0; i < TRIES; i++) {
        const struct bytes data = i > 0 || ends_within_a_line_locked(audit) ? line : alone;
        const ssize_t written = write_once(audit->fd, data);

        if (written < 0)
            return error_errno(err, errno, "the audit log %s cannot be written", audit->path);
        if (written > 0)
            audit->torn = (size_t)written < data.len;
        if ((size_t)written == data.len && (data.len == line.len || was_put_at_line_start(audit, data.len)))
            return SEALIFT_OK;
    }
    return error_set(err, SEALIFT_IO, "the audit log %s takes no whole line", audit->path);
}

static enum sealift_status
record_locked(struct audit *audit, const struct kms_event *event, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf line = {0};

    TRY(format_line_locked(audit, event, &line, err));
    return append_locked(audit, buf_bytes(&line), err);
}

/* --- what a KMS tells --- */

/* Of lines that are missing the first is told: all others come of it. */
static enum sealift_status
note(struct kms_audit *ear, const struct kms_event *event, struct sealift_error *err)
{
    struct audit *audit = audit_of(ear);
    enum sealift_status status;

    pthread_mutex_lock(&audit->lock);
    status = record_locked(audit, event, err);
    if (status != SEALIFT_OK) {
        status =
            error_prefix(err, "a call to the KMS (%s) could not be recorded, and counts as failed", event->operation);
        status = error_hint(err, "free space for it, name another file with --audit-log or, on the worst day, go "
                                 "without one (--audit-log none); then run the command again");
        if (audit->failure.status == SEALIFT_OK)
            audit->failure = *err;
    }
    pthread_mutex_unlock(&audit->lock);
    return status;
}

static enum sealift_status
ready(struct kms_audit *ear, struct sealift_error *err)
{
    struct audit *audit = audit_of(ear);
    enum sealift_status status;

    pthread_mutex_lock(&audit->lock);
    status = audit->failure.status;
    if (status != SEALIFT_OK)
        *err = audit->failure;
    pthread_mutex_unlock(&audit->lock);
    return status;
}

/* --- opening it --- */

void
audit_free(struct audit **audit)
{
    if (*audit == NULL)
        return;
    fd_done(&(*audit)->fd);
    fd_done(&(*audit)->view);
    pthread_mutex_destroy(&(*audit)->lock);
    buf_done(&(*audit)->known);
    free((*audit)->path);
    free((*audit)->command);
    free(*audit);
    *audit = NULL;
}

/* -1 for what is no file, or may not be read: its lines are taken to be whole. */
static int
open_view(int fd, const char *path)
{
    SCOPED(fd_done) int view = -1;
    struct stat written, seen;
    int opened;

    if (fstat(fd, &written) != 0 || !S_ISREG(written.st_mode))
        return -1;
    view = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (view < 0 || fstat(view, &seen) != 0 || seen.st_dev != written.st_dev || seen.st_ino != written.st_ino)
        return -1;
    opened = view;
    view = -1;
    return opened;
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
    audit->fd = audit->view = -1;
    pthread_mutex_init(&audit->lock, NULL);
    TRY(text_copy(path, &audit->path, err));
    TRY(text_copy(command != NULL ? command : "", &audit->command, err));
    audit->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (audit->fd < 0)
        return error_errno(err, errno,
                           "the audit log, which is told of each call to the KMS (--audit-log FILE, or \"none\"), "
                           "cannot be opened: %s",
                           path);
    audit->view = open_view(audit->fd, path);
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
