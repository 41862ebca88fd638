#include "wiping_heap.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *
wiping_heap_malloc(size_t size)
{
    return malloc(size);
}

void *
wiping_heap_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

void *
wiping_heap_realloc(void *block, size_t size)
{
    void *fresh = malloc(size);
    size_t old_size;

    if (fresh == NULL || block == NULL)
        return fresh;
    old_size = malloc_usable_size(block);
    memcpy(fresh, block, old_size < size ? old_size : size);
    wiping_heap_free(block);
    return fresh;
}

char *
wiping_heap_strdup(const char *text)
{
    return strdup(text);
}

void
wiping_heap_free(void *block)
{
    if (block != NULL)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}
