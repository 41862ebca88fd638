/* The format marker, `sealift.json` at the top of a bucket's prefix: {"sealift":"bucket","version":1} and a newline. A
 * bucket whose marker is of a later version is left alone. docs/FORMAT.md, "Marker". */
#ifndef MARKER_H
#define MARKER_H

#include "document.h"

#define MARKER_MAX_SIZE ((size_t)4 << 10)

enum sealift_status marker_build(struct buf *out, struct sealift_error *err);
/* CORRUPT when it is not a marker; INVALID, saying so, when a later sealift made it. */
enum sealift_status marker_check(struct bytes text, struct sealift_error *err);

#endif
