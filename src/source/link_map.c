#include "link_map.h"

#include "error.h"
#include "scoped.h"
#include "spill.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A hash table in a spill: the low bits of an inode's hash choose its bucket. When a bucket is full the table doubles,
 * each bucket sharing its links with a new one as many buckets further on. The paths lie in a second spill, in order of
 * arrival. */
#define BUCKET_LINKS 100

struct link {
    struct link_identity identity;
    uint64_t path; /* where it lies in the paths */
    uint32_t path_len;
    uint32_t left; /* names that are still to come */
};

struct bucket {
    uint32_t count;
    struct link links[BUCKET_LINKS];
};

struct link_map {
    struct spill *buckets;
    uint64_t bucket_count; /* a power of two */
    uint64_t link_count;
    struct spill *paths;
    struct buf first;
    uint64_t seed;
};

static enum sealift_status
store_bucket(struct link_map *map, uint64_t number, const struct bucket *bucket, struct sealift_error *err)
{
    return spill_write(map->buckets, number * sizeof(*bucket), bucket, sizeof(*bucket), err);
}

static enum sealift_status
load_bucket(struct link_map *map, uint64_t number, struct bucket *bucket, struct sealift_error *err)
{
    return spill_read(map->buckets, number * sizeof(*bucket), bucket, sizeof(*bucket), err);
}

enum sealift_status
link_map_new(const struct world *world, size_t memory, struct link_map **ret_map, struct sealift_error *err)
{
    static const struct bucket empty;
    SCOPED(link_map_free) struct link_map *map = calloc(1, sizeof(*map));

    if (map == NULL)
        return error_no_memory(err);
    /* Random, so that nobody can choose inodes that all fall into one bucket. */
    world->entropy->fill(world->entropy, &map->seed, sizeof(map->seed));
    TRY(spill_new(world, memory / 2, &map->buckets, err));
    TRY(spill_new(world, memory / 2, &map->paths, err));
    TRY(store_bucket(map, 0, &empty, err));
    map->bucket_count = 1;
    *ret_map = TAKE(map);
    return SEALIFT_OK;
}

void
link_map_free(struct link_map **map)
{
    if (*map == NULL)
        return;
    spill_free(&(*map)->buckets);
    spill_free(&(*map)->paths);
    buf_done(&(*map)->first);
    free(*map);
    *map = NULL;
}

/* The finisher of MurmurHash3 (public domain): every bit of the input reaches every bit of the output. */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

static uint64_t
bucket_of(const struct link_map *map, const struct link_identity *identity)
{
    uint64_t hash = mix(mix(identity->inode + map->seed) ^ identity->device);

    return mix(hash ^ identity->birth) & (map->bucket_count - 1);
}

static struct link *
find_link(struct bucket *bucket, const struct link_identity *identity)
{
    for (uint32_t i = 0; i < bucket->count; i++) {
        const struct link_identity *known = &bucket->links[i].identity;

        if (known->inode == identity->inode && known->device == identity->device && known->birth == identity->birth)
            return &bucket->links[i];
    }
    return NULL;
}

/* Shares the links of bucket `low` with its new sibling; map->bucket_count is the new count already. */
static enum sealift_status
split_bucket(struct link_map *map, uint64_t low, uint64_t high, struct sealift_error *err)
{
    struct bucket whole, kept = {0}, moved = {0};

    TRY(load_bucket(map, low, &whole, err));
    for (uint32_t i = 0; i < whole.count; i++) {
        const struct link *link = &whole.links[i];
        struct bucket *into = bucket_of(map, &link->identity) == low ? &kept : &moved;

        into->links[into->count++] = *link;
    }
    TRY(store_bucket(map, low, &kept, err));
    return store_bucket(map, high, &moved, err);
}

static enum sealift_status
double_buckets(struct link_map *map, struct sealift_error *err)
{
    uint64_t old_count = map->bucket_count;

    map->bucket_count *= 2;
    for (uint64_t number = 0; number < old_count; number++)
        TRY(split_bucket(map, number, number + old_count, err));
    return SEALIFT_OK;
}

static enum sealift_status
insert_link(struct link_map *map, const struct link *link, struct sealift_error *err)
{
    struct bucket bucket;
    uint64_t number;

    for (;;) {
        number = bucket_of(map, &link->identity);
        TRY(load_bucket(map, number, &bucket, err));
        if (bucket.count < BUCKET_LINKS)
            break;
        TRY(double_buckets(map, err));
    }
    bucket.links[bucket.count++] = *link;
    TRY(store_bucket(map, number, &bucket, err));
    map->link_count++;
    return SEALIFT_OK;
}

static enum sealift_status
remember_first(struct link_map *map, const struct link_identity *identity, uint32_t links, struct bytes path,
               struct sealift_error *err)
{
    struct link link = {*identity, spill_size(map->paths), (uint32_t)path.len, links - 1};

    TRY(spill_write(map->paths, link.path, path.data, path.len, err));
    return insert_link(map, &link, err);
}

/* Counts one more name of a known inode; the last one takes it out of the bucket. */
static enum sealift_status
count_name(struct link_map *map, uint64_t number, struct bucket *bucket, struct link *link, struct sealift_error *err)
{
    link->left--;
    if (link->left == 0) {
        *link = bucket->links[--bucket->count];
        map->link_count--;
    }
    /* Paths are dropped when no inode is waiting for more names: in most trees that is often. */
    if (map->link_count == 0)
        spill_cut(map->paths, 0);
    return store_bucket(map, number, bucket, err);
}

static enum sealift_status
read_first(struct link_map *map, const struct link *link, struct bytes *ret_first, struct sealift_error *err)
{
    buf_clear(&map->first);
    TRY(buf_reserve(&map->first, link->path_len, err));
    TRY(spill_read(map->paths, link->path, map->first.data, link->path_len, err));
    map->first.len = link->path_len;
    *ret_first = buf_bytes(&map->first);
    return SEALIFT_OK;
}

enum sealift_status
link_map_see(struct link_map *map, const struct link_identity *identity, uint32_t links, struct bytes path,
             struct bytes *ret_first, struct sealift_error *err)
{
    uint64_t number = bucket_of(map, identity);
    struct bucket bucket;
    struct link *link;

    TRY(load_bucket(map, number, &bucket, err));
    link = find_link(&bucket, identity);
    if (link == NULL) {
        TRY(remember_first(map, identity, links, path, err));
        *ret_first = (struct bytes){NULL, 0};
        return SEALIFT_OK;
    }
    TRY(read_first(map, link, ret_first, err));
    return count_name(map, number, &bucket, link, err);
}

enum sealift_status
link_map_find(struct link_map *map, const struct link_identity *identity, struct bytes *ret_first,
              struct sealift_error *err)
{
    struct bucket bucket;
    const struct link *link;

    TRY(load_bucket(map, bucket_of(map, identity), &bucket, err));
    link = find_link(&bucket, identity);
    if (link != NULL)
        return read_first(map, link, ret_first, err);
    *ret_first = (struct bytes){NULL, 0};
    return SEALIFT_OK;
}

/* The old path stays where it lies, unused. */
enum sealift_status
link_map_rename(struct link_map *map, const struct link_identity *identity, struct bytes path,
                struct sealift_error *err)
{
    uint64_t number = bucket_of(map, identity);
    struct bucket bucket;
    struct link *link;

    TRY(load_bucket(map, number, &bucket, err));
    link = find_link(&bucket, identity);
    assert(link != NULL);
    link->path = spill_size(map->paths);
    link->path_len = (uint32_t)path.len;
    TRY(spill_write(map->paths, link->path, path.data, path.len, err));
    return store_bucket(map, number, &bucket, err);
}
