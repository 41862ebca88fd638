/* A snapshot of as many entries as a test wants, made in moments, in a store that counts what is asked of it. */
#ifndef FIXTURE_GROWN_H
#define FIXTURE_GROWN_H

#include "fixture_snapshot.h"

struct grown {
    struct fixture base;
    struct store *store; /* the fixture's, and counts; the next two may be set back */
    atomic_size_t requests;
    atomic_uint_fast64_t bytes;
    struct manifest manifest; /* with what a reading needs */
};

/* A root; below it folders "folder-00000" ...; in each of them as many files, "file-00000" ..., which
 * hold their path. */
void grown_init(struct grown *grown, unsigned folders, unsigned files);
/* Of any entries, also such that no tree of ours has; no contents. Nothing is compressed: where two of them differ only
 * in bytes, not in lengths, the segments of one can take the place of the other's, as those can of whoever holds the
 * key. */
void grown_init_of(struct grown *grown, const struct tree_entry *entries, size_t count);
void grown_done(struct grown *grown);

#endif
