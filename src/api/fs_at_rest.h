/* How it stands with the encryption at rest of a filesystem of the table. */
#ifndef FS_AT_REST_H
#define FS_AT_REST_H

#include "handle.h"

/* "unlocked", "locked", "busy", "missing", "unknown", as struct sealift_fs has it; NULL: it is not encrypted. */
const char *fs_at_rest_word(struct sealift *sealift, const struct table_fs *row);

/* CONFLICT: it is being made by another process, or its making was cut off. */
enum sealift_status fs_at_rest_check_complete(const struct table_fs *row, struct sealift_error *err);

/* Whether a filesystem of this name can be encrypted at rest at `path`: at_rest_check(), which cannot know what an
 * earlier attempt left there. */
enum sealift_status fs_at_rest_check_place(struct sealift *sealift, const char *name, const char *path,
                                           struct sealift_error *err);

/* Whether the names and contents at `path`, the filesystem's own or a snapshot's of it, are those that were written: of
 * what is locked the kernel shows names that it makes up. CONFLICT: it is locked, or not complete; NOT_FOUND, KEY: it
 * is not the filesystem's encrypted directory. */
enum sealift_status fs_at_rest_check_readable(const struct table_fs *row, const char *path, struct sealift_error *err);

/* NOT_FOUND: the table's directory is not there, or not encrypted under the key that it was encrypted under. */
enum sealift_status fs_at_rest_missing(const struct table_fs *row, struct sealift_error *err);

#endif
