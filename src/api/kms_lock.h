/* Of all processes that share a home, one at a time changes which KMS is in force: two moves at once would carry the
 * same keys to and fro. */
#ifndef KMS_LOCK_H
#define KMS_LOCK_H

#include "world.h"

/* CONFLICT while another process has it: a move may take long, and what is wanted after it may be something else. It is
 * given back when the descriptor is closed, and when the process ends, however it does. */
enum sealift_status kms_lock_take(const char *home, int *ret_fd, struct sealift_error *err);

#endif
