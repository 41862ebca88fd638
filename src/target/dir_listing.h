/* The names in a directory. */
#ifndef DIR_LISTING_H
#define DIR_LISTING_H

#include <dirent.h>

/* Of `name` in `folder` ("." for that itself; a descriptor, or AT_FDCWD). NULL and errno. */
DIR *dir_listing_open(int folder, const char *name);

/* Without "." and "..". NULL behind the last, or where the rest cannot be read: errno is 0, or says why. */
const char *dir_listing_next(DIR *listing);
void dir_listing_done(DIR **listing);

#endif
