/* Bytes that may outgrow memory: an array that is read and written anywhere. As many pages as were allowed stay in
 * memory; those beyond go, sealed, to an unnamed temporary file in $TMPDIR (or /var/tmp). One thread.
 *
 * Each page is sealed with AES-256-GCM under a random key of this process, its number being the associated data, so
 * names of files never stand on a disk in the clear. Neither key nor file is made before the first page has to go. */
#ifndef SPILL_H
#define SPILL_H

#include "buf.h"
#include "world.h"

struct spill;

/* `memory`: bytes of pages to keep; two pages at least are kept. They are allocated as they are first used. */
enum sealift_status spill_new(const struct world *world, size_t memory, struct spill **ret_spill,
                              struct sealift_error *err);
void spill_free(struct spill **spill);

uint64_t spill_size(const struct spill *spill);
/* The whole of [offset, offset + len) must be below the size. CORRUPT when the file gives back other bytes than were
 * sealed. */
enum sealift_status spill_read(struct spill *spill, uint64_t offset, void *out, size_t len, struct sealift_error *err);
/* Overwrites, and appends what lies behind the size; `offset` is at most the size. IO when the temporary file cannot
 * take it. */
enum sealift_status spill_write(struct spill *spill, uint64_t offset, const void *data, size_t len,
                                struct sealift_error *err);
/* Drops everything from `size` on, which is at most the current size. */
void spill_cut(struct spill *spill, uint64_t size);

#endif
