/* Published test vectors as they stand in files: lines "Name = hexadecimal" (or a number), a case after the other;
 * lines that begin with '#' or '[' say nothing. A mistake in a file ends the test program. */
#ifndef VECTOR_FILE_H
#define VECTOR_FILE_H

#include "buf.h"

#include <stdio.h>

#define VECTOR_FIELDS 12

struct vector_field {
    char name[16];
    char *value;
    struct buf decoded;
};

struct vector_file {
    const char *path;
    FILE *file;
    size_t count;
    struct vector_field fields[VECTOR_FIELDS]; /* of the present case */
};

void vector_file_open(struct vector_file *vectors, const char *path);
void vector_file_done(struct vector_file *vectors);

/* Reads the next case, which ends with a field of one of two names (`other_end` may be NULL); false at the end of the
 * file. */
bool vector_file_next(struct vector_file *vectors, const char *end, const char *other_end);

bool vector_file_has(struct vector_file *vectors, const char *name);
/* The bytes that stand there in hexadecimal; valid until the next case is read. */
struct bytes vector_file_bytes(struct vector_file *vectors, const char *name);
size_t vector_file_number(struct vector_file *vectors, const char *name);

#endif
