#include "tree_index.h"

#include "frame_shelf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;

struct index_trip {
    struct secret *key;
    struct frame_shelf shelf;
    struct tree_cutter *cutter;
    struct tree_index_writer *writer;
    struct tree_root root;
};

static void
index_trip_begin(struct index_trip *trip)
{
    *trip = (struct index_trip){0};
    cr_assert_eq(secret_new(FS_KEY_SIZE, &trip->key, &err), SEALIFT_OK);
    cr_assert_eq(tree_cutter_new(trip->key, &trip->cutter, &err), SEALIFT_OK);
    cr_assert_eq(tree_index_writer_new(trip->cutter, frame_shelf_sink, &trip->shelf, &trip->writer, &err), SEALIFT_OK);
}

static void
index_trip_done(struct index_trip *trip)
{
    tree_index_writer_free(&trip->writer);
    tree_cutter_free(&trip->cutter);
    frame_shelf_done(&trip->shelf);
    secret_free(&trip->key);
}

/* The n-th frame of entries, which nobody ever fetches. */
static struct frame_ref
leaf(uint32_t n)
{
    return (struct frame_ref){
        .segment = {.kind = SEGMENT_TREE, .upload = {{1}}, .number = n}, .offset = SEGMENT_HEADER_SIZE, .size = 1000};
}

static void
leaf_path(uint32_t n, size_t filler, struct buf *out)
{
    buf_clear(out);
    if (n == 0)
        return;
    cr_assert_eq(buf_printf(out, "%08u-", &err, n), SEALIFT_OK);
    cr_assert_eq(buf_reserve(out, filler, &err), SEALIFT_OK);
    memset(out->data + out->len, 'x', filler);
    out->len += filler;
}

/* Walks down from `ref` and expects the leaves from *next on. */
static void
expect_leaves(struct index_trip *trip, const struct frame_ref *ref, unsigned level, size_t filler, uint32_t *next)
{
    SCOPED(tree_frame_done) struct tree_frame frame = {0};
    SCOPED(buf_done) struct buf path = {0};
    bool end;

    if (level == 0) {
        cr_assert_eq(ref->segment.number, *next);
        ++*next;
        return;
    }
    cr_assert_eq(tree_frame_load(&frame, frame_shelf_fetch, &trip->shelf, ref, TREE_FRAME_INDEX, level, &err),
                 SEALIFT_OK, "%s", err.message);
    for (;;) {
        struct frame_ref child;
        struct bytes key;

        cr_assert_eq(tree_frame_is_read(&frame, &end, &err), SEALIFT_OK);
        if (end)
            return;
        cr_assert_eq(tree_index_cut(&frame, &key, &child, &err), SEALIFT_OK, "%s", err.message);
        leaf_path(*next, filler, &path);
        cr_assert(bytes_equal(key, tree_key_of(buf_bytes(&path))));
        expect_leaves(trip, &child, level - 1, filler, next);
    }
}

static void
expect_index(uint32_t leaves, size_t filler, unsigned want_level)
{
    SCOPED(index_trip_done) struct index_trip trip;
    SCOPED(buf_done) struct buf path = {0};
    uint32_t next = 0;

    index_trip_begin(&trip);
    for (uint32_t i = 0; i < leaves; i++) {
        struct frame_ref ref = leaf(i);

        leaf_path(i, filler, &path);
        cr_assert_eq(tree_index_writer_add(trip.writer, buf_bytes(&path), &ref, &err), SEALIFT_OK, "%s", err.message);
    }
    cr_assert_eq(tree_index_writer_finish(trip.writer, &trip.root, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(trip.root.level, want_level);
    expect_leaves(&trip, &trip.root.frame, trip.root.level, filler, &next);
    cr_assert_eq(next, leaves);
}

Test(tree_index, is_none_above_a_single_frame)
{
    expect_index(1, 0, 0);
}

Test(tree_index, has_as_many_levels_as_it_takes)
{
    expect_index(2, 0, 1);
    expect_index(100, 0, 1);
    expect_index(20000, 0, 2);
    expect_index(20000, 600, 3);
}

Test(tree_index, has_no_level_with_a_single_frame_below)
{
    for (uint32_t leaves = 150; leaves < 350; leaves++) {
        SCOPED(index_trip_done) struct index_trip trip;
        SCOPED(tree_frame_done) struct tree_frame frame = {0};
        SCOPED(buf_done) struct buf path = {0};

        index_trip_begin(&trip);
        for (uint32_t i = 0; i < leaves; i++) {
            struct frame_ref ref = leaf(i);

            leaf_path(i, 600, &path);
            cr_assert_eq(tree_index_writer_add(trip.writer, buf_bytes(&path), &ref, &err), SEALIFT_OK);
        }
        cr_assert_eq(tree_index_writer_finish(trip.writer, &trip.root, &err), SEALIFT_OK);
        cr_assert_eq(tree_frame_load(&frame, frame_shelf_fetch, &trip.shelf, &trip.root.frame, TREE_FRAME_INDEX,
                                     trip.root.level, &err),
                     SEALIFT_OK, "%s", err.message);
        cr_assert_gt(frame.items_left, 1, "%u leaves", leaves);
    }
}
