/* Looks for traces of a secret in this process's own heap, the memory that free() has got back included. */
#ifndef HEAP_SEARCH_H
#define HEAP_SEARCH_H

#include "buf.h"

/* How often a text stands in the heap. It is given with every byte one higher, so that the question itself leaves no
 * trace. 0 for everything where there is no such heap to look at (AddressSanitizer has its own): look for something
 * that must be there first, and skip the test when it is not found. */
size_t heap_count_shifted(const char *shifted);

#endif
