/* Integers of any size in as few bytes as they need (LEB128): seven bits a byte, lowest first, the high bit says that
 * more follow. Signed ones are folded first (zigzag: 0, -1, 1, -2 ... become 0, 1, 2, 3 ...). Each value has exactly
 * one form: a longer one is refused. */
#ifndef VARINT_H
#define VARINT_H

#include "buf.h"

#define VARINT_MAX_SIZE 10

size_t varint_encode(uint64_t value, uint8_t out[VARINT_MAX_SIZE]); /* returns how many bytes it took */
enum sealift_status varint_append(struct buf *out, uint64_t value, struct sealift_error *err);
uint64_t varint_fold(int64_t value);

/* Take one off the front of *from; false, and *from is as it was, when there is none or it is larger than `max`. */
bool varint_cut(struct bytes *from, uint64_t max, uint64_t *ret_value);
bool varint_cut_u32(struct bytes *from, uint32_t max, uint32_t *ret_value);
bool varint_cut_signed(struct bytes *from, int64_t *ret_value);
/* A length and that many bytes. */
bool varint_cut_bytes(struct bytes *from, struct bytes *ret_bytes);

#endif
