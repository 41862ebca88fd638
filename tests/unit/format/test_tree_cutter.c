#include "tree_cutter.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

static struct tree_cutter *
make_cutter(uint8_t byte)
{
    SCOPED(secret_free) struct secret *key = NULL;
    struct tree_cutter *cutter;

    cr_assert_eq(secret_new(FS_KEY_SIZE, &key, &err), SEALIFT_OK);
    key->bytes[0] = byte;
    cr_assert_eq(tree_cutter_new(key, &cutter, &err), SEALIFT_OK);
    return cutter;
}

static bool
cuts(struct tree_cutter *cutter, size_t frame_len, uint32_t key, size_t item_size)
{
    struct tree_frame_builder frame = {.kind = TREE_FRAME_ENTRIES, .items = {.len = frame_len}};
    bool cut;

    cr_assert_eq(tree_cutter_cuts(cutter, &frame, (struct bytes){(uint8_t *)&key, sizeof(key)}, item_size, &cut, &err),
                 SEALIFT_OK);
    return cut;
}

/* The mean size of frames of items that all have the same size. */
static size_t
mean_size(size_t item_size)
{
    SCOPED(tree_cutter_free) struct tree_cutter *cutter = make_cutter(1);
    size_t total = 0, frames = 0, len = 0;

    for (uint32_t key = 0; frames < 400; key++) {
        len += item_size;
        if (cuts(cutter, len, key, item_size)) {
            total += len;
            frames++;
            len = 0;
        }
    }
    return total / frames;
}

Test(tree_cutter, makes_frames_of_the_same_mean_size_whatever_the_items_are)
{
    static const size_t sizes[] = {20, 100, 1000, 8000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t mean = mean_size(sizes[i]);

        cr_assert(mean > 65000 && mean < 100000, "items of %zu bytes: frames of %zu", sizes[i], mean);
    }
    cr_assert_eq(mean_size(TREE_CUT_TARGET), TREE_CUT_TARGET);
}

Test(tree_cutter, never_cuts_below_the_floor)
{
    SCOPED(tree_cutter_free) struct tree_cutter *cutter = make_cutter(1);

    for (uint32_t key = 0; key < 1000; key++)
        cr_assert_not(cuts(cutter, TREE_CUT_FLOOR - 1, key, TREE_CUT_FLOOR - 1));
}

Test(tree_cutter, is_keyed)
{
    SCOPED(tree_cutter_free) struct tree_cutter *one = make_cutter(1);
    SCOPED(tree_cutter_free) struct tree_cutter *other = make_cutter(2);
    unsigned both = 0, either = 0;

    for (uint32_t key = 0; key < 2000; key++) {
        bool cut_one = cuts(one, TREE_CUT_FLOOR, key, 8192), cut_other = cuts(other, TREE_CUT_FLOOR, key, 8192);

        cr_assert_eq(cut_one, cuts(one, 5 * TREE_CUT_FLOOR, key, 8192), "the same item, wherever it stands");
        both += cut_one && cut_other;
        either += cut_one || cut_other;
    }
    cr_assert(either > 300 && both < either / 4, "%u of %u", both, either);
}

Test(tree_cutter, cuts_lists_between_floor_and_most)
{
    SCOPED(tree_cutter_free) struct tree_cutter *cutter = make_cutter(1);
    size_t total = 0, lists = 0, count = 0;
    bool cut;

    for (uint32_t key = 0; lists < 300; key++) {
        cr_assert_eq(
            tree_cutter_cuts_list(cutter, 0, ++count, (struct bytes){(uint8_t *)&key, sizeof(key)}, &cut, &err),
            SEALIFT_OK);
        if (cut) {
            cr_assert(count > TREE_CUT_LIST_FLOOR && count <= TREE_CUT_LIST_MAX);
            total += count;
            lists++;
            count = 0;
        }
    }
    cr_assert(total / lists > 2500 && total / lists < 3500, "%zu items", total / lists);
    for (uint32_t key = 0; key < 1000; key++) {
        cr_assert_eq(tree_cutter_cuts_list(cutter, 0, TREE_CUT_LIST_MAX, (struct bytes){(uint8_t *)&key, sizeof(key)},
                                           &cut, &err),
                     SEALIFT_OK);
        cr_assert(cut);
    }
}
