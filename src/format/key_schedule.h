/* Every key that comes from an FS key, by its label: one place, so that no two uses share one. DESIGN.md section 3. */
#ifndef KEY_SCHEDULE_H
#define KEY_SCHEDULE_H

#include "aead.h"
#include "digest.h"
#include "envelope.h"

/* Labels are "sealift/1 " and the word in quotes. */
enum sealift_status key_check_value(const struct secret *fs_key, const struct uuid *fs, uint8_t out[KEY_CHECK_SIZE],
                                    struct sealift_error *err); /* "key check", salt: fs uuid */
enum sealift_status key_for_segment(const struct secret *fs_key, const uint8_t salt[32], struct secret **ret_key,
                                    struct sealift_error *err); /* "segment", salt: the segment's */
enum sealift_status key_for_manifest(const struct secret *fs_key, const struct uuid *upload, struct secret **ret_key,
                                     struct sealift_error *err); /* "manifest", salt: upload uuid */
enum sealift_status key_for_private(const struct secret *fs_key, const struct uuid *object, struct secret **ret_key,
                                    struct sealift_error *err); /* "private", salt: upload or key record uuid */
enum sealift_status key_for_log(const struct secret *fs_key, const struct uuid *upload, struct secret **ret_key,
                                struct sealift_error *err); /* "log", salt: upload uuid */
enum sealift_status key_for_chunk_ids(const struct secret *fs_key, struct secret **ret_key,
                                      struct sealift_error *err); /* "chunk id" */
enum sealift_status key_for_chunker(const struct secret *fs_key, struct secret **ret_key,
                                    struct sealift_error *err); /* "chunker" */
enum sealift_status key_for_spill(const struct world *world, struct secret **ret_key,
                                  struct sealift_error *err); /* random, one process */

/* A name is 16 bytes of HMAC-SHA-256 under the "chunk id" key. */
#define CHUNK_ID_SIZE 16

#endif
