/* A line about something that has a key, as `kms drill` and `kms impact` tell it while they work: what came of it, what
 * it is, and what opened it, or why nothing did. */
#ifndef KEY_LINE_H
#define KEY_LINE_H

#include <sealift/kms.h>
#include <stdio.h>

/* `remark` may be NULL. */
void key_line_write(FILE *out, const char *result, const struct sealift_keyed *keyed, const char *remark);

#endif
