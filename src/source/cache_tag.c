#include "cache_tag.h"

#include "io.h"
#include "quiet_open.h"
#include "scoped.h"

#include <string.h>
#include <sys/stat.h>

static const char signature[] = "Signature: 8a477f597d28d172789f06886806bc55";
#define SIGNATURE_SIZE (sizeof(signature) - 1)

bool
cache_tag_is_in(int directory)
{
    SCOPED(fd_done) int fd = quiet_open(directory, CACHE_TAG_NAME, 0);
    char begin[SIGNATURE_SIZE];
    struct sealift_error ignored;
    struct stat stat;
    size_t len;

    if (fd < 0 || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
        return false;
    return io_pread(fd, begin, sizeof(begin), 0, &len, CACHE_TAG_NAME, &ignored) == SEALIFT_OK &&
           len == sizeof(begin) && memcmp(begin, signature, sizeof(begin)) == 0;
}
