#include "descriptors.h"

#include "error.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>

/* What fails here is no failure yet: opening one descriptor too many is, and says so. */
static void
raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void
descriptors_raise_limit(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, raise_limit);
}

size_t
descriptors_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024; /* what every system of ours gives at least */
    return limit.rlim_cur < SIZE_MAX ? (size_t)limit.rlim_cur : SIZE_MAX;
}

enum sealift_status
descriptors_check(int error_number, struct sealift_error *err)
{
    switch (error_number) {
    case EMFILE:
        return error_set(err, SEALIFT_NO_MEMORY,
                         "this process has no file descriptor left; raise its limit (ulimit -Hn)");
    case ENFILE:
        return error_set(err, SEALIFT_NO_MEMORY,
                         "this machine has no file descriptor left; raise fs.file-max (sysctl)");
    case ENOMEM:
        return error_no_memory(err);
    default:
        return SEALIFT_OK;
    }
}
