/* The open directories on the way from the target's root to where the tree stands. Entries come in the tree's order, so
 * most steps find theirs open; a bounded number stays open, and those further up are opened again when the tree comes
 * back. One thread.
 *
 * It goes one component at a time, so that paths may be longer than PATH_MAX. */
#ifndef DIR_STACK_H
#define DIR_STACK_H

#include "report.h"

#define DIR_STACK_OPEN 32

struct dir_stack {
    int root;        /* somebody else's */
    struct buf path; /* of the deepest one that is open */
    size_t count;
    struct {
        int fd;
        size_t path_len; /* its path is the beginning of `path` */
    } open[DIR_STACK_OPEN];
};

void dir_stack_done(struct dir_stack *stack);

/* The directory of that path: readable, good until the next call. */
enum sealift_status dir_stack_enter(struct dir_stack *stack, struct bytes path, const struct report *report,
                                    int *ret_fd, struct sealift_error *err);

#endif
