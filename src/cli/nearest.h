/* The word that was probably meant. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /* what was typed ... */
    size_t len;       /* ... its first `len` bytes */
    const char *best; /* the closest that was offered; NULL: none is close enough to be worth a guess */
    size_t distance;
};

/* An abbreviation counts as very close: sealift refuses it, but says how it goes on. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
