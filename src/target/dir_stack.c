#include "dir_stack.h"

#include "beneath.h"
#include "entry_path.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static void
close_deepest(struct dir_stack *stack)
{
    stack->count--;
    fd_done(&stack->open[stack->count].fd);
    stack->path.len = stack->count > 0 ? stack->open[stack->count - 1].path_len : 0;
}

void
dir_stack_done(struct dir_stack *stack)
{
    while (stack->count > 0)
        close_deepest(stack);
    buf_done(&stack->path);
}

static int
deepest(const struct dir_stack *stack)
{
    return stack->count > 0 ? stack->open[stack->count - 1].fd : stack->root;
}

static void
close_highest(struct dir_stack *stack)
{
    fd_done(&stack->open[0].fd);
    stack->count--;
    memmove(&stack->open[0], &stack->open[1], stack->count * sizeof(stack->open[0]));
}

/* Opens the next component of `path` behind the deepest directory. */
static enum sealift_status
step(struct dir_stack *stack, struct bytes path, const struct report *report, struct sealift_error *err)
{
    size_t begin = stack->path.len > 0 ? stack->path.len + 1 : 0;
    const uint8_t *slash = memchr(path.data + begin, '/', path.len - begin);
    struct bytes next = {path.data, slash != NULL ? (size_t)(slash - path.data) : path.len};
    char name[NAME_MAX + 1];
    int fd;

    entry_path_name(next, name);
    fd = beneath_open(deepest(stack), name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return report_failure(report, errno, next, "open the directory", err);
    if (stack->count == DIR_STACK_OPEN)
        close_highest(stack);
    stack->open[stack->count].fd = fd;
    stack->open[stack->count].path_len = next.len;
    stack->count++;
    return buf_append(&stack->path, path.data + stack->path.len, next.len - stack->path.len, err);
}

enum sealift_status
dir_stack_enter(struct dir_stack *stack, struct bytes path, const struct report *report, int *ret_fd,
                struct sealift_error *err)
{
    while (stack->count > 0 && !entry_path_is_within(path, buf_bytes(&stack->path)))
        close_deepest(stack);
    while (stack->path.len < path.len)
        TRY(step(stack, path, report, err));
    *ret_fd = deepest(stack);
    return SEALIFT_OK;
}
