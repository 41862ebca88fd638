/* malloc() and friends that wipe what is given back: for libraries that copy secrets on their way (libcurl's headers,
 * libxml2's and yajl's strings). They have the C library's signatures, so that they can be handed over as callbacks. */
#ifndef WIPING_HEAP_H
#define WIPING_HEAP_H

#include <stddef.h>

void *wiping_heap_malloc(size_t size);
void *wiping_heap_calloc(size_t count, size_t size);
/* Never grows in place: the old block is copied, wiped and freed. */
void *wiping_heap_realloc(void *block, size_t size);
char *wiping_heap_strdup(const char *text);
void wiping_heap_free(void *block);

#endif
