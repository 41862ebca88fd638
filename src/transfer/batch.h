/* A batch: a run of consecutive entries on its way from the walk, through a worker, to the tree. A large file travels
 * as parts, each a batch of its own, so that several workers read it. */
#ifndef BATCH_H
#define BATCH_H

#include "entry_reader.h"

#define BATCH_MAX_ENTRIES ((size_t)256)
#define BATCH_BYTES       ((uint64_t)4 << 20) /* contents of a batch of small files */
#define BATCH_MEMORY      ((size_t)256 << 10) /* what a batch takes itself: entries, paths, targets */
#define BATCH_XATTRS      ((size_t)128 << 10) /* and beside it; further sets are stored like contents */
#define PART_BYTES        ((uint64_t)8 << 20) /* files beyond this travel in parts of this size */
#define CHUNK_BYTES       FRAME_MAX_PLAIN     /* a run of data is cut every so many bytes */

struct extent_list {
    struct extent *items;
    size_t count, capacity;
};

/* A large file's entry, shared by its parts. */
struct large_file {
    atomic_uint parts;
    atomic_bool told; /* that it cannot be read: once, not for every part */
    struct walk_entry *entry;
};

/* One of its parts. */
struct file_part {
    uint64_t from, to;
    bool hole; /* all of it: nothing to read */
};

enum item_outcome {
    ITEM_READ,
    ITEM_MISSING, /* could not be read: it was told, and is counted */
    ITEM_GONE,    /* in a live tree: deleted, or something else has its name now */
};

struct batch_item {
    struct walk_entry *entry; /* owned, unless `large` */
    struct large_file *large;
    struct file_part part; /* of a large file */
    bool first, last;      /* part; both for anything that is no large file */

    enum item_outcome outcome;
    bool changed;           /* while it was read */
    struct tree_entry meta; /* of the first part */
    struct buf owned;       /* what meta's target and xattrs point into */
    struct extent_list extents;
    struct extent_list xattr_extents;
};

struct batch {
    uint64_t ticket;
    size_t memory; /* that it takes so far; what a worker adds is bounded, and not counted */
    size_t count;
    struct batch_item items[];
};

enum sealift_status batch_new(size_t capacity, struct batch **ret_batch, struct sealift_error *err);
void batch_free(struct batch **batch);

/* Adds an entry that is no large file, and takes it over; there must be room. */
struct batch_item *batch_add(struct batch *batch, struct walk_entry **entry);
/* A batch that is one part of a large file. */
enum sealift_status batch_new_part(struct large_file *large, const struct file_part *part, struct batch **ret_batch,
                                   struct sealift_error *err);

enum sealift_status large_file_new(struct walk_entry *entry, struct large_file **ret_large,
                                   struct sealift_error *err); /* one reference */
void large_file_release(struct large_file **large);

enum sealift_status extent_list_add(struct extent_list *list, const struct extent *extent, struct sealift_error *err);

#endif
