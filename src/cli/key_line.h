/* A line about something that has a key, as `kms drill` and `kms impact` tell it while they work: what came of it, what
 * it is, and what opened it, or why nothing did. */
#ifndef KEY_LINE_H
#define KEY_LINE_H

#include <stdint.h>
#include <stdio.h>

struct key_line {
    const char *result, *kind;
    const char *filesystem, *filesystem_id, *snapshot, *locator, *obs;
    const char *wrapping, *record; /* that opened; NULL: none did */
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier;
    int64_t kms_key_version;
    uint64_t wrappings, condemned, others; /* more than one is worth a word */
    const char *problem;
};

void key_line_write(FILE *out, const struct key_line *line);

#endif
