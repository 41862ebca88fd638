/* The tag of a cache directory: a file CACHEDIR.TAG that begins with the signature of
 * https://bford.info/cachedir/. */
#ifndef CACHE_TAG_H
#define CACHE_TAG_H

#include <stdbool.h>

#define CACHE_TAG_NAME "CACHEDIR.TAG"

/* Whether the open directory has one. One that cannot be read is none: what is in doubt goes into the snapshot. */
bool cache_tag_is_in(int directory);

#endif
