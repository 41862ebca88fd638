/* An input is a shelf of tree frames, each with a u32 of its length before it; the last one is the root, whose level
 * its second byte says. A fetch that names a frame beyond the shelf is served the one that its number leads to, so
 * mutated references lead to other frames rather than nowhere. */
#include "error.h"
#include "little_endian.h"
#include "scoped.h"
#include "tree_reader.h"
#include "xattr_set.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_FRAMES 64
#define MAX_STEPS  20000 /* a few frames can describe a file of astronomical length */

struct shelf {
    struct bytes frames[MAX_FRAMES];
    size_t count;
};

static void
fill_shelf(struct shelf *shelf, struct bytes input)
{
    struct bytes prefix;

    while (shelf->count < MAX_FRAMES && bytes_cut(&input, 4, &prefix)) {
        uint32_t len = le_get_u32(prefix.data);

        if (!bytes_cut(&input, len < input.len ? len : input.len, &shelf->frames[shelf->count]))
            return;
        shelf->count++;
    }
}

static enum sealift_status
fetch(void *context, const struct frame_ref *ref, struct buf *out, struct sealift_error *err)
{
    const struct shelf *shelf = context;

    buf_clear(out);
    return buf_append_bytes(out, shelf->frames[(ref->segment.number * 32 + ref->number) % shelf->count], err);
}

static void
expect(bool truth)
{
    if (!truth)
        __builtin_trap();
}

static void
check_xattrs(struct bytes set)
{
    struct sealift_error err;
    struct bytes value;
    char name[256];

    while (set.len > 0)
        expect(xattr_set_cut(&set, name, &value, &err) == SEALIFT_OK);
}

typedef enum sealift_status read_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end,
                                        struct sealift_error *err);

static bool
read_extents(struct tree_reader *reader, read_extent *read, unsigned *steps)
{
    struct sealift_error err;
    struct extent extent;
    bool end = false;

    while (!end && ++*steps < MAX_STEPS) {
        if (read(reader, &extent, &end, &err) != SEALIFT_OK)
            return false;
        expect(end || (extent.length > 0 && (extent.hole || (frame_ref_is_possible(&extent.frame) &&
                                                             extent.offset + extent.length <= FRAME_MAX_PLAIN))));
    }
    return true;
}

/* What a restore relies on. */
static void
check_entry(const struct tree_entry *entry, struct bytes last)
{
    expect(tree_path_is_valid(entry->path));
    expect(entry->path.len == 0 || tree_path_compare(last, entry->path) < 0);
    expect(entry->mode <= 07777 && entry->mtime_ns < 1000000000);
    expect(entry->type != TREE_HARD_LINK ||
           (tree_path_is_valid(entry->target) && tree_path_compare(entry->target, entry->path) < 0));
    check_xattrs(entry->xattrs);
}

static void
read_tree(struct tree_reader *reader)
{
    SCOPED(buf_done) struct buf last = {0};
    struct sealift_error err;
    struct tree_entry entry;
    unsigned steps = 0;
    bool end = false;

    while (++steps < MAX_STEPS) {
        if (tree_reader_next(reader, &entry, &end, &err) != SEALIFT_OK || end)
            return;
        check_entry(&entry, buf_bytes(&last));
        buf_clear(&last);
        if (buf_append_bytes(&last, entry.path, &err) != SEALIFT_OK ||
            !read_extents(reader, tree_reader_extent, &steps) ||
            !read_extents(reader, tree_reader_xattr_extent, &steps))
            return;
    }
}

/* Sends the reader to what it found, to what is behind that, and back. */
static void
read_tree_by_seeking(struct tree_reader *reader)
{
    SCOPED(buf_done) struct buf sought = {0};
    struct sealift_error err;
    struct tree_entry entry;
    bool end;

    for (unsigned steps = 0; steps < MAX_STEPS / 100; steps++) {
        if (tree_reader_seek(reader, buf_bytes(&sought), &err) != SEALIFT_OK ||
            tree_reader_next(reader, &entry, &end, &err) != SEALIFT_OK || end)
            return;
        expect(tree_path_compare(entry.path, buf_bytes(&sought)) >= 0);
        check_entry(&entry, (struct bytes){0});
        buf_clear(&sought);
        if (tree_path_append_behind(entry.path, &sought, &err) != SEALIFT_OK ||
            (steps % 3 == 0 && tree_reader_seek(reader, tree_path_parent(buf_bytes(&sought)), &err) != SEALIFT_OK))
            return;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(tree_reader_free) struct tree_reader *reader = NULL;
    struct tree_root root = {.frame = {.segment = {.kind = SEGMENT_TREE}, .offset = SEGMENT_HEADER_SIZE, .size = 1000}};
    struct shelf shelf = {0};
    struct sealift_error err;

    fill_shelf(&shelf, (struct bytes){data, size});
    if (shelf.count == 0 || shelf.frames[shelf.count - 1].len < 2)
        return 0;
    root.level = shelf.frames[shelf.count - 1].data[1];
    root.frame.segment.number = (uint32_t)(shelf.count - 1) / 32;
    root.frame.number = (uint32_t)(shelf.count - 1) % 32;
    root.frame.offset += 32 * FRAME_MAX_SIZE;
    if (tree_reader_new(&root, fetch, &shelf, &reader, &err) != SEALIFT_OK)
        return 0;
    read_tree(reader);
    read_tree_by_seeking(reader);
    return 0;
}
