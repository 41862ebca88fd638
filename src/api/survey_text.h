/* What a survey tells of a thing, as the public structs have it: texts, NULL for what there is none of. */
#ifndef SURVEY_TEXT_H
#define SURVEY_TEXT_H

#include "survey.h"

struct survey_text {
    const char *kind, *obs, *filesystem, *filesystem_id, *locator, *key_check, *record;
    /* what some of these point to */
    char fs[UUID_TEXT_SIZE], locator_text[LOCATOR_SIZE], key_check_text[2 * KEY_CHECK_SIZE + 1],
        record_text[UUID_TEXT_SIZE];
};

/* `filesystem`: what it calls itself, for one that the table does not know. The last two may be NULL. The text points
 * into the item and into itself. */
void survey_text_fill(struct survey_text *text, const struct survey_item *item, const char *filesystem,
                      const uint8_t *key_check, const struct uuid *record);
const char *survey_text_or_null(const char *text); /* NULL for the empty text */

#endif
