/* Proving a store before it is trusted: write, list, read back, range, delete, and finding out what it can do. */
#ifndef STORE_PROBE_H
#define STORE_PROBE_H

#include "store.h"

/* Works under `probe/<uuid>/`, deletes what it wrote; a refused delete is a finding, not an error. Anything that makes the store unfit
 * (cannot write, cannot list, does not read back what was written) is an error that says what to ask the store's admin for. */
enum sealift_status store_probe(struct store *store, const struct world *world, struct store_abilities *ret_abilities,
                                struct sealift_error *err);

/* The abilities as one JSON object, and back (unknown text is UNKNOWN). Values are the words in store.h, in lower case. */
enum sealift_status store_abilities_to_json(const struct store_abilities *abilities, struct buf *out,
                                            struct sealift_error *err);
enum sealift_status store_abilities_from_json(struct bytes text, struct store_abilities *ret_abilities,
                                              struct sealift_error *err);
const char *store_conditional_name(enum store_conditional conditional);
const char *store_answer_name(enum store_answer answer);

#endif
