#include "dir_listing.h"

#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

DIR *
dir_listing_open(int folder, const char *name)
{
    SCOPED(fd_done) int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;

    if (listing != NULL)
        fd = -1; /* it is the stream's now */
    return listing;
}

const char *
dir_listing_next(DIR *listing)
{
    const struct dirent *entry;

    do {
        errno = 0;
        entry = readdir(listing);
    } while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    return entry != NULL ? entry->d_name : NULL;
}

void
dir_listing_done(DIR **listing)
{
    if (*listing != NULL)
        closedir(*listing);
    *listing = NULL;
}
