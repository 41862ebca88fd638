/* Keeps the log of an upload while it runs: which segments are in the store. Any thread adds; one opens and closes.
 * DESIGN.md section 4.1. */
#ifndef UPLOAD_LOG_H
#define UPLOAD_LOG_H

#include "log_record.h"
#include "store.h"

struct upload_log;

enum sealift_status upload_log_new(const struct world *world, struct store *store, const struct uuid *fs,
                                   const struct uuid *upload, struct upload_log **ret_log, struct sealift_error *err);
void upload_log_free(struct upload_log **log);

/* Puts record 0. */
enum sealift_status upload_log_open(struct upload_log *log, struct sealift_error *err);

/* A segment that the store accepted. Puts a record when the last one is a minute, or 4 GiB of segments, old. */
enum sealift_status upload_log_add(struct upload_log *log, const struct log_segment *segment,
                                   struct sealift_error *err);

/* Puts what is left, without closing. */
enum sealift_status upload_log_flush(struct upload_log *log, struct sealift_error *err);

/* Lists the upload's segments and compares them with what was added: the same numbers, the same sizes. CORRUPT, naming
 * the object, otherwise. */
enum sealift_status upload_log_confirm(struct upload_log *log, struct sealift_error *err);

/* Puts the closing record: every segment that was added is used. Says what the manifest has to know. */
enum sealift_status upload_log_close(struct upload_log *log, uint32_t *ret_record, uint8_t ret_sha256[SHA256_SIZE],
                                     struct sealift_error *err);

/* Segments added so far, and their bytes. */
uint64_t upload_log_segments(const struct upload_log *log);
uint64_t upload_log_bytes(const struct upload_log *log);

#endif
