/* The end of the local KMS's key file, once a KMS wraps what it wrapped. */
#ifndef LOCAL_KEY_END_H
#define LOCAL_KEY_END_H

#include "handle.h"

/* Destroys it when a move away from it has ended (the table lists it as a former KMS) and nothing hangs on it: no
 * filesystem of the table, and nothing in the table's object stores. What does is told in the log, and the file stays;
 * so it does when that cannot be found out. `regardless`: what only buckets hold, and what cannot be found out, is
 * told, and the file destroyed all the same. */
enum sealift_status local_key_end(struct sealift *sealift, bool regardless, struct sealift_error *err);

#endif
