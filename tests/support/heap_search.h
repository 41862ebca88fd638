/* Looks for traces of a secret in this process's own heaps, malloc()'s and the wiping one, with the memory that they
 * have got back. */
#ifndef HEAP_SEARCH_H
#define HEAP_SEARCH_H

#include "buf.h"

/* How often a text stands there. It is given with every byte one higher, so that the question itself leaves no trace. A
 * test first asks for something that must be there. Under AddressSanitizer only the wiping heap is looked at: malloc()
 * is another one then. */
size_t heap_count_shifted(const char *shifted);

#endif
