/* Packs chunks into frames: names each by its keyed MAC, stores what the upload has not stored lately, and says where
 * each chunk is. Chunks of several files share a frame, so where they are is known only when the frame is sealed;
 * extents that wait for it are filled in then. One thread. */
#ifndef CHUNK_PACKER_H
#define CHUNK_PACKER_H

#include "upload_stages.h"

struct chunk_packer;

enum sealift_status chunk_packer_new(struct upload *upload, struct segment_filler *filler,
                                     struct chunk_packer **ret_packer, struct sealift_error *err);
void chunk_packer_free(struct chunk_packer **packer);

/* Where the next chunk of up to `want` bytes (1 ... FRAME_MAX_PLAIN) is to be read to; seals the open frame first when
 * it lacks the room. */
enum sealift_status chunk_packer_room(struct chunk_packer *packer, size_t want, uint8_t **ret_room,
                                      struct sealift_error *err);

/* The first `len` bytes of that room are a chunk: its extent goes to *list now or, the place filled in, when the frame
 * is sealed. *list must stay where it is until then. */
enum sealift_status chunk_packer_add(struct chunk_packer *packer, size_t len, struct extent_list *list,
                                     struct sealift_error *err);

/* How many bytes went into frames, of all that was added: the rest was there already. */
uint64_t chunk_packer_packed(const struct chunk_packer *packer);

/* Seals what is open: afterwards no extent waits. */
enum sealift_status chunk_packer_flush(struct chunk_packer *packer, struct sealift_error *err);

#endif
