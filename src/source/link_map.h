/* Which inodes with several names were seen, and under which name first. An inode leaves the map with the last of its
 * names. One thread; constant memory: what does not fit spills (spill.h). */
#ifndef LINK_MAP_H
#define LINK_MAP_H

#include "buf.h"
#include "world.h"

struct link_map;

enum sealift_status link_map_new(const struct world *world, size_t memory, struct link_map **ret_map,
                                 struct sealift_error *err);
void link_map_free(struct link_map **map);

/* A number is used anew when its file is removed, which may happen while the tree is walked: the time of birth tells
 * the two apart. */
struct link_identity {
    uint64_t device;
    uint64_t inode;
    uint64_t birth; /* nanoseconds; 0 where the filesystem does not keep it */
};

/* Notes that the inode, which has `links` names in all (two at least), is seen under `path`. *ret_first is the path
 * that it was first seen under, a view until the next call; no bytes (NULL, 0): this is the first. */
enum sealift_status link_map_see(struct link_map *map, const struct link_identity *identity, uint32_t links,
                                 struct bytes path, struct bytes *ret_first, struct sealift_error *err);

/* The same question, without noting anything; no bytes: the inode is not in the map. */
enum sealift_status link_map_find(struct link_map *map, const struct link_identity *identity, struct bytes *ret_first,
                                  struct sealift_error *err);
/* Another name takes the first one's place. The inode must be in the map. */
enum sealift_status link_map_rename(struct link_map *map, const struct link_identity *identity, struct bytes path,
                                    struct sealift_error *err);

#endif
