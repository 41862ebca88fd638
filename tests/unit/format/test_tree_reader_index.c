/* Indexes that no writer of ours makes: by somebody who holds the key and means harm. */
#include "tree_forge.h"

static void
put_child(struct forge *forge, const struct frame_ref *ref, const char *key)
{
    uint32_t index;

    cr_assert_eq(tree_frame_refer(&forge->frame, ref, &index, &err), SEALIFT_OK);
    put_number(forge, index);
    put_bytes(forge, bytes_of_text(key));
    forge->frame.item_count++;
}

/* An index of two frames: the root and "a"; "m" and "n". */
static enum sealift_status
read_index(const char *first_key, const char *second_key, bool twice, enum segment_kind kind)
{
    SCOPED(forge_done) struct forge forge = {0};
    struct frame_ref first, second;

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    put_entry(&forge, "a", TREE_FILE, "");
    first = forge_seal(&forge);
    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_entry(&forge, "m", TREE_FILE, "");
    put_entry(&forge, "n", TREE_FILE, "");
    second = forge_seal(&forge);
    second.segment.kind = kind;
    forge_begin(&forge, TREE_FRAME_INDEX, 1);
    put_child(&forge, &first, first_key);
    put_child(&forge, twice ? &first : &second, second_key);
    forge_seal(&forge);
    return read_all(&forge);
}

Test(tree_reader_index, refuses_an_index_that_lies)
{
    cr_assert_eq(read_index("", "m", false, SEGMENT_TREE), SEALIFT_OK, "%s", err.message);
    expect_corrupt(read_index("", "n", false, SEGMENT_TREE), "what its index says");
    expect_corrupt(read_index("", "l", false, SEGMENT_TREE), "what its index says");
    expect_corrupt(read_index("a", "m", false, SEGMENT_TREE), "what its index says");
    expect_corrupt(read_index("", "", true, SEGMENT_TREE), "is out of order");
    expect_corrupt(read_index("", "m", false, SEGMENT_DATA), "the wrong kind");
}

/* Two frames of entries and their index, and what stands at a path. */
static enum sealift_status
seek_index(const char *second_key, const char *path, bool *ret_found)
{
    SCOPED(forge_done) struct forge forge = {0};
    SCOPED(tree_reader_free) struct tree_reader *reader = NULL;
    struct frame_ref first, second;
    struct tree_entry entry;
    bool end;

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    put_entry(&forge, "a", TREE_FILE, "");
    put_entry(&forge, "a/b", TREE_FILE, "");
    put_entry(&forge, "d", TREE_DIRECTORY, "");
    first = forge_seal(&forge);
    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_entry(&forge, "d/m", TREE_SYMLINK, "/etc");
    put_entry(&forge, "d/m/n", TREE_FILE, "");
    put_entry(&forge, "x/y", TREE_FILE, "");
    second = forge_seal(&forge);
    forge_begin(&forge, TREE_FRAME_INDEX, 1);
    put_child(&forge, &first, "");
    put_child(&forge, &second, second_key);
    forge_seal(&forge);
    TRY(tree_reader_new(&forge.root, frame_shelf_fetch, &forge.shelf, &reader, &err));
    TRY(tree_reader_seek(reader, bytes_of_text(path), &err));
    TRY(tree_reader_next(reader, &entry, &end, &err));
    *ret_found = !end && bytes_equal(entry.path, bytes_of_text(path));
    return SEALIFT_OK;
}

/* What lies below a link, a file, or nothing at all would lead a restore astray, wherever the reading began. */
Test(tree_reader_index, refuses_what_is_in_no_directory_wherever_it_is_sent)
{
    bool found = false;

    cr_assert_eq(seek_index("d/m", "d/m", &found), SEALIFT_OK, "%s", err.message);
    cr_assert(found);
    expect_corrupt(seek_index("d/m", "d/m/n", &found), "entry d/m/n: is in no directory of the tree");
    expect_corrupt(seek_index("d/m", "a/b", &found), "entry a/b: is in no directory of the tree");
    expect_corrupt(seek_index("d/m", "x/y", &found), "entry x/y: is in no directory of the tree");
    expect_corrupt(seek_index("d/m", "d/z", &found), "entry x/y: is in no directory of the tree");
    cr_assert_eq(seek_index("d/m", "z/z", &found), SEALIFT_OK, "%s", err.message);
    cr_assert_not(found);
}

Test(tree_reader_index, is_not_led_astray_by_an_index_that_lies)
{
    bool found = false;

    expect_corrupt(seek_index("d/l", "d/m", &found), "what its index says");
    expect_corrupt(seek_index("d/n", "d/m", &found), "what its index says");
    expect_corrupt(seek_index("z", "d/m", &found), "what its index says");
    expect_corrupt(seek_index("", "d/m", &found), "what its index says");
}

/* Each frame leads to itself, as far as levels allow. */
Test(tree_reader_index, seeks_in_no_circles)
{
    SCOPED(forge_done) struct forge forge = {0};
    SCOPED(tree_reader_free) struct tree_reader *reader = NULL;
    struct frame_ref entries, self = frame_shelf_ref(1);

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    entries = forge_seal(&forge);
    forge_begin(&forge, TREE_FRAME_INDEX, 1);
    put_child(&forge, &entries, "");
    put_child(&forge, &self, "a");
    forge_seal(&forge);
    cr_assert_eq(tree_reader_new(&forge.root, frame_shelf_fetch, &forge.shelf, &reader, &err), SEALIFT_OK);
    expect_corrupt(tree_reader_seek(reader, bytes_of_text("b"), &err), "it is of kind 2, level 1 where");
}

Test(tree_reader_index, refuses_an_index_whose_keys_are_out_of_order)
{
    SCOPED(forge_done) struct forge forge = {0};
    SCOPED(tree_reader_free) struct tree_reader *reader = NULL;
    struct frame_ref entries;

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    entries = forge_seal(&forge);
    forge_begin(&forge, TREE_FRAME_INDEX, 1);
    put_child(&forge, &entries, "");
    put_child(&forge, &entries, "b");
    put_child(&forge, &entries, "a");
    forge_seal(&forge);
    cr_assert_eq(read_all(&forge), SEALIFT_CORRUPT);
    cr_assert_eq(tree_reader_new(&forge.root, frame_shelf_fetch, &forge.shelf, &reader, &err), SEALIFT_OK);
    expect_corrupt(tree_reader_seek(reader, bytes_of_text("c"), &err), "its keys are out of order");
}

Test(tree_reader_index, refuses_frames_in_each_others_places)
{
    SCOPED(forge_done) struct forge forge = {0};
    struct frame_ref entries;

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    entries = forge_seal(&forge);
    forge_begin(&forge, TREE_FRAME_INDEX, 2);
    put_child(&forge, &entries, "");
    forge_seal(&forge);
    expect_corrupt(read_all(&forge), "it is of kind 1, level 0 where kind 2, level 1 belongs");
    forge.root.level = 0;
    expect_corrupt(read_all(&forge), "it is of kind 2, level 2 where kind 1, level 0 belongs");
    forge.root.level = TREE_MAX_LEVEL + 1;
    expect_corrupt(read_all(&forge), "a tree cannot begin where it is said to");
    forge.root.level = 2;
    forge.root.frame.segment.kind = SEGMENT_DATA;
    expect_corrupt(read_all(&forge), "a tree cannot begin where it is said to");
}

Test(tree_reader_index, does_not_take_a_failure_for_the_end)
{
    SCOPED(forge_done) struct forge forge = {0};
    SCOPED(tree_reader_free) struct tree_reader *reader = NULL;
    struct tree_entry entry;
    struct frame_ref root;
    bool end;

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    root = forge_seal(&forge);
    forge_begin(&forge, TREE_FRAME_INDEX, 1);
    put_child(&forge, &root, "");
    forge_seal(&forge);
    forge.shelf.frames[0].len = 1;
    cr_assert_eq(tree_reader_new(&forge.root, frame_shelf_fetch, &forge.shelf, &reader, &err), SEALIFT_OK);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(tree_reader_next(reader, &entry, &end, &err), SEALIFT_CORRUPT);
}
