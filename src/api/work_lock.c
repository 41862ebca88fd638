#include "work_lock.h"

#include "buf.h"
#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct work_lock {
    int fd;
};

void
work_lock_free(struct work_lock **lock)
{
    if (*lock != NULL)
        fd_done(&(*lock)->fd);
    free(*lock);
    *lock = NULL;
}

/* The last eight bytes of a UUID are random but for two bits. */
static struct flock
byte_of(const struct uuid *what)
{
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    uint64_t place = 0;

    for (size_t i = 8; i < sizeof(what->bytes); i++)
        place = place << 8 | what->bytes[i];
    byte.l_start = (off_t)(place & (UINT64_MAX >> 2));
    return byte;
}

static enum sealift_status
open_file(const char *home, int *ret_fd, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;

    TRY(text_format(&path, "%s/work.lock", err, home));
    *ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *ret_fd >= 0 ? SEALIFT_OK : error_errno(err, errno, "%s: cannot open", path);
}

enum sealift_status
work_lock_take(const char *home, const struct uuid *what, struct work_lock **ret_lock, struct sealift_error *err)
{
    SCOPED(work_lock_free) struct work_lock *lock = calloc(1, sizeof(*lock));
    struct flock byte = byte_of(what);

    if (lock == NULL)
        return error_no_memory(err);
    lock->fd = -1;
    TRY(open_file(home, &lock->fd, err));
    if (fcntl(lock->fd, F_OFD_SETLK, &byte) == 0) {
        *ret_lock = TAKE(lock);
        return SEALIFT_OK;
    }
    if (errno == EAGAIN || errno == EACCES)
        return error_set(err, SEALIFT_CONFLICT, "another process is at work on it");
    return error_errno(err, errno, "%s/work.lock: cannot lock", home);
}

enum sealift_status
work_lock_is_held(const char *home, const struct uuid *what, bool *ret_held, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct flock byte = byte_of(what);

    TRY(open_file(home, &fd, err));
    if (fcntl(fd, F_OFD_GETLK, &byte) != 0)
        return error_errno(err, errno, "%s/work.lock: cannot look at its locks", home);
    *ret_held = byte.l_type != F_UNLCK;
    return SEALIFT_OK;
}
