/* A frame as it stands in a segment: prefix, nonce, associated data. docs/FORMAT.md, "Segment". */
#ifndef FRAME_H
#define FRAME_H

#include "segment.h"

struct frame_prefix {
    uint32_t length; /* of what follows: ciphertext and tag */
    uint8_t flags;
};

void frame_prefix_encode(const struct frame_prefix *prefix, uint8_t out[FRAME_PREFIX_SIZE]);
/* Takes the prefix off the front of *bytes; false when there is none, or none that a writer makes. */
bool frame_prefix_cut(struct bytes *bytes, struct frame_prefix *ret_prefix);

#define FRAME_AAD_SIZE (SEGMENT_HEADER_SIZE + 4 + 1)

/* What a frame's tag covers besides its body: whose it is, where it stands, and how it is to be read. */
void frame_aad(const struct uuid *fs, const struct segment_id *segment, uint32_t number, uint8_t flags,
               uint8_t out[FRAME_AAD_SIZE]);
/* A segment's key is its own, so the frame's number never repeats under it. */
void frame_nonce(uint32_t number, uint8_t out[AEAD_NONCE_SIZE]);

#endif
