/* Open descriptors: how many this process may have, and what to say when they are used up. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <sealift/status.h>
#include <stddef.h>

/* Raises the soft limit (RLIMIT_NOFILE) to the hard one, once: the soft one, 1,024, is made for select(), which nothing
 * here uses. Any thread. */
void descriptors_raise_limit(void);
/* How many this process may have open now. */
size_t descriptors_limit(void);

/* After a failed open: NO_MEMORY, with the way out, when `error_number` says that this process or this machine is at
 * its limits (EMFILE, ENFILE, ENOMEM); OK when the reason lies in what was to be opened. */
enum sealift_status descriptors_check(int error_number, struct sealift_error *err);

#endif
