/* The words for what a store was found able to do. */
#ifndef STORE_ABILITIES_H
#define STORE_ABILITIES_H

#include "store.h"

/* The abilities as one JSON object, and back (unknown text is UNKNOWN). Values are the words in
 * store.h, in lower case. */
enum sealift_status store_abilities_to_json(const struct store_abilities *abilities, struct buf *out,
                                            struct sealift_error *err);
enum sealift_status store_abilities_from_json(struct bytes text, struct store_abilities *ret_abilities,
                                              struct sealift_error *err);
const char *store_conditional_name(enum store_conditional conditional);
const char *store_answer_name(enum store_answer answer);

#endif
