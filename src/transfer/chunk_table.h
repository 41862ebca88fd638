/* The chunks that this upload stored lately, by their keyed names: what is found here is not stored twice. It has a
 * fixed size; the oldest of a bucket makes room. Any thread.
 *
 * A chunk that is not found is claimed by the worker that asked; until that worker resolves it, others who ask for the
 * same chunk wait. A worker that is about to wait must have resolved its own claims first (it seals its open frame), so
 * nobody waits in a circle. */
#ifndef CHUNK_TABLE_H
#define CHUNK_TABLE_H

#include "tree.h"

struct chunk_table;

enum sealift_status chunk_table_new(size_t bytes, struct chunk_table **ret_table, struct sealift_error *err);
void chunk_table_free(struct chunk_table **table);

enum chunk_answer {
    CHUNK_FOUND,   /* *ret_extent says where it is */
    CHUNK_CLAIMED, /* nobody has it: store it, then resolve */
    CHUNK_BUSY,    /* another worker is storing it: seal your frame, then ask with wait */
    CHUNK_FULL,    /* the table has no room for another claim: store it, and do not resolve */
};

/* `extent->id` and `extent->length` say which chunk. With `wait`, BUSY is not answered (unless the table was broken:
 * then FULL). */
enum chunk_answer chunk_table_ask(struct chunk_table *table, struct extent *extent, bool wait);
void chunk_table_resolve(struct chunk_table *table, const struct extent *extent);

/* Wakes everybody who waits: after a failure, claims stay unresolved. */
void chunk_table_break(struct chunk_table *table);

#endif
