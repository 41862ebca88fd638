/* The smallest names of a set that may be too large to hold: those that sort behind a floor, as many as fit. A folder
 * of any size is read in sorted batches, each with the last name of the one before as its floor. */
#ifndef NAME_BATCH_H
#define NAME_BATCH_H

#include "buf.h"

#define NAME_BATCH_MAX ((size_t)32768)

struct name_batch {
    char **names;
    size_t count;
    size_t capacity;
    char *ceiling; /* names from here on did not fit; NULL: all did */
};

void name_batch_done(struct name_batch *batch);

/* Takes a copy of `name`, unless it is beyond what fits. */
enum sealift_status name_batch_add(struct name_batch *batch, const char *name, struct sealift_error *err);
void name_batch_sort(struct name_batch *batch);

#endif
