#include "io.h"

#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum sealift_status
io_pread(int fd, void *out, size_t len, uint64_t offset, size_t *ret_len, const char *name, struct sealift_error *err)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = pread(fd, (uint8_t *)out + got, len - got, (off_t)(offset + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "%s: cannot read at offset %llu", name, (unsigned long long)(offset + got));
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *ret_len = got;
    return SEALIFT_OK;
}

enum sealift_status
io_pwrite(int fd, struct bytes data, uint64_t offset, const char *name, struct sealift_error *err)
{
    while (data.len > 0) {
        ssize_t n = pwrite(fd, data.data, data.len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "%s: cannot write at offset %llu", name, (unsigned long long)offset);
        data.data += n;
        data.len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return SEALIFT_OK;
}

enum sealift_status
io_write(int fd, struct bytes data, const char *name, struct sealift_error *err)
{
    while (data.len > 0) {
        ssize_t n = write(fd, data.data, data.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "%s: cannot write", name);
        data.data += n;
        data.len -= (size_t)n;
    }
    return SEALIFT_OK;
}

enum sealift_status
io_read_file(const char *path, size_t max, struct buf *out, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open", path);
    for (size_t total = 0;;) {
        ssize_t n;

        TRY(buf_reserve(out, 4096, err));
        n = read(fd, out->data + out->len, 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "%s: cannot read", path);
        if (n == 0)
            return SEALIFT_OK;
        total += (size_t)n;
        if (total > max)
            return error_set(err, SEALIFT_INVALID, "%s: has more than %zu bytes", path, max);
        out->len += (size_t)n;
    }
}

enum sealift_status
io_sync_folder_of(const char *path, struct sealift_error *err)
{
    SCOPED(free_done) char *copy = NULL;
    SCOPED(fd_done) int fd = -1;

    TRY(text_copy(path, &copy, err));
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return error_errno(err, errno, "%s: cannot make its folder durable", path);
    return SEALIFT_OK;
}

static enum sealift_status
make_folder(const char *path, mode_t mode, struct sealift_error *err)
{
    struct stat there;

    if (mkdir(path, mode) == 0)
        return io_sync_folder_of(path, err);
    if (errno != EEXIST)
        return error_errno(err, errno, "%s: cannot make the folder", path);
    if (stat(path, &there) != 0 || !S_ISDIR(there.st_mode))
        return error_set(err, SEALIFT_CONFLICT, "%s: something that is not a folder has this name", path);
    return SEALIFT_OK;
}

enum sealift_status
io_make_folders(const char *path, mode_t mode, struct sealift_error *err)
{
    SCOPED(free_done) char *way = NULL;

    TRY(text_copy(path, &way, err));
    for (char *at = way; *at != '\0'; at++) {
        if (*at != '/' || at == way)
            continue;
        *at = '\0';
        TRY(make_folder(way, mode, err));
        *at = '/';
    }
    return make_folder(way, mode, err);
}

static enum sealift_status
write_durably(int fd, mode_t mode, struct bytes data, const char *path, struct sealift_error *err)
{
    TRY(io_write(fd, data, path, err));
    if (fchmod(fd, mode) != 0 || fsync(fd) != 0)
        return error_errno(err, errno, "%s: cannot make durable", path);
    return SEALIFT_OK;
}

enum sealift_status
io_replace_file(const char *path, mode_t mode, struct bytes data, struct sealift_error *err)
{
    SCOPED(free_done) char *temporary = NULL;
    SCOPED(fd_done) int fd = -1;
    enum sealift_status status;

    TRY(text_format(&temporary, "%s.tmp.XXXXXX", err, path));
    fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return error_errno(err, errno, "%s: cannot create", path);
    status = write_durably(fd, mode, data, path, err);
    if (status == SEALIFT_OK && rename(temporary, path) != 0)
        status = error_errno(err, errno, "%s: cannot put in place", path);
    if (status != SEALIFT_OK) {
        unlink(temporary);
        return status;
    }
    return io_sync_folder_of(path, err);
}
