#include "name_stack.h"

#include "error.h"
#include "scoped.h"
#include "spill.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* How many sorted runs of one directory may wait to be merged; then they become one. */
#define RUNS_MAX 32

/* Names are collected in half of the memory and sorted there; the spill, which has the other half, then keeps them as
 * records: u16 length, then the name. The kernel's own limit is far below PATH_MAX. */
struct run {
    uint64_t at; /* the next record */
    uint64_t end;
};

struct level {
    uint64_t begin; /* where the spill ended before this directory */
    struct run names;
};

struct name_stack {
    const struct world *world;
    struct spill *spill;
    size_t collected_max;
    struct buf collected; /* names, each with its NUL */
    struct buf order;     /* uint32_t offsets into them */
    struct run runs[RUNS_MAX];
    size_t run_count;
    struct buf levels; /* struct level */
    char dirents[65536] __attribute__((aligned(8)));
    char name[PATH_MAX];
    char heads[RUNS_MAX][PATH_MAX];
};

enum sealift_status
name_stack_new(const struct world *world, size_t memory, struct name_stack **ret_stack, struct sealift_error *err)
{
    SCOPED(name_stack_free) struct name_stack *stack = calloc(1, sizeof(*stack));

    if (stack == NULL)
        return error_no_memory(err);
    stack->world = world;
    stack->collected_max = memory / 2;
    /* What is one name over the limit ends the run. */
    stack->collected.max = stack->collected_max + 2 * PATH_MAX;
    stack->order.max = stack->collected.max;
    TRY(spill_new(world, memory / 2, &stack->spill, err));
    *ret_stack = TAKE(stack);
    return SEALIFT_OK;
}

void
name_stack_free(struct name_stack **stack)
{
    if (*stack == NULL)
        return;
    spill_free(&(*stack)->spill);
    buf_done(&(*stack)->collected);
    buf_done(&(*stack)->order);
    buf_done(&(*stack)->levels);
    free(*stack);
    *stack = NULL;
}

static enum sealift_status
append_record(struct name_stack *stack, const char *name, struct sealift_error *err)
{
    uint16_t len = (uint16_t)strlen(name);

    TRY(spill_write(stack->spill, spill_size(stack->spill), &len, sizeof(len), err));
    return spill_write(stack->spill, spill_size(stack->spill), name, len, err);
}

static enum sealift_status
read_record(struct name_stack *stack, struct run *run, char name[PATH_MAX], struct sealift_error *err)
{
    uint16_t len;

    TRY(spill_read(stack->spill, run->at, &len, sizeof(len), err));
    TRY(spill_read(stack->spill, run->at + sizeof(len), name, len, err));
    name[len] = '\0';
    run->at += sizeof(len) + len;
    return SEALIFT_OK;
}

static bool
run_is_empty(const struct run *run)
{
    return run->at == run->end;
}

/* The run whose head sorts first; RUNS_MAX when all are empty. */
static size_t
find_first(const struct name_stack *stack, const bool ended[RUNS_MAX])
{
    size_t first = RUNS_MAX;

    for (size_t i = 0; i < stack->run_count; i++) {
        if (!ended[i] && (first == RUNS_MAX || strcmp(stack->heads[i], stack->heads[first]) < 0))
            first = i;
    }
    return first;
}

/* Merges all runs into one behind them. Their own place is given back with the directory's. */
static enum sealift_status
merge_runs(struct name_stack *stack, struct sealift_error *err)
{
    uint64_t begin = spill_size(stack->spill);
    bool ended[RUNS_MAX] = {false};
    size_t first;

    if (stack->run_count == 1)
        return SEALIFT_OK;
    for (size_t i = 0; i < stack->run_count; i++)
        TRY(read_record(stack, &stack->runs[i], stack->heads[i], err));
    while ((first = find_first(stack, ended)) < RUNS_MAX) {
        TRY(append_record(stack, stack->heads[first], err));
        if (run_is_empty(&stack->runs[first]))
            ended[first] = true;
        else
            TRY(read_record(stack, &stack->runs[first], stack->heads[first], err));
    }
    stack->runs[0] = (struct run){begin, spill_size(stack->spill)};
    stack->run_count = 1;
    return SEALIFT_OK;
}

static int
compare_names(const void *a, const void *b, void *names)
{
    return strcmp((const char *)names + *(const uint32_t *)a, (const char *)names + *(const uint32_t *)b);
}

/* Sorts what was collected and makes a run of it. */
static enum sealift_status
end_run(struct name_stack *stack, struct sealift_error *err)
{
    const uint32_t *order = (const uint32_t *)(const void *)stack->order.data;
    size_t count = stack->order.len / sizeof(*order);
    uint64_t begin = spill_size(stack->spill);

    if (count == 0)
        return SEALIFT_OK;
    if (stack->run_count == RUNS_MAX) {
        TRY(merge_runs(stack, err));
        begin = spill_size(stack->spill);
    }
    qsort_r(stack->order.data, count, sizeof(*order), compare_names, stack->collected.data);
    for (size_t i = 0; i < count; i++)
        TRY(append_record(stack, (const char *)stack->collected.data + order[i], err));
    stack->runs[stack->run_count++] = (struct run){begin, spill_size(stack->spill)};
    buf_clear(&stack->collected);
    buf_clear(&stack->order);
    return SEALIFT_OK;
}

static enum sealift_status
collect_name(struct name_stack *stack, const char *name, struct sealift_error *err)
{
    uint32_t offset = (uint32_t)stack->collected.len;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return SEALIFT_OK;
    TRY(buf_append(&stack->order, &offset, sizeof(offset), err));
    TRY(buf_append(&stack->collected, name, strlen(name) + 1, err));
    if (stack->collected.len + stack->order.len > stack->collected_max)
        return end_run(stack, err);
    return SEALIFT_OK;
}

static enum sealift_status
collect_names(struct name_stack *stack, int fd, int *ret_errno, struct sealift_error *err)
{
    int error_number = 0;
    ssize_t len;

    while ((len = getdents64(fd, stack->dirents, sizeof(stack->dirents))) > 0) {
        const struct dirent64 *dirent;

        TRY(world_check_cancel(stack->world, err));
        for (ssize_t at = 0; at < len; at += dirent->d_reclen) {
            dirent = (const struct dirent64 *)(const void *)(stack->dirents + at);
            if (strlen(dirent->d_name) >= PATH_MAX)
                error_number = ENAMETOOLONG;
            else
                TRY(collect_name(stack, dirent->d_name, err));
        }
    }
    *ret_errno = len < 0 ? errno : error_number;
    return SEALIFT_OK;
}

static void
forget_runs(struct name_stack *stack)
{
    buf_clear(&stack->collected);
    buf_clear(&stack->order);
    stack->run_count = 0;
}

enum sealift_status
name_stack_push(struct name_stack *stack, int fd, int *ret_errno, struct sealift_error *err)
{
    struct level level = {.begin = spill_size(stack->spill)};
    int error_number;

    forget_runs(stack);
    TRY(collect_names(stack, fd, &error_number, err));
    TRY(end_run(stack, err));
    if (stack->run_count > 0) {
        TRY(merge_runs(stack, err));
        level.names = stack->runs[0];
    }
    TRY(buf_append(&stack->levels, &level, sizeof(level), err));
    *ret_errno = error_number;
    return SEALIFT_OK;
}

static struct level *
top_level(struct name_stack *stack)
{
    assert(stack->levels.len >= sizeof(struct level));
    return (struct level *)(void *)(stack->levels.data + stack->levels.len - sizeof(struct level));
}

enum sealift_status
name_stack_next(struct name_stack *stack, const char **ret_name, struct sealift_error *err)
{
    struct run *names = &top_level(stack)->names;

    if (run_is_empty(names)) {
        *ret_name = NULL;
        return SEALIFT_OK;
    }
    TRY(read_record(stack, names, stack->name, err));
    *ret_name = stack->name;
    return SEALIFT_OK;
}

void
name_stack_pop(struct name_stack *stack)
{
    spill_cut(stack->spill, top_level(stack)->begin);
    stack->levels.len -= sizeof(struct level);
}
