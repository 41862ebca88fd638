#include "target_file.h"

#include "chattr.h"
#include "error.h"
#include "scoped.h"
#include "shown_path.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct target_file {
    const struct report *report;
    int fd; /* negative: it was left out, and what is written to it goes nowhere */
    uint64_t size;
    atomic_uint_fast64_t written; /* where the highest byte that was written ends */
    struct attributes attributes;
    struct bytes path;
    uint8_t memory[]; /* path and xattrs */
};

enum sealift_status
target_file_new(int fd, const struct tree_entry *entry, const struct report *report, struct target_file **ret_file,
                struct sealift_error *err)
{
    SCOPED(target_file_abandon) struct target_file *file = malloc(sizeof(*file) + entry->path.len + entry->xattrs.len);

    if (file == NULL) {
        fd_done(&fd);
        return error_no_memory(err);
    }
    *file = (struct target_file){.report = report, .fd = fd, .size = entry->size, .attributes = attributes_of(entry)};
    memcpy(file->memory, entry->path.data, entry->path.len);
    file->path = (struct bytes){file->memory, entry->path.len};
    if (entry->xattrs.len > 0)
        memcpy(file->memory + entry->path.len, entry->xattrs.data, entry->xattrs.len);
    file->attributes.xattrs = (struct bytes){file->memory + entry->path.len, entry->xattrs.len};
    if (fd >= 0)
        TRY(chattr_set(&file->attributes, CHATTR_EMPTY, fd, file->path, report, err));
    *ret_file = TAKE(file);
    return SEALIFT_OK;
}

void
target_file_abandon(struct target_file **file)
{
    if (*file == NULL)
        return;
    fd_done(&(*file)->fd);
    free(*file);
    *file = NULL;
}

/* 0, or the reason why not all of it was written. */
static int
write_all(int fd, uint64_t offset, struct bytes data)
{
    while (data.len > 0) {
        ssize_t written = pwrite(fd, data.data, data.len, (off_t)offset);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        data.data += written;
        data.len -= (size_t)written;
        offset += (uint64_t)written;
    }
    return 0;
}

static void
note_written(struct target_file *file, uint64_t end)
{
    uint_fast64_t seen = atomic_load_explicit(&file->written, memory_order_relaxed);

    while (seen < end && !atomic_compare_exchange_weak_explicit(&file->written, &seen, end, memory_order_relaxed,
                                                                memory_order_relaxed))
        ;
}

enum sealift_status
target_file_write(struct target_file *file, uint64_t offset, struct bytes data, struct sealift_error *err)
{
    int error_number;

    if (offset > file->size || data.len > file->size - offset)
        return error_set(err, SEALIFT_CORRUPT, "%s: its contents are longer than its size of %llu bytes",
                         shown_path(file->path).text, (unsigned long long)file->size);
    if (file->fd < 0)
        return SEALIFT_OK;
    error_number = write_all(file->fd, offset, data);
    if (error_number != 0)
        return report_failure(file->report, error_number, file->path, "write", err);
    note_written(file, offset + data.len);
    return SEALIFT_OK;
}

/* What was written reaches the end of most files; a hole at the end has to be asked for. */
static enum sealift_status
set_size(struct target_file *file, struct sealift_error *err)
{
    if (atomic_load_explicit(&file->written, memory_order_relaxed) == file->size)
        return SEALIFT_OK;
    if (ftruncate(file->fd, (off_t)file->size) != 0)
        return report_failure(file->report, errno, file->path, "set the size of", err);
    return SEALIFT_OK;
}

/* Network filesystems may tell only now that there is no room. */
static enum sealift_status
close_file(struct target_file *file, struct sealift_error *err)
{
    int fd = file->fd;

    file->fd = -1;
    if (close(fd) != 0 && errno != EINTR)
        return report_failure(file->report, errno, file->path, "finish writing", err);
    return SEALIFT_OK;
}

enum sealift_status
target_file_finish(struct target_file **file, struct sealift_error *err)
{
    SCOPED(target_file_abandon) struct target_file *done = TAKE(*file);

    if (done->fd < 0)
        return SEALIFT_OK;
    TRY(set_size(done, err));
    TRY(attributes_set(&done->attributes, done->fd, false, done->path, done->report, err));
    return close_file(done, err);
}
