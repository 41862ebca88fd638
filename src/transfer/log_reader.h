/* Reads the logs that a snapshot uses, without a key: from the manifest's word on the closing record down to each
 * segment's size and hash. */
#ifndef LOG_READER_H
#define LOG_READER_H

#include "log_record.h"
#include "manifest.h"
#include "store.h"

/* What was read on the way: objects and bytes. */
struct log_reading {
    uint64_t objects, bytes;
};

typedef enum sealift_status log_each_segment(void *context, const struct log_segment *segment,
                                             struct sealift_error *err);

/* Calls `each` for every segment that the snapshot uses. Each record must have the hash that the closing record says,
 * and every used segment must stand in one: CORRUPT otherwise, naming the record. */
enum sealift_status log_read(const struct world *world, struct store *store, const struct manifest *manifest,
                             log_each_segment *each, void *context, struct log_reading *ret_reading,
                             struct sealift_error *err);

/* The closing record alone: which logs the snapshot uses. */
enum sealift_status log_read_closing(struct store *store, const struct manifest *manifest,
                                     struct log_record *ret_closing, struct sealift_error *err);

#endif
