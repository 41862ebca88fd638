#include "scoped.h"

#include <stdlib.h>
#include <unistd.h>

void
free_done(void *pointer_to_pointer)
{
    void **pointer = pointer_to_pointer;

    free(*pointer);
    *pointer = NULL;
}

void
fd_done(int *fd)
{
    /* For descriptors that were only read, or whose writes have been confirmed by fsync(): there is no
     * news in close(). */
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
