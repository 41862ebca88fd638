#include "tree_frame.h"

#include "frame_shelf.h"

#include <criterion/criterion.h>

static struct sealift_error err;

static struct frame_ref
reference(uint32_t n)
{
    return (struct frame_ref){
        .segment = {.kind = n % 3 == 0 ? SEGMENT_TREE : SEGMENT_DATA, .upload = {{(uint8_t)(n % 5)}}, .number = n % 50},
        .offset = SEGMENT_HEADER_SIZE + n * 100,
        .size = 1000 + n,
        .number = n};
}

static bool
refs_equal(const struct frame_ref *a, const struct frame_ref *b)
{
    return segment_id_equal(&a->segment, &b->segment) && a->offset == b->offset && a->size == b->size &&
           a->number == b->number;
}

Test(tree_frame, refers_to_the_same_by_the_same_number_and_finds_all_again)
{
    SCOPED(tree_frame_builder_done) struct tree_frame_builder builder = {0};
    SCOPED(frame_shelf_done) struct frame_shelf shelf = {0};
    SCOPED(tree_frame_done) struct tree_frame frame = {0};
    SCOPED(buf_done) struct buf plain = {0};
    struct frame_ref at;
    uint32_t index;

    cr_assert_eq(tree_frame_builder_begin(&builder, TREE_FRAME_INDEX, 3, &err), SEALIFT_OK);
    for (uint32_t turn = 0; turn < 2; turn++)
        for (uint32_t n = 0; n < 20000; n++) {
            struct frame_ref ref = reference(n);

            cr_assert_eq(tree_frame_refer(&builder, &ref, &index, &err), SEALIFT_OK);
            cr_assert_eq(index, n);
        }
    builder.item_count = 1;
    cr_assert_eq(buf_append_text(&builder.items, "items", &err), SEALIFT_OK);
    cr_assert_eq(tree_frame_encode(&builder, &plain, &err), SEALIFT_OK);
    cr_assert_leq(plain.len, tree_frame_size(&builder));

    cr_assert_eq(frame_shelf_sink(&shelf, buf_bytes(&plain), &at, &err), SEALIFT_OK);
    cr_assert_eq(tree_frame_load(&frame, frame_shelf_fetch, &shelf, &at, TREE_FRAME_INDEX, 3, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert(bytes_equal(frame.items, bytes_of_text("items")) && frame.items_left == 1);
    for (uint32_t n = 0; n < 20000; n++) {
        struct frame_ref ref = reference(n), found;

        cr_assert_eq(tree_frame_follow(&frame, n, ref.segment.kind, &found, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(refs_equal(&ref, &found));
    }
    cr_assert_eq(tree_frame_follow(&frame, 20000, SEGMENT_DATA, &at, &err), SEALIFT_CORRUPT);
    cr_assert_eq(tree_frame_follow(&frame, 0, SEGMENT_DATA, &at, &err), SEALIFT_CORRUPT, "reference 0 is to a tree");
}

Test(tree_frame, begins_anew_with_empty_tables)
{
    SCOPED(tree_frame_builder_done) struct tree_frame_builder builder = {0};
    struct frame_ref ref = reference(7);
    uint32_t index;

    for (int turn = 0; turn < 2; turn++) {
        cr_assert_eq(tree_frame_builder_begin(&builder, TREE_FRAME_ENTRIES, 0, &err), SEALIFT_OK);
        cr_assert_eq(tree_frame_size(&builder), 2 + 30);
        cr_assert_eq(tree_frame_refer(&builder, &ref, &index, &err), SEALIFT_OK);
        cr_assert_eq(index, 0);
    }
}

/* The same place in two segments, and a salt that differs, are not the same frame. */
Test(tree_frame, tells_segments_apart_by_everything)
{
    SCOPED(tree_frame_builder_done) struct tree_frame_builder builder = {0};
    struct frame_ref refs[5];
    uint32_t index;

    for (size_t i = 0; i < 5; i++)
        refs[i] = reference(7);
    refs[1].segment.salt[31] = 1;
    refs[2].segment.upload.bytes[15] = 1;
    refs[3].segment.number = 8;
    refs[4].segment.kind = SEGMENT_TREE;
    cr_assert_eq(tree_frame_builder_begin(&builder, TREE_FRAME_ENTRIES, 0, &err), SEALIFT_OK);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(tree_frame_refer(&builder, &refs[i], &index, &err), SEALIFT_OK);
        cr_assert_eq(index, i);
    }
}

Test(tree_frame, of_the_longest_reference_keeps_its_promise)
{
    SCOPED(tree_frame_builder_done) struct tree_frame_builder builder = {0};
    struct frame_ref ref = {.segment = {.kind = SEGMENT_TREE, .number = NAME_NUMBER_MAX},
                            .offset = SEGMENT_MAX_SIZE - FRAME_MAX_SIZE,
                            .size = FRAME_MAX_SIZE,
                            .number = 3145731};
    uint32_t index;

    cr_assert(frame_ref_is_possible(&ref));
    cr_assert_eq(tree_frame_builder_begin(&builder, TREE_FRAME_ENTRIES, 0, &err), SEALIFT_OK);
    for (uint32_t i = 0; i < 10000; i++) {
        size_t before = tree_frame_size(&builder);

        ref.segment.number = NAME_NUMBER_MAX - i;
        cr_assert_eq(tree_frame_refer(&builder, &ref, &index, &err), SEALIFT_OK);
        cr_assert_leq(tree_frame_size(&builder) - before, TREE_REF_MAX);
    }
}
