#include "link_map.h"

#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define INODES 20000

static struct sealift_error err;
static struct seeded_world seeded;

static struct link_map *
map_of(size_t memory)
{
    struct link_map *map = NULL;

    seeded_world_init(&seeded, 3);
    cr_assert_eq(link_map_new(&seeded.world, memory, &map, &err), SEALIFT_OK, "%s", err.message);
    return map;
}

/* Sees `path`; `first` is what must be known already, or NULL. */
static void
see_born(struct link_map *map, struct link_identity identity, uint32_t links, const char *path, const char *first)
{
    struct bytes got;

    cr_assert_eq(link_map_see(map, &identity, links, bytes_of_text(path), &got, &err), SEALIFT_OK, "%s", err.message);
    if (first == NULL)
        cr_assert_null(got.data, "%s: known already", path);
    else
        cr_assert(bytes_equal(got, bytes_of_text(first)), "%s: is \"%.*s\", not \"%s\"", path, (int)got.len, got.data,
                  first);
}

static void
see(struct link_map *map, uint64_t device, uint64_t inode, uint32_t links, const char *path, const char *first)
{
    see_born(map, (struct link_identity){device, inode, 0}, links, path, first);
}

Test(link_map, knows_the_first_name_of_an_inode)
{
    SCOPED(link_map_free) struct link_map *map = map_of(1 << 20);

    see(map, 1, 100, 3, "a", NULL);
    see(map, 1, 101, 2, "b", NULL);
    see(map, 1, 100, 3, "c/d", "a");
    see(map, 1, 101, 2, "e", "b");
    see(map, 1, 100, 3, "f", "a");
}

Test(link_map, tells_inodes_of_two_devices_apart)
{
    SCOPED(link_map_free) struct link_map *map = map_of(1 << 20);

    see(map, 1, 100, 2, "a", NULL);
    see(map, 2, 100, 2, "b", NULL);
    see(map, 1, 100, 2, "c", "a");
    see(map, 2, 100, 2, "d", "b");
}

Test(link_map, tells_an_inode_from_an_earlier_one_of_its_number)
{
    SCOPED(link_map_free) struct link_map *map = map_of(1 << 20);

    see_born(map, (struct link_identity){1, 100, 5000}, 2, "a", NULL);
    see_born(map, (struct link_identity){1, 100, 6000}, 2, "b", NULL);
    see_born(map, (struct link_identity){1, 100, 6000}, 2, "c", "b");
}

Test(link_map, forgets_an_inode_with_the_last_of_its_names)
{
    SCOPED(link_map_free) struct link_map *map = map_of(1 << 20);

    see(map, 1, 100, 2, "a", NULL);
    see(map, 1, 100, 2, "b", "a");
    see(map, 1, 100, 2, "c", NULL);
}

static void
path_of(size_t inode, const char *suffix, char path[300])
{
    snprintf(path, 300, "%.*s/%zu%s", (int)(inode % 200),
             "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
             "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
             inode, suffix);
}

static void
see_many(struct link_map *map)
{
    char path[300], first[300];

    for (size_t inode = 0; inode < INODES; inode++) {
        path_of(inode, "", path);
        see(map, 7, inode << 20, 3, path, NULL);
    }
    for (size_t i = 0; i < 2 * INODES; i++) {
        size_t inode = i * 7919 % INODES;

        path_of(inode, "", first);
        path_of(inode, "-again", path);
        see(map, 7, inode << 20, 3, path, first);
    }
    /* All names were seen: every inode is new again. */
    for (size_t inode = 0; inode < INODES; inode += 97) {
        path_of(inode, "-anew", path);
        see(map, 7, inode << 20, 3, path, NULL);
    }
}

Test(link_map, holds_many_in_memory)
{
    SCOPED(link_map_free) struct link_map *map = map_of(64 << 20);

    see_many(map);
}

Test(link_map, holds_many_beyond_its_memory)
{
    SCOPED(link_map_free) struct link_map *map = map_of(1);

    see_many(map);
}

static void
expect_found(struct link_map *map, uint64_t inode, const char *first)
{
    const struct link_identity identity = {1, inode, 0};
    struct bytes got;

    cr_assert_eq(link_map_find(map, &identity, &got, &err), SEALIFT_OK, "%s", err.message);
    if (first == NULL)
        cr_assert_null(got.data);
    else
        cr_assert(bytes_equal(got, bytes_of_text(first)), "%.*s", (int)got.len, got.data);
}

Test(link_map, finds_without_noting)
{
    SCOPED(link_map_free) struct link_map *map = map_of(1 << 20);

    expect_found(map, 100, NULL);
    see(map, 1, 100, 2, "a", NULL);
    expect_found(map, 100, "a");
    expect_found(map, 100, "a");
    see(map, 1, 100, 2, "b", "a");
    expect_found(map, 100, NULL);
}

Test(link_map, lets_another_name_be_the_first)
{
    SCOPED(link_map_free) struct link_map *map = map_of(1 << 20);
    const struct link_identity identity = {1, 100, 0};

    see(map, 1, 100, 3, "a", NULL);
    see(map, 1, 101, 3, "b", NULL);
    cr_assert_eq(link_map_rename(map, &identity, bytes_of_text("much longer than before"), &err), SEALIFT_OK);
    see(map, 1, 100, 3, "c", "much longer than before");
    see(map, 1, 101, 3, "d", "b");
}
