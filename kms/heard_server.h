/* Which of a KMS's servers answered last, known to the whole process: whoever connects later need not sit out once more
 * one that hangs. */
#ifndef HEARD_SERVER_H
#define HEARD_SERVER_H

#include <sealift/status.h>

#include <stdatomic.h>
#include <stddef.h>

/* Its number in the list `addresses`, for all who have the same list; the first, when none was heard yet. Any thread
 * may read and write it. It is never freed: there are as many as KMSs that a process uses. */
enum sealift_status heard_server_get(const char *addresses, atomic_size_t **ret_server, struct sealift_error *err);

#endif
