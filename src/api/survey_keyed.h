/* What a survey tells of a thing, as the public struct has it, with all that its strings point to. */
#ifndef SURVEY_KEYED_H
#define SURVEY_KEYED_H

#include "kms.h"
#include "survey.h"

#include <sealift/kms.h>

/* What was found out, for those who tell of it. */
struct survey_opened {
    const char *filesystem, *snapshot; /* what it calls itself; may be empty */
    const uint8_t *key_check;          /* NULL: not known */
    const char *wrapping;              /* what opened; NULL: nothing did */
    const struct uuid *record;         /* of a record, else NULL */
    const struct kms_hint *by;         /* the key that opened it */
    const char *problem;
};

struct survey_keyed {
    struct sealift_keyed keyed;
    char fs[UUID_TEXT_SIZE], locator[LOCATOR_SIZE], key_check[2 * KEY_CHECK_SIZE + 1], record[UUID_TEXT_SIZE];
};

/* It points into the item, into what was found out, and into itself. */
void survey_keyed_fill(struct survey_keyed *out, const struct survey_item *item, const struct survey_opened *opened);

#endif
