/* Trees out of a seed: every kind of entry, odd names, many shapes of contents. The same seed gives the same tree, so
 * what was written can be compared with what is read, entry by entry, without keeping either. For
 * tests; link `format`. */
#ifndef RANDOM_TREE_H
#define RANDOM_TREE_H

#include "scoped.h"
#include "seeded_world.h"
#include "tree.h"
#include "xattr_set.h"

#include <stdlib.h>
#include <string.h>

struct random_tree {
    struct seeded_world seeded;
    size_t wanted;   /* entries, about */
    size_t made;     /* so far */
    struct buf path; /* of the entry at hand */
    struct buf link; /* path of the last file or other non-directory: what a hard link may lead to */
    void (*each)(void *context, const struct tree_entry *entry, const struct extent *extents, size_t extent_count);
    void *context;
};

static inline uint64_t
random_tree_draw(struct random_tree *tree, uint64_t below)
{
    return seeded_world_draw(&tree->seeded) % below;
}

static inline void
random_tree_fill(struct random_tree *tree, void *out, size_t len)
{
    tree->seeded.entropy.fill(&tree->seeded.entropy, out, len);
}

struct random_name {
    uint8_t bytes[TREE_NAME_MAX];
    size_t len;
};

static inline int
random_name_compare(const void *a, const void *b)
{
    const struct random_name *one = a, *other = b;

    return tree_path_compare((struct bytes){one->bytes, one->len}, (struct bytes){other->bytes, other->len});
}

static inline void
random_name_make(struct random_tree *tree, struct random_name *name)
{
    uint64_t shape = random_tree_draw(tree, 16);

    name->len = 1 + random_tree_draw(tree, shape == 0 ? TREE_NAME_MAX : 24);
    random_tree_fill(tree, name->bytes, name->len);
    for (size_t i = 0; i < name->len; i++) {
        uint8_t *c = &name->bytes[i];

        if (shape > 1) /* mostly plain letters, so that paths share something */
            *c = (uint8_t)('a' + *c % 6);
        if (*c == '/' || *c == '\0' || *c == '.')
            *c = '-';
    }
}

static inline struct extent
random_extent_make(struct random_tree *tree)
{
    struct extent extent = {0};
    uint32_t number = (uint32_t)random_tree_draw(tree, 40);

    if (random_tree_draw(tree, 5) == 0)
        return (struct extent){.hole = true, .length = 1 + random_tree_draw(tree, UINT64_C(1) << 40)};
    extent.frame = (struct frame_ref){
        .segment = {.kind = SEGMENT_DATA, .number = (uint32_t)random_tree_draw(tree, 5), .salt = {(uint8_t)number}},
        .number = number,
        .offset = SEGMENT_HEADER_SIZE + number * 100000,
        .size = 100000};
    extent.offset = (uint32_t)random_tree_draw(tree, FRAME_MAX_PLAIN);
    extent.length = 1 + random_tree_draw(tree, FRAME_MAX_PLAIN - extent.offset);
    random_tree_fill(tree, extent.id, sizeof(extent.id));
    return extent;
}

static inline size_t
random_extents_make(struct random_tree *tree, struct extent **ret_extents)
{
    static const uint64_t shapes[] = {1, 2, 2, 2, 2, 4, 4, 20, 20, 300};
    uint64_t shape = random_tree_draw(tree, 400);
    size_t count = random_tree_draw(tree, shape == 0 ? 40000 : shapes[shape % (sizeof(shapes) / sizeof(shapes[0]))]);

    *ret_extents = calloc(count + 1, sizeof(**ret_extents));
    for (size_t i = 0; i < count; i++)
        (*ret_extents)[i] = random_extent_make(tree);
    return count;
}

static inline void
random_xattrs_make(struct random_tree *tree, struct buf *set)
{
    uint8_t value[4096];
    struct sealift_error err;
    uint64_t count = random_tree_draw(tree, 8) == 0 ? random_tree_draw(tree, 15) : 0;

    for (uint64_t i = 0; i < count; i++) {
        char name[] = "user.?";
        size_t len = random_tree_draw(tree, random_tree_draw(tree, 10) == 0 ? sizeof(value) : 40);

        name[5] = (char)('z' - i);
        random_tree_fill(tree, value, len);
        if (xattr_set_add(set, name, (struct bytes){value, len}, &err) != SEALIFT_OK)
            abort();
    }
}

static inline void
random_attributes_make(struct random_tree *tree, struct tree_entry *entry)
{
    entry->mode = (uint32_t)random_tree_draw(tree, 010000);
    entry->uid = (uint32_t)random_tree_draw(tree, UINT64_C(1) << 32);
    entry->gid = (uint32_t)random_tree_draw(tree, 100);
    entry->mtime_s = (int64_t)seeded_world_draw(&tree->seeded) >> random_tree_draw(tree, 63);
    entry->mtime_ns = (uint32_t)random_tree_draw(tree, 1000000000);
    if (random_tree_draw(tree, 4) > 0) {
        entry->inode = 1 + random_tree_draw(tree, UINT64_MAX);
        entry->links = random_tree_draw(tree, 3);
        entry->ctime_s = (int64_t)random_tree_draw(tree, UINT64_C(1) << 33);
        entry->ctime_ns = (uint32_t)random_tree_draw(tree, 1000000000);
    }
    entry->has_flags = random_tree_draw(tree, 9) == 0;
    entry->flags = entry->has_flags ? (uint32_t)random_tree_draw(tree, UINT64_C(1) << 32) : 0;
    entry->has_project = random_tree_draw(tree, 9) == 0;
    entry->project = entry->has_project ? (uint32_t)random_tree_draw(tree, 1000) : 0;
}

static inline enum tree_type
random_type(struct random_tree *tree)
{
    static const enum tree_type rare[] = {TREE_SYMLINK,          TREE_FIFO,         TREE_SOCKET,
                                          TREE_CHARACTER_DEVICE, TREE_BLOCK_DEVICE, TREE_HARD_LINK};
    enum tree_type type = TREE_FILE;

    if (random_tree_draw(tree, 5) == 0)
        type = rare[random_tree_draw(tree, sizeof(rare) / sizeof(rare[0]))];
    return type == TREE_HARD_LINK && tree->link.len == 0 ? TREE_FILE : type;
}

static inline void
random_entry_make(struct random_tree *tree, enum tree_type type)
{
    SCOPED(buf_done) struct buf xattrs = {0};
    SCOPED(free_done) struct extent *extents = NULL;
    SCOPED(free_done) struct extent *xattr_extents = NULL;
    struct tree_entry entry = {.path = buf_bytes(&tree->path), .type = type};
    size_t extent_count = 0;
    uint8_t target[TREE_TARGET_MAX];
    struct sealift_error err;

    if (type == TREE_HARD_LINK) {
        entry.target = buf_bytes(&tree->link);
        entry.inode = random_tree_draw(tree, 2);
    } else {
        random_attributes_make(tree, &entry);
        random_xattrs_make(tree, &xattrs);
        entry.xattrs = buf_bytes(&xattrs);
        if (entry.xattrs.len == 0 && random_tree_draw(tree, 50) == 0)
            entry.xattr_extent_count = random_extents_make(tree, &xattr_extents) % 200;
        entry.xattr_extents = xattr_extents;
    }
    if (type == TREE_SYMLINK) {
        entry.target = (struct bytes){target, 1 + random_tree_draw(tree, sizeof(target))};
        memset(target, 't', sizeof(target));
    }
    if (type == TREE_CHARACTER_DEVICE || type == TREE_BLOCK_DEVICE) {
        entry.major = (uint32_t)random_tree_draw(tree, 4096);
        entry.minor = (uint32_t)random_tree_draw(tree, UINT64_C(1) << 20);
    }
    if (type == TREE_FILE)
        extent_count = random_extents_make(tree, &extents);
    for (size_t i = 0; i < extent_count; i++)
        entry.size += extents[i].length;

    tree->each(tree->context, &entry, extents, extent_count);
    tree->made++;
    if (type != TREE_DIRECTORY && type != TREE_HARD_LINK) {
        buf_clear(&tree->link);
        if (buf_append_bytes(&tree->link, entry.path, &err) != SEALIFT_OK)
            abort();
    }
}

static inline void random_directory_make(struct random_tree *tree, unsigned depth);

static inline void
random_child_make(struct random_tree *tree, const struct random_name *name, unsigned depth)
{
    size_t parent_len = tree->path.len;
    struct sealift_error err;

    if ((parent_len > 0 && buf_append_text(&tree->path, "/", &err) != SEALIFT_OK) ||
        buf_append(&tree->path, name->bytes, name->len, &err) != SEALIFT_OK)
        abort();
    if (depth < 40 && random_tree_draw(tree, 3) == 0)
        random_directory_make(tree, depth + 1);
    else
        random_entry_make(tree, random_type(tree));
    tree->path.len = parent_len;
}

static inline void
random_directory_make(struct random_tree *tree, unsigned depth)
{
    size_t count =
        depth == 0 ? tree->wanted / 20 + 1 : random_tree_draw(tree, random_tree_draw(tree, 9) == 0 ? 300 : 8);
    SCOPED(free_done) struct random_name *names = calloc(count + 1, sizeof(*names));

    random_entry_make(tree, TREE_DIRECTORY);
    if (tree->made > tree->wanted)
        return;
    for (size_t i = 0; i < count; i++)
        random_name_make(tree, &names[i]);
    qsort(names, count, sizeof(*names), random_name_compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || random_name_compare(&names[i - 1], &names[i]) != 0)
            random_child_make(tree, &names[i], depth);
}

static inline void
random_tree_make(uint64_t seed, size_t wanted,
                 void (*each)(void *context, const struct tree_entry *entry, const struct extent *extents,
                              size_t extent_count),
                 void *context)
{
    struct random_tree tree = {.wanted = wanted, .each = each, .context = context};

    seeded_world_init(&tree.seeded, seed);
    random_directory_make(&tree, 0);
    buf_done(&tree.path);
    buf_done(&tree.link);
}

#endif
