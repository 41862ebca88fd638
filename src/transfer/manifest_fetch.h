/* A snapshot's manifest, by its locator. */
#ifndef MANIFEST_FETCH_H
#define MANIFEST_FETCH_H

#include "manifest.h"
#include "store.h"

/* Reads and parses it; nothing is authenticated yet. NOT_FOUND says that the locator is unknown there. */
enum sealift_status manifest_fetch(struct store *store, const struct locator *locator, struct manifest *ret_manifest,
                                   struct sealift_error *err);

/* The same, with its bytes: *text is empty and has room for one. What was read is there also when it makes no sense. */
enum sealift_status manifest_read(struct store *store, const struct locator *locator, struct buf *text,
                                  struct manifest *ret_manifest, struct sealift_error *err);

#endif
