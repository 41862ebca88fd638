/* Trees that no writer of ours makes, frame by frame, and a reader of all that is in them. */
#ifndef TREE_FORGE_H
#define TREE_FORGE_H

#include "frame_shelf.h"
#include "tree_entry.h"
#include "tree_index.h"
#include "tree_reader.h"
#include "varint.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

/* Frames are put on a shelf one by one; the last one is the root. */
struct forge {
    struct frame_shelf shelf;
    struct tree_frame_builder frame;
    struct tree_root root;
};

static inline void
forge_begin(struct forge *forge, enum tree_frame_kind kind, unsigned level)
{
    cr_assert_eq(tree_frame_builder_begin(&forge->frame, kind, level, &err), SEALIFT_OK);
}

static inline void
forge_done(struct forge *forge)
{
    frame_shelf_done(&forge->shelf);
    tree_frame_builder_done(&forge->frame);
}

static inline struct frame_ref
forge_seal(struct forge *forge)
{
    SCOPED(buf_done) struct buf plain = {0};

    cr_assert_eq(tree_frame_encode(&forge->frame, &plain, &err), SEALIFT_OK);
    forge->root.level = forge->frame.kind == TREE_FRAME_INDEX ? forge->frame.level : 0;
    cr_assert_eq(frame_shelf_sink(&forge->shelf, buf_bytes(&plain), &forge->root.frame, &err), SEALIFT_OK);
    return forge->root.frame;
}

static inline void
put_number(struct forge *forge, uint64_t number)
{
    cr_assert_eq(varint_append(&forge->frame.items, number, &err), SEALIFT_OK);
}

static inline void
put_bytes(struct forge *forge, struct bytes bytes)
{
    put_number(forge, bytes.len);
    cr_assert_eq(buf_append_bytes(&forge->frame.items, bytes, &err), SEALIFT_OK);
}

/* An entry from its bytes: path, type, and fields as they will stand. */
static inline void
put_raw(struct forge *forge, struct bytes path, uint8_t type, struct bytes fields)
{
    SCOPED(buf_done) struct buf body = {0};

    cr_assert_eq(varint_append(&body, 0, &err), SEALIFT_OK);
    cr_assert_eq(varint_append(&body, path.len, &err), SEALIFT_OK);
    cr_assert_eq(buf_append_bytes(&body, path, &err), SEALIFT_OK);
    cr_assert_eq(buf_append(&body, &type, 1, &err), SEALIFT_OK);
    cr_assert_eq(buf_append_bytes(&body, fields, &err), SEALIFT_OK);
    put_bytes(forge, buf_bytes(&body));
    forge->frame.item_count++;
}

#define FIELDS(...) ((struct bytes){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

/* mode 0, owner 0:0, mtime 0.0 */
#define ATTRIBUTES 1, 1, 0, 3, 2, 0, 0, 5, 2, 0, 0

static inline void
put_root(struct forge *forge)
{
    put_raw(forge, (struct bytes){0}, TREE_DIRECTORY, FIELDS(ATTRIBUTES));
}

static inline void
put_entry(struct forge *forge, const char *path, enum tree_type type, const char *target)
{
    struct tree_entry entry = {.path = bytes_of_text(path), .type = type, .target = bytes_of_text(target)};
    struct tree_list nothing = {0};

    cr_assert_eq(tree_entry_append(&entry, &nothing, (struct bytes){0}, &forge->frame, &err), SEALIFT_OK);
}

/* Reads all entries and all their extents. */
static inline enum sealift_status
read_all(struct forge *forge)
{
    SCOPED(tree_reader_free) struct tree_reader *reader = NULL;
    struct tree_entry entry;
    struct extent extent;
    bool end = false, extents_end;

    TRY(tree_reader_new(&forge->root, frame_shelf_fetch, &forge->shelf, &reader, &err));
    while (!end) {
        TRY(tree_reader_next(reader, &entry, &end, &err));
        for (extents_end = end; !extents_end;)
            TRY(tree_reader_extent(reader, &extent, &extents_end, &err));
        for (extents_end = end; !extents_end;)
            TRY(tree_reader_xattr_extent(reader, &extent, &extents_end, &err));
    }
    return SEALIFT_OK;
}

#define expect_corrupt(call, because)                                                                                  \
    do {                                                                                                               \
        cr_assert_eq((call), SEALIFT_CORRUPT);                                                                         \
        cr_assert_not_null(strstr(err.message, because), "%s", err.message);                                           \
    } while (0)

#endif
