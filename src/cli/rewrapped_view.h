/* How it is shown what became of filesystems' keys: a row for each. */
#ifndef REWRAPPED_VIEW_H
#define REWRAPPED_VIEW_H

#include "listing.h"

#include <sealift/keys.h>

extern const struct column rewrapped_view_columns[]; /* of struct sealift_rewrapped */

/* A sealift_each_rewrapped whose context is a `struct listing` with these columns. */
enum sealift_status rewrapped_view_add(void *listing, const struct sealift_rewrapped *rewrapped,
                                       struct sealift_error *err);

#endif
