/* Hexadecimal and base64 (RFC 4648): strict readers, plain writers. */
#ifndef TEXT_H
#define TEXT_H

#include "buf.h"

/* Lower case. `out` takes 2 * len + 1 bytes. */
void hex_encode(struct bytes data, char *out);
/* Exactly `len` bytes from exactly 2 * len lower-case digits. */
bool hex_decode(const char *text, uint8_t *out, size_t len);

/* Standard alphabet with padding, no line breaks (RFC 4648, section 4). */
enum sealift_status base64_encode(struct bytes data, struct buf *out, struct sealift_error *err);
/* Appends to *out; INVALID for anything but the canonical form (no white space, padding bits zero). */
enum sealift_status base64_decode(struct bytes text, struct buf *out, struct sealift_error *err);

#endif
