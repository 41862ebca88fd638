/* What removals of a snapshot and of a filesystem have in common. */
#ifndef REMOVAL_H
#define REMOVAL_H

#include "evidence.h"
#include "handle.h"

/* evidence_begin(), or nothing when the caller wants none: `path` is NULL or empty. */
enum sealift_status removal_begin_evidence(struct sealift *sealift, const char *path,
                                           const struct evidence_header *header, struct evidence **ret_evidence,
                                           struct sealift_error *err);

/* Tells an object as the public API shows it; `each` may be NULL. */
enum sealift_status removal_tell(sealift_each_removed *each, void *context, const struct evidence_object *object,
                                 const char *outcome, const char *problem, struct sealift_error *err);

/* CONFLICT: the snapshot is being uploaded by a process of this machine. One that was cut off is not. */
enum sealift_status removal_check_upload(struct sealift *sealift, const struct table_snapshot *row,
                                         struct sealift_error *err);

#endif
