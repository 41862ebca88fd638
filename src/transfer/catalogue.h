/* What a bucket holds: filesystems, and their manifests in the order of time. Needs no key. */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "manifest.h"
#include "store.h"

/* `manifest` is NULL when it could not be read or parsed: `failure` says why. It is the catalogue's, and lasts for the
 * call. `locator` names it, or, with manifest and failure both NULL, a filesystem that has no snapshot
 * (locator->snapshot is then zero). */
typedef enum sealift_status catalogue_each(void *context, const struct locator *locator,
                                           const struct manifest *manifest, const struct sealift_error *failure,
                                           struct sealift_error *err);

enum sealift_status catalogue_list(const struct world *world, struct store *store, catalogue_each *each, void *context,
                                   struct sealift_error *err);

#endif
