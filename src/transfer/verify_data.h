/* Verifies what a snapshot holds: everything decrypts, and every chunk is what the tree says. Nothing is written. */
#ifndef VERIFY_DATA_H
#define VERIFY_DATA_H

#include "reading.h"

/* Also compares what the tree holds with the manifest's totals. */
enum sealift_status verify_data(const struct world *world, struct store *store, struct progress *progress,
                                const struct reading_request *request, struct reading_outcome *ret_outcome,
                                struct sealift_error *err);

#endif
