#include "error.h"
#include "reading_stages.h"
#include "scoped.h"

#include <stdlib.h>

/* The sink keeps a path and a set of extended attributes until the file is complete, so does the file system. */
static size_t
memory_of(const struct tree_entry *entry)
{
    return 1024 + 2 * entry->path.len + entry->xattrs.len;
}

/* One that is too large for the bound is opened when it is alone. */
static bool
is_full_locked(const struct reading *reading, size_t memory)
{
    return reading->open_files >= reading->most_open_files ||
           (reading->open_files > 0 && reading->memory + memory > reading->most_memory);
}

bool
reading_is_full(struct reading *reading, const struct tree_entry *entry)
{
    bool full;

    pthread_mutex_lock(&reading->lock);
    full = is_full_locked(reading, memory_of(entry));
    pthread_mutex_unlock(&reading->lock);
    return full;
}

void
reading_let_go(void *context)
{
    struct reading *reading = context;

    pthread_mutex_lock(&reading->lock);
    reading->broken = true;
    pthread_cond_broadcast(&reading->closed_one);
    pthread_mutex_unlock(&reading->lock);
}

static bool
count_opened(struct reading *reading, size_t memory)
{
    bool alive;

    pthread_mutex_lock(&reading->lock);
    while (!reading->broken && is_full_locked(reading, memory))
        pthread_cond_wait(&reading->closed_one, &reading->lock);
    alive = !reading->broken;
    if (alive) {
        reading->open_files++;
        reading->memory += memory;
    }
    pthread_mutex_unlock(&reading->lock);
    return alive;
}

static void
count_closed(const struct reading_file *file)
{
    struct reading *reading = file->reading;

    pthread_mutex_lock(&reading->lock);
    reading->open_files--;
    reading->memory -= file->memory;
    pthread_cond_signal(&reading->closed_one);
    pthread_mutex_unlock(&reading->lock);
}

enum sealift_status
reading_file_new(struct reading *reading, const struct tree_entry *entry, struct reading_file **ret_file,
                 struct sealift_error *err)
{
    SCOPED(free_done) struct reading_file *file = calloc(1, sizeof(*file));
    enum sealift_status status;

    if (file == NULL)
        return error_no_memory(err);
    file->reading = reading;
    file->memory = memory_of(entry);
    if (!count_opened(reading, file->memory))
        return error_set(err, SEALIFT_CANCELLED, "the transfer was stopped");
    atomic_store(&file->holds, 1);
    status = reading->sink->file_begin(reading->sink->context, entry, &file->handle, err);
    if (status != SEALIFT_OK) {
        count_closed(file);
        return status;
    }
    *ret_file = TAKE(file);
    return SEALIFT_OK;
}

void
reading_file_hold(struct reading_file *file)
{
    atomic_fetch_add(&file->holds, 1);
}

static bool
was_last(struct reading_file *file)
{
    return atomic_fetch_sub(&file->holds, 1) == 1;
}

static void
drop(struct reading_file *file)
{
    struct reading *reading = file->reading;

    reading->sink->file_drop(reading->sink->context, file->handle);
    count_closed(file);
    free(file);
}

enum sealift_status
reading_file_release(struct reading_file **pointer, struct sealift_error *err)
{
    struct reading_file *file = TAKE(*pointer);
    struct reading *reading = file->reading;
    enum sealift_status status;

    if (!was_last(file))
        return SEALIFT_OK;
    if (atomic_load(&file->failed)) {
        drop(file);
        return SEALIFT_OK;
    }
    status = reading->sink->file_end(reading->sink->context, file->handle, err);
    count_closed(file);
    free(file);
    return status;
}

void
reading_file_abandon(struct reading_file **pointer)
{
    struct reading_file *file = TAKE(*pointer);

    atomic_store(&file->failed, true);
    if (was_last(file))
        drop(file);
}

void
reading_drop_job(struct reading *reading, struct fetch_job *job)
{
    for (size_t i = 0; i < job->piece_count; i++) {
        struct reading_file *file = job->pieces[i].file;

        reading_file_abandon(&file);
    }
    if (job->buffer != NULL)
        pool_give(reading->buffers, job->buffer);
    free(job);
}
