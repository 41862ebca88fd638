/* Trees that no writer of ours makes: by somebody who holds the key and means harm, or by a later sealift. */
#include "tree_forge.h"

struct entry_case {
    const char *path;
    enum tree_type type;
    const char *target;
};

/* Reads a tree of the root and these entries, up to the first without a path. */
static enum sealift_status
read_entries(const struct entry_case *entries)
{
    SCOPED(forge_done) struct forge forge = {0};

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    for (; entries->path != NULL; entries++)
        put_entry(&forge, entries->path, entries->type, entries->target);
    forge_seal(&forge);
    return read_all(&forge);
}

#define READ(...) read_entries((const struct entry_case[]){__VA_ARGS__, {NULL, 0, NULL}})

Test(tree_reader, takes_entries_where_they_belong)
{
    cr_assert_eq(READ({"a", TREE_DIRECTORY, ""}, {"a/b", TREE_DIRECTORY, ""}, {"a/b/c", TREE_FILE, ""},
                      {"a/d", TREE_FIFO, ""}, {"a-b", TREE_HARD_LINK, "a/b/c"},
                      {"b", TREE_SYMLINK, "../../etc/passwd"}),
                 SEALIFT_OK, "%s", err.message);
}

Test(tree_reader, refuses_what_is_out_of_order)
{
    expect_corrupt(READ({"b", TREE_FILE, ""}, {"a", TREE_FILE, ""}), "entry a: is out of order");
    expect_corrupt(READ({"a", TREE_FILE, ""}, {"a", TREE_FILE, ""}), "is out of order");
    expect_corrupt(READ({"a", TREE_DIRECTORY, ""}, {"a-b", TREE_FILE, ""}, {"a/b", TREE_FILE, ""}), "is out of order");
    expect_corrupt(READ({"", TREE_DIRECTORY, ""}), "is out of order");
}

Test(tree_reader, refuses_what_is_in_no_directory)
{
    expect_corrupt(READ({"a/b", TREE_FILE, ""}), "entry a/b: is in no directory of the tree");
    expect_corrupt(READ({"a", TREE_FILE, ""}, {"a/b", TREE_FILE, ""}), "is in no directory");
    expect_corrupt(READ({"a", TREE_SYMLINK, "/etc"}, {"a/passwd", TREE_FILE, ""}), "is in no directory");
    expect_corrupt(READ({"a", TREE_DIRECTORY, ""}, {"a/b/c", TREE_FILE, ""}), "is in no directory");
    expect_corrupt(READ({"a", TREE_DIRECTORY, ""}, {"a/b", TREE_DIRECTORY, ""}, {"b/b", TREE_FILE, ""}),
                   "is in no directory");
    expect_corrupt(READ({"a", TREE_DIRECTORY, ""}, {"ab", TREE_FILE, ""}, {"ab/c", TREE_FILE, ""}),
                   "is in no directory");
    expect_corrupt(READ({"a", TREE_FILE, ""}, {"b", TREE_HARD_LINK, "a"}, {"b/c", TREE_FILE, ""}),
                   "is in no directory");
}

Test(tree_reader, refuses_hard_links_that_lead_astray)
{
    expect_corrupt(READ({"a", TREE_HARD_LINK, "b"}, {"b", TREE_FILE, ""}), "cannot have come before it");
    expect_corrupt(READ({"a", TREE_HARD_LINK, "a"}), "cannot have come before it");
    expect_corrupt(READ({"a", TREE_DIRECTORY, ""}, {"a/b", TREE_HARD_LINK, "a"}), "cannot have come before it");
    expect_corrupt(READ({"a", TREE_HARD_LINK, "../secret"}), "no link can have");
    expect_corrupt(READ({"a", TREE_HARD_LINK, "/etc/shadow"}), "no link can have");
    expect_corrupt(READ({"a", TREE_HARD_LINK, "A//b"}), "no link can have");
    expect_corrupt(READ({"a", TREE_HARD_LINK, ""}), "malformed field 15");
}

Test(tree_reader, refuses_paths_that_lead_out)
{
    expect_corrupt(READ({"..", TREE_DIRECTORY, ""}), "a path that cannot be");
    expect_corrupt(READ({"a", TREE_DIRECTORY, ""}, {"a/..", TREE_FILE, ""}), "a path that cannot be");
    expect_corrupt(READ({"/etc", TREE_FILE, ""}), "a path that cannot be");
    expect_corrupt(READ({".", TREE_FILE, ""}), "a path that cannot be");
    expect_corrupt(READ({"a//b", TREE_FILE, ""}), "a path that cannot be");
    expect_corrupt(READ({"a/", TREE_FILE, ""}), "a path that cannot be");
}

static enum sealift_status
read_raw(uint8_t type, struct bytes fields)
{
    SCOPED(forge_done) struct forge forge = {0};

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    put_raw(&forge, bytes_of_text("a"), type, fields);
    forge_seal(&forge);
    return read_all(&forge);
}

Test(tree_reader, refuses_a_tree_without_its_root)
{
    SCOPED(forge_done) struct forge one = {0};
    SCOPED(forge_done) struct forge other = {0};

    forge_begin(&one, TREE_FRAME_ENTRIES, 0);
    put_raw(&one, (struct bytes){0}, TREE_FILE, FIELDS(ATTRIBUTES, 7, 1, 0));
    forge_seal(&one);
    expect_corrupt(read_all(&one), "a tree begins with its root directory");
    forge_begin(&other, TREE_FRAME_ENTRIES, 0);
    put_entry(&other, "a", TREE_DIRECTORY, "");
    forge_seal(&other);
    cr_assert_eq(read_all(&other), SEALIFT_CORRUPT);
}

Test(tree_reader, refuses_a_nul_in_a_name_or_target)
{
    SCOPED(forge_done) struct forge forge = {0};

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    put_raw(&forge, FIELDS('a', 0, 'b'), TREE_FIFO, FIELDS(ATTRIBUTES));
    forge_seal(&forge);
    expect_corrupt(read_all(&forge), "a path that cannot be");
    expect_corrupt(read_raw(TREE_SYMLINK, FIELDS(ATTRIBUTES, 15, 2, 'x', 0)), "no link can have");
}

Test(tree_reader, refuses_fields_that_do_not_fit_the_type)
{
    cr_assert_eq(read_raw(TREE_FILE, FIELDS(ATTRIBUTES, 7, 1, 0)), SEALIFT_OK, "%s", err.message);
    expect_corrupt(read_raw(TREE_FILE, FIELDS(ATTRIBUTES)), "do not fit its type");
    expect_corrupt(read_raw(TREE_DIRECTORY, FIELDS(ATTRIBUTES, 7, 1, 0)), "do not fit its type");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 17, 2, 1, 3)), "do not fit its type");
    expect_corrupt(read_raw(TREE_BLOCK_DEVICE, FIELDS(ATTRIBUTES)), "do not fit its type");
    expect_corrupt(read_raw(TREE_SYMLINK, FIELDS(ATTRIBUTES)), "do not fit its type");
    expect_corrupt(read_raw(TREE_HARD_LINK, FIELDS(ATTRIBUTES, 15, 1, 'A')), "do not fit its type");
    expect_corrupt(read_raw(TREE_SOCKET, FIELDS(3, 2, 0, 0, 5, 2, 0, 0)), "do not fit its type");
}

Test(tree_reader, refuses_malformed_fields)
{
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 5, 2, 0, 0)), "out of order");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 19)), "out of order");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 19, 9, 0)), "out of order");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 19, 2, 0, 0)), "malformed field 19");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 19, 0)), "malformed field 19");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(1, 2, 0x80, 0x20, 3, 2, 0, 0, 5, 2, 0, 0)), "malformed field 1");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(1, 1, 0, 3, 2, 0, 0, 5, 6, 0, 0x80, 0x94, 0xeb, 0xdc, 0x03)),
                   "malformed field 5");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(0, 0)), "out of order");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 11, 0)), "malformed field 11");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 11, 2, 9, 'x')), "extended attributes");
    expect_corrupt(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 11, 3, 1, 'x', 0, 13, 2, 0, 1)), "two sets");
}

Test(tree_reader, skips_even_fields_it_does_not_know_and_refuses_odd_ones)
{
    cr_assert_eq(read_raw(TREE_FIFO, FIELDS(1, 1, 0, 3, 2, 0, 0, 4, 2, 'h', 'i', 5, 2, 0, 0, 0xfe, 0x01, 1, 'x')),
                 SEALIFT_OK, "%s", err.message);
    cr_assert_eq(read_raw(TREE_FIFO, FIELDS(ATTRIBUTES, 23, 0)), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "entry a: has field 23, made by a later sealift: upgrade"), "%s",
                       err.message);
    cr_assert_eq(read_raw(TREE_HARD_LINK + 1, FIELDS(ATTRIBUTES)), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "upgrade"), "%s", err.message);
    expect_corrupt(read_raw(0, FIELDS(ATTRIBUTES)), "has no type");
}

/* A file whose content is given byte by byte; the frame refers to one data frame and one tree frame. */
static enum sealift_status
read_content(uint64_t size, struct bytes content)
{
    SCOPED(forge_done) struct forge forge = {0};
    SCOPED(buf_done) struct buf fields = {0};
    struct frame_ref data = frame_shelf_ref(1);
    struct frame_ref tree = frame_shelf_ref(2);
    struct bytes attributes = FIELDS(ATTRIBUTES, 7);
    uint8_t number[VARINT_MAX_SIZE];
    uint32_t index;
    size_t len = varint_encode(size, number);

    data.segment.kind = SEGMENT_DATA;
    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    cr_assert_eq(tree_frame_refer(&forge.frame, &data, &index, &err), SEALIFT_OK);
    cr_assert_eq(tree_frame_refer(&forge.frame, &tree, &index, &err), SEALIFT_OK);
    put_root(&forge);
    cr_assert_eq(buf_append_bytes(&fields, attributes, &err), SEALIFT_OK);
    cr_assert_eq(varint_append(&fields, len, &err), SEALIFT_OK);
    cr_assert_eq(buf_append(&fields, number, len, &err), SEALIFT_OK);
    if (content.len > 0) {
        cr_assert_eq(varint_append(&fields, 9, &err), SEALIFT_OK);
        cr_assert_eq(varint_append(&fields, content.len, &err), SEALIFT_OK);
        cr_assert_eq(buf_append_bytes(&fields, content, &err), SEALIFT_OK);
    }
    put_raw(&forge, bytes_of_text("a"), TREE_FILE, buf_bytes(&fields));
    forge_seal(&forge);
    return read_all(&forge);
}

#define ID 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16

Test(tree_reader, refuses_contents_that_do_not_add_up)
{
    cr_assert_eq(read_content(9, FIELDS(0, 1, 0, 5, ID, 0, 4)), SEALIFT_OK, "%s", err.message);
    expect_corrupt(read_content(10, FIELDS(0, 1, 0, 5, ID, 0, 4)), "covers 1 bytes less");
    expect_corrupt(read_content(8, FIELDS(0, 1, 0, 5, ID, 0, 4)), "covers more");
    expect_corrupt(read_content(9, (struct bytes){0}), "a content that does not fit it");
    expect_corrupt(read_content(0, FIELDS(0, 0, 4)), "a content that does not fit it");
    expect_corrupt(read_content(UINT64_C(1) << 63, FIELDS(0, 0, 4)), "malformed field 7");
}

Test(tree_reader, refuses_extents_that_cannot_be)
{
    expect_corrupt(read_content(5, FIELDS(0, 1, 0, 0, ID)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(0, 0, 0)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(0, 0x80)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(0, 0)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(0, 1, 0, 5, 1, 2, 3)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(0, 1, 0xfe, 0xff, 0x3f, 5, ID)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 5, ID)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(0, 3, 0, 5, ID)), "no such reference");
    expect_corrupt(read_content(5, FIELDS(0, 2, 0, 5, ID)), "the wrong kind");
    expect_corrupt(read_content(5, FIELDS(1, 0, 5)), "the wrong kind");
    expect_corrupt(read_content(5, FIELDS(1, 7, 5)), "no such reference");
    expect_corrupt(read_content(5, FIELDS(1, 1, 0)), "out of bounds");
    expect_corrupt(read_content(5, FIELDS(TREE_MAX_LEVEL + 1, 1, 5)), "malformed field 9");
    expect_corrupt(read_content(5, FIELDS(0)), "malformed field 9");
    expect_corrupt(read_content(5, FIELDS(1, 1, 5)), "no such frame");
}

/* Lists of lists, to the deepest level, each frame with two items. */
static void
put_extents_frames(struct forge *forge, unsigned level, uint64_t *ret_length, struct frame_ref *ret_ref)
{
    struct frame_ref data = frame_shelf_ref(1), children[2];
    struct extent items[2] = {{.length = 3, .offset = 1}, {.length = 4, .hole = true}};
    struct tree_list list = {.level = level, .items = items, .count = 2};

    data.segment.kind = SEGMENT_DATA;
    items[0].frame = data;
    for (size_t i = 0; i < 2 && level > 0; i++) {
        put_extents_frames(forge, level - 1, &items[i].length, &children[i]);
        items[i].frame = children[i];
        items[i].hole = false;
    }
    forge_begin(forge, TREE_FRAME_EXTENTS, level);
    cr_assert_eq(tree_list_encode(&list, &forge->frame, &forge->frame.items, &err), SEALIFT_OK);
    forge->frame.item_count = 2;
    *ret_ref = forge_seal(forge);
    *ret_length = items[0].length + items[1].length;
}

/* A file of `size` bytes whose content is a list of level TREE_MAX_LEVEL with one item that is said to cover `length`
 * bytes. */
static enum sealift_status
read_deep_file(struct forge *forge, uint64_t extra)
{
    struct extent child = {0};
    struct tree_list list = {.level = TREE_MAX_LEVEL, .items = &child, .count = 1};
    struct tree_entry entry = {.path = bytes_of_text("a"), .type = TREE_FILE};

    put_extents_frames(forge, TREE_MAX_LEVEL - 1, &child.length, &child.frame);
    child.length += extra;
    list.length = child.length;
    forge_begin(forge, TREE_FRAME_ENTRIES, 0);
    put_root(forge);
    cr_assert_eq(tree_entry_append(&entry, &list, (struct bytes){0}, &forge->frame, &err), SEALIFT_OK);
    forge_seal(forge);
    return read_all(forge);
}

Test(tree_reader, follows_lists_of_extents_to_the_deepest_level)
{
    SCOPED(forge_done) struct forge good = {0};
    SCOPED(forge_done) struct forge bad = {0};

    cr_assert_eq(read_deep_file(&good, 0), SEALIFT_OK, "%s", err.message);
    expect_corrupt(read_deep_file(&bad, 1), "covers 1 bytes less");
}

static void
put_good_tree(struct forge *forge)
{
    struct frame_ref data = frame_shelf_ref(3);
    struct extent extent = {.length = 7, .id = {1}};
    struct tree_list list = {.items = &extent, .count = 1, .length = 7};
    struct tree_entry entry = {.path = bytes_of_text("a"), .type = TREE_FILE, .inode = 5};

    data.segment.kind = SEGMENT_DATA;
    extent.frame = data;
    forge_begin(forge, TREE_FRAME_ENTRIES, 0);
    put_root(forge);
    cr_assert_eq(tree_entry_append(&entry, &list, (struct bytes){0}, &forge->frame, &err), SEALIFT_OK);
    forge_seal(forge);
}

Test(tree_reader, refuses_frames_that_are_cut_off_or_go_on)
{
    SCOPED(forge_done) struct forge forge = {0};
    SCOPED(forge_done) struct forge longer = {0};
    struct buf *frame;

    put_good_tree(&forge);
    frame = &forge.shelf.frames[0];
    cr_assert_eq(read_all(&forge), SEALIFT_OK, "%s", err.message);
    for (size_t len = frame->len; frame->len > 0;) {
        frame->len--;
        cr_assert_eq(read_all(&forge), SEALIFT_CORRUPT, "%zu bytes of %zu", frame->len, len);
    }
    put_good_tree(&longer);
    cr_assert_eq(buf_append_text(&longer.shelf.frames[0], "x", &err), SEALIFT_OK);
    expect_corrupt(read_all(&longer), "do not end where they should");
}

Test(tree_reader, refuses_a_frame_that_is_too_large)
{
    SCOPED(forge_done) struct forge forge = {0};
    SCOPED(buf_done) struct buf filler = {0};

    forge_begin(&forge, TREE_FRAME_ENTRIES, 0);
    put_root(&forge);
    forge_seal(&forge);
    cr_assert_eq(buf_reserve(&filler, FRAME_MAX_PLAIN, &err), SEALIFT_OK);
    filler.len = FRAME_MAX_PLAIN;
    cr_assert_eq(buf_append_bytes(&forge.shelf.frames[0], buf_bytes(&filler), &err), SEALIFT_OK);
    expect_corrupt(read_all(&forge), "more than a frame can have");
}

Test(tree_reader, refuses_a_malformed_index_or_path)
{
    SCOPED(forge_done) struct forge index = {0};
    SCOPED(forge_done) struct forge path = {0};
    char key[514];

    memset(key, 'k', sizeof(key));
    key[513] = '\0';
    forge_begin(&index, TREE_FRAME_INDEX, 1);
    put_number(&index, 0);
    put_bytes(&index, bytes_of_text(key));
    index.frame.item_count = 1;
    forge_seal(&index);
    expect_corrupt(read_all(&index), "a key that is too long");

    forge_begin(&path, TREE_FRAME_ENTRIES, 0);
    put_bytes(&path, FIELDS(1, 0, TREE_DIRECTORY)); /* shares a byte with a path that is not there */
    path.frame.item_count = 1;
    forge_seal(&path);
    expect_corrupt(read_all(&path), "a malformed path");
}

Test(tree_reader, refuses_frames_that_refer_to_what_cannot_be)
{
    const struct {
        struct bytes frame;
        const char *because;
    } cases[] = {
        {{(const uint8_t[]){1, 0, 0, 0, 0}, 5}, "ends too early"},                   /* no items */
        {{(const uint8_t[]){1, 0, 0xff, 0xff, 0x7f, 0, 1}, 7}, "ends too early"},    /* more segments than bytes */
        {{(const uint8_t[]){1, 0, 0, 0xff, 0x01, 1, 0}, 7}, "ends too early"},       /* more frames than bytes */
        {{(const uint8_t[]){1, 0, 0, 1, 0, 80, 30, 0, 1, 0}, 10}, "ends too early"}, /* a frame of no segment */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(forge_done) struct forge forge = {0};

        cr_assert_eq(frame_shelf_sink(&forge.shelf, cases[i].frame, &forge.root.frame, &err), SEALIFT_OK);
        expect_corrupt(read_all(&forge), cases[i].because);
    }
}

Test(tree_reader, checks_every_reference_against_the_bounds_of_segments)
{
    SCOPED(forge_done) struct forge forge = {0};
    struct buf *frame;

    put_good_tree(&forge);
    frame = &forge.shelf.frames[0];
    cr_assert(frame->data[2] == 1 && frame->data[3] == SEGMENT_DATA);
    frame->data[3] = 9;
    expect_corrupt(read_all(&forge), "it refers to a frame that cannot be");
}
