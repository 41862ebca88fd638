/* Trees that no writer of ours makes: by somebody who holds the key and means harm, or by a later sealift. */
#include "tree_reader.h"

#include "frame_shelf.h"
#include "tree_entry.h"
#include "tree_index.h"
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

static void
forge_begin(struct forge *forge, enum tree_frame_kind kind, unsigned level)
{
    cr_assert_eq(tree_frame_builder_begin(&forge->frame, kind, level, &err), SEALIFT_OK);
}

static void
forge_done(struct forge *forge)
{
    frame_shelf_done(&forge->shelf);
    tree_frame_builder_done(&forge->frame);
}

static struct frame_ref
forge_seal(struct forge *forge)
{
    SCOPED(buf_done) struct buf plain = {0};

    cr_assert_eq(tree_frame_encode(&forge->frame, &plain, &err), SEALIFT_OK);
    forge->root.level = forge->frame.kind == TREE_FRAME_INDEX ? forge->frame.level : 0;
    cr_assert_eq(frame_shelf_sink(&forge->shelf, buf_bytes(&plain), &forge->root.frame, &err), SEALIFT_OK);
    return forge->root.frame;
}

static void
put_number(struct forge *forge, uint64_t number)
{
    cr_assert_eq(varint_append(&forge->frame.items, number, &err), SEALIFT_OK);
}

static void
put_bytes(struct forge *forge, struct bytes bytes)
{
    put_number(forge, bytes.len);
    cr_assert_eq(buf_append_bytes(&forge->frame.items, bytes, &err), SEALIFT_OK);
}

/* An entry from its bytes: path, type, and fields as they will stand. */
static void
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

static void
put_root(struct forge *forge)
{
    put_raw(forge, (struct bytes){0}, TREE_DIRECTORY, FIELDS(ATTRIBUTES));
}

static void
put_entry(struct forge *forge, const char *path, enum tree_type type, const char *target)
{
    struct tree_entry entry = {.path = bytes_of_text(path), .type = type, .target = bytes_of_text(target)};
    struct tree_list nothing = {0};

    cr_assert_eq(tree_entry_append(&entry, &nothing, (struct bytes){0}, &forge->frame, &err), SEALIFT_OK);
}

/* Reads all entries and all their extents. */
static enum sealift_status
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

#define expect_corrupt(call, because)                                                                                  \
    do {                                                                                                               \
        cr_assert_eq((call), SEALIFT_CORRUPT);                                                                         \
        cr_assert_not_null(strstr(err.message, because), "%s", err.message);                                           \
    } while (0)

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

Test(tree_reader, refuses_an_index_that_lies)
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
Test(tree_reader, refuses_what_is_in_no_directory_wherever_it_is_sent)
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

Test(tree_reader, is_not_led_astray_by_an_index_that_lies)
{
    bool found = false;

    expect_corrupt(seek_index("d/l", "d/m", &found), "what its index says");
    expect_corrupt(seek_index("d/n", "d/m", &found), "what its index says");
    expect_corrupt(seek_index("z", "d/m", &found), "what its index says");
    expect_corrupt(seek_index("", "d/m", &found), "what its index says");
}

/* Each frame leads to itself, as far as levels allow. */
Test(tree_reader, seeks_in_no_circles)
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

Test(tree_reader, refuses_an_index_whose_keys_are_out_of_order)
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

Test(tree_reader, refuses_frames_in_each_others_places)
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

Test(tree_reader, does_not_take_a_failure_for_the_end)
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
