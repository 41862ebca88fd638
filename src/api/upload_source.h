/* What an upload reads: the rows of the table that name it, and what of it is wanted. */
#ifndef UPLOAD_SOURCE_H
#define UPLOAD_SOURCE_H

#include "handle.h"
#include "selection.h"

struct upload_source {
    struct table_fs fs;
    struct table_snapshot snapshot;
    struct selection selection;
};

void upload_source_done(struct upload_source *source);

/* Finds what `spec` names. CONFLICT: uploaded already; NOT_FOUND, DENIED, INVALID: its path cannot be read. */
enum sealift_status upload_source_find(struct sealift *sealift, const struct sealift_upload_spec *spec,
                                       struct upload_source *source, struct sealift_error *err);
/* What may have changed in the table since: another process may have uploaded this snapshot, or another one of the
 * filesystem. */
enum sealift_status upload_source_look_again(struct sealift *sealift, struct upload_source *source,
                                             struct sealift_error *err);

/* The directory that is read. */
const char *upload_source_path(const struct upload_source *source);
/* Whether it is the filesystem itself, in use. */
bool upload_source_is_live(const struct upload_source *source);

#endif
