#include "publish_lock.h"

#include "buf.h"
#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#define LOOK_AGAIN_NS (50 * NS_PER_MS)

enum sealift_status
publish_lock_take(const struct world *world, const char *home, int *ret_fd, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;
    SCOPED(fd_done) int fd = -1;

    TRY(text_format(&path, "%s/publish.lock", err, home));
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open", path);
    /* Not with a call that waits: it would not hear of a wish to stop. */
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_errno(err, errno, "%s: cannot lock", path);
        TRY(world_check_cancel(world, err));
        world->clock->sleep_ns(world->clock, LOOK_AGAIN_NS, world->cancel);
    }
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}
