/* Listing a directory store in the byte order of full names, as a bucket lists them: "a-b" before "a/b" ('-' is 0x2d,
 * '/' is 0x2f), which no folder-by-folder order gives by itself. */
#ifndef DIRECTORY_LISTING_H
#define DIRECTORY_LISTING_H

#include "directory_root.h"

/* As store_ops' list. Whatever is no object (a symbolic link, a name that cannot be ours) is passed over. One
 * descriptor and a bounded number of names are held for each folder on the way, however many objects
 * the folders have. */
enum sealift_status directory_listing_walk(const struct directory_root *root, const char *prefix, const char *after,
                                           store_each *each, void *context, struct sealift_error *err);

#endif
