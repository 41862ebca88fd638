/* How a large file is cut into parts, each a batch of its own: every PART_BYTES, but a hole of that size or more is one
 * part however large it is (a sparse file of 2^62 bytes is a few parts). Smaller holes are found by whoever reads the
 * part. */
#ifndef FILE_PARTS_H
#define FILE_PARTS_H

#include "upload_stages.h"

/* Takes the batch over, also when it fails. */
typedef enum sealift_status file_parts_each(void *context, struct batch **batch, struct sealift_error *err);

/* `reader` is somebody's own, and is closed afterwards. A file that cannot be opened or measured any more is told, and
 * what is left of it is one last part that says so. */
enum sealift_status file_parts_cut(struct upload *upload, struct entry_reader *reader, struct large_file *large,
                                   file_parts_each *each, void *context, struct sealift_error *err);

#endif
