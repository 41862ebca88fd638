/* The three macros of the house. Everything acquired is SCOPED where it is declared, so that no path forgets to free or
 * to wipe; TRY leaves on the first failure; TAKE hands over what a scope would have freed. */
#ifndef SCOPED_H
#define SCOPED_H

#include <sealift/status.h>

/* `done` is called with the variable's address when the scope ends: SCOPED(buf_done) struct buf text = {0};
 * What is held for the length of a scope alone is named nowhere else: hence `unused`. */
#define SCOPED(done) __attribute__((cleanup(done), unused))

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum sealift_status try_status = (call);                                                                       \
        if (try_status != SEALIFT_OK)                                                                                  \
            return try_status;                                                                                         \
    } while (0)

/* The pointer's value; the variable itself becomes NULL and its scope frees nothing. */
#define TAKE(pointer)                                                                                                  \
    __extension__({                                                                                                    \
        __typeof__(pointer) taken = (pointer);                                                                         \
        (pointer) = NULL;                                                                                              \
        taken;                                                                                                         \
    })

/* Cleanups for what the C library hands out. */
void free_done(void *pointer_to_pointer); /* SCOPED(free_done) char *text = NULL; */
void fd_done(int *fd);                    /* SCOPED(fd_done) int fd = -1; a negative descriptor is left alone */

#endif
