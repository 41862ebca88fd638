/* How it is shown who can open a filesystem: a row for each wrapping of its keys. */
#ifndef KEY_VIEW_H
#define KEY_VIEW_H

#include "listing.h"

#include <sealift/keys.h>

extern const struct column key_view_columns[]; /* of struct sealift_key */

/* A sealift_each_key whose context is a `struct listing` with these columns. */
enum sealift_status key_view_add(void *listing, const struct sealift_key *key, struct sealift_error *err);

#endif
