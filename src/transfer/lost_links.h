/* First names of inodes that are not in the tree (they could not be read, or were deleted), and which later name has
 * taken their place. What the walk calls a hard link to such a name must not become one. One thread;
 * constant memory. */
#ifndef LOST_LINKS_H
#define LOST_LINKS_H

#include "buf.h"
#include "world.h"

struct lost_links;

enum sealift_status lost_links_new(const struct world *world, size_t memory, struct lost_links **ret_lost,
                                   struct sealift_error *err);
void lost_links_free(struct lost_links **lost);

/* The name `first` is not in the tree. */
enum sealift_status lost_links_add(struct lost_links *lost, struct bytes first, struct sealift_error *err);
/* The name `heir` is, in its place. */
enum sealift_status lost_links_inherit(struct lost_links *lost, struct bytes first, struct bytes heir,
                                       struct sealift_error *err);

enum link_fate {
    LINK_STANDS,    /* `first` is in the tree */
    LINK_LOST,      /* nobody has taken its place yet */
    LINK_INHERITED, /* *ret_heir has; a view until the next call */
};
enum sealift_status lost_links_find(struct lost_links *lost, struct bytes first, enum link_fate *ret_fate,
                                    struct bytes *ret_heir, struct sealift_error *err);

#endif
