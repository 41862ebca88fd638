#include "kms_lock.h"

#include "buf.h"
#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

enum sealift_status
kms_lock_take(const char *home, int *ret_fd, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;
    SCOPED(fd_done) int fd = -1;

    TRY(text_format(&path, "%s/kms.lock", err, home));
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return error_errno(err, errno, "%s: cannot lock", path);
        return error_set(err, SEALIFT_CONFLICT,
                         "another process is changing the KMS of %s at this moment; wait until it has ended", home);
    }
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}
