/* Zstandard (RFC 8878): one frame at a time, with contexts that are reused. The one door to libzstd. */
#ifndef ZSTD_FRAME_H
#define ZSTD_FRAME_H

#include "buf.h"

struct zstd_packer;   /* one thread each */
struct zstd_unpacker; /* one thread each */

enum sealift_status zstd_packer_new(int level, struct zstd_packer **ret_packer, struct sealift_error *err);
void zstd_packer_free(struct zstd_packer **packer);

/* What a packer of that level takes, at the most, for data of up to 1 MiB. */
size_t zstd_packer_memory(int level);

/* The most bytes that `len` bytes can become. */
size_t zstd_bound(size_t len);

/* Compresses `plain` into `out` and stores the content size in the frame; a `capacity` of plain.len is always enough.
 * *ret_len is the compressed length, or 0 when it would not be at least 1/32 smaller: the caller then stores `plain` as
 * it is. A quick probe of a few samples spares the work for data that will not compress. */
enum sealift_status zstd_pack(struct zstd_packer *packer, struct bytes plain, uint8_t *out, size_t capacity,
                              size_t *ret_len, struct sealift_error *err);

enum sealift_status zstd_unpacker_new(struct zstd_unpacker **ret_unpacker, struct sealift_error *err);
void zstd_unpacker_free(struct zstd_unpacker **unpacker);

/* Exactly one frame that says its content size; CORRUPT when that size exceeds `capacity` (a bomb) or anything is off.
 * The window is bounded too, so memory does not grow with what the frame claims. */
enum sealift_status zstd_unpack(struct zstd_unpacker *unpacker, struct bytes packed, uint8_t *out, size_t capacity,
                                size_t *ret_len, struct sealift_error *err);

#endif
