/* Proving a store before it is trusted: write, list, read back, range, delete, and finding out what it can do. */
#ifndef STORE_PROBE_H
#define STORE_PROBE_H

#include "store_abilities.h"

/* Works under `probe/<uuid>/`, deletes what it wrote; a refused delete is a finding, not an error. Anything that makes
 * the store unfit (cannot write, cannot list, does not read back what was written) is an error that says what to ask
 * the store's admin for. */
enum sealift_status store_probe(struct store *store, const struct world *world, struct store_abilities *ret_abilities,
                                struct sealift_error *err);

#endif
