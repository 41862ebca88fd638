/* Opening beneath a directory, and nowhere else: openat2(2), which came with Linux 5.6. */
#ifndef BENEATH_H
#define BENEATH_H

#include <sys/types.h>

/* `name` in `parent`: through no link, to no other mount, to nothing above. -1 and errno: ELOOP for a link, EXDEV for a
 * mount. */
int beneath_open(int parent, const char *name, int flags, mode_t mode);

#endif
