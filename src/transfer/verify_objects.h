/* Verifies that every object a snapshot needs is there, with its size and checksum. Needs no key. */
#ifndef VERIFY_OBJECTS_H
#define VERIFY_OBJECTS_H

#include "budget.h"
#include "manifest.h"
#include "progress.h"
#include "store.h"

struct verify_objects_request {
    const struct manifest *manifest;
    bool read; /* read and hash each segment, instead of asking for the checksum that the store keeps */
    struct budget budget;
};

struct verify_objects_outcome {
    uint64_t objects, bytes;
    uint64_t by_checksum;
};

/* All segments are looked at, and each that is wrong is told; the first failure is returned. */
enum sealift_status verify_objects(const struct world *world, struct store *store, struct progress *progress,
                                   const struct verify_objects_request *request,
                                   struct verify_objects_outcome *ret_outcome, struct sealift_error *err);

#endif
