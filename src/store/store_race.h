/* A race of conditional PUTs: 16 threads write other contents under one name at once. */
#ifndef STORE_RACE_H
#define STORE_RACE_H

#include "store.h"

#define STORE_RACE_RUNNERS 16

/* `payload` is what they write, each with a first byte of its own. *ret_winners counts the PUTs that succeeded; when it
 * is 1, *ret_winner is that first byte. A PUT that fails, other than because it lost, is returned. */
enum sealift_status store_race_run(struct store *store, const char *name, struct bytes payload, unsigned *ret_winners,
                                   uint8_t *ret_winner, struct sealift_error *err);

#endif
