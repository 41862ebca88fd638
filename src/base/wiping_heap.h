/* malloc() and friends for what may hold a secret on its way: memory that no core dump shows (MADV_DONTDUMP) and that
 * is wiped when it is given back. For buffers of our own, and for libraries that copy secrets (OpenSSL's key schedules,
 * libcurl's headers, libxml2's and yajl's strings). They have the C library's signatures, so that they can be handed
 * over as callbacks. Any thread. What comes from here goes back here, never to free(). */
#ifndef WIPING_HEAP_H
#define WIPING_HEAP_H

#include <stddef.h>

/* Aligned for any type, and always zeroed: calloc() differs only in that it multiplies. */
void *wiping_heap_malloc(size_t size);
void *wiping_heap_calloc(size_t count, size_t size);
/* Never grows in place: the old block is copied, wiped and freed. */
void *wiping_heap_realloc(void *block, size_t size);
char *wiping_heap_strdup(const char *text);
void wiping_heap_free(void *block);

#endif
