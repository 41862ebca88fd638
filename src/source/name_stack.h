/* The names in a directory, by byte order: those of the directory that is being walked, and, beneath, those still to
 * come of its ancestors. One thread; constant memory: a huge directory is sorted in runs, and what does not fit spills
 * (spill.h). */
#ifndef NAME_STACK_H
#define NAME_STACK_H

#include "buf.h"
#include "world.h"

struct name_stack;

/* `memory`: bytes for names, of all the directories together. */
enum sealift_status name_stack_new(const struct world *world, size_t memory, struct name_stack **ret_stack,
                                   struct sealift_error *err);
void name_stack_free(struct name_stack **stack);

/* Reads the names in the directory `fd` and puts them on top, sorted. *ret_errno is 0, or says why reading ended early:
 * the names read until then are on the stack all the same. Failures are only our own (memory, the temporary file). */
enum sealift_status name_stack_push(struct name_stack *stack, int fd, int *ret_errno, struct sealift_error *err);
/* The next name of the directory on top; it lasts until the next call. NULL behind the last. */
enum sealift_status name_stack_next(struct name_stack *stack, const char **ret_name, struct sealift_error *err);
/* Forgets the directory on top. */
void name_stack_pop(struct name_stack *stack);

#endif
