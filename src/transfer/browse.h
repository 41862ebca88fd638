/* Looks around in a snapshot: its entries, by the index of its tree. Of what is not shown next to
 * nothing is fetched. */
#ifndef BROWSE_H
#define BROWSE_H

#include "manifest.h"
#include "store.h"
#include "tree.h"

struct browse_request {
    const struct manifest *manifest; /* authenticated */
    const struct secret *fs_key;
    struct bytes path; /* valid; the root is the empty path */
    bool recursive;
};

struct browse_outcome {
    uint64_t entries;           /* shown */
    uint64_t fetched, requests; /* bytes of the tree, and how often the store was asked for some */
};

/* Of a directory what is in it, or everything below it; of anything else the entry itself. In the tree's order, without
 * large sets of extended attributes; constant memory. NOT_FOUND: there is no such path. */
enum sealift_status browse_run(const struct world *world, struct store *store, const struct browse_request *request,
                               enum sealift_status (*each)(void *context, const struct tree_entry *entry,
                                                           struct sealift_error *err),
                               void *context, struct browse_outcome *ret_outcome, struct sealift_error *err);

#endif
