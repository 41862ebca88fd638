/* A list of results: for people an aligned table, which needs all rows before the first can be printed, and leaves out
 * columns in which no row has anything; as JSON an array, an object a line, which streams. */
#ifndef LISTING_H
#define LISTING_H

#include "output.h"

struct listing {
    FILE *out;
    bool json;
    const struct column *columns;
    size_t rows;
    /* the rest is listing.c's */
    char **cells; /* rows x shown columns */
    size_t capacity;
};

/* Begin with .out, .json and .columns set. */
enum sealift_status listing_add(struct listing *listing, const void *row, struct sealift_error *err);
/* Prints what is not printed yet. To be called also when the listing broke off: what was found by then is shown, and
 * JSON stays well-formed. */
void listing_end(struct listing *listing);
void listing_done(struct listing *listing);

#endif
