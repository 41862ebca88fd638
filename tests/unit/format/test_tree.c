/* Writer and reader together: whatever goes into a tree comes out of it. */
#include "frame_shelf.h"
#include "random_tree.h"
#include "tree_entry.h"
#include "tree_index.h"
#include "tree_reader.h"
#include "tree_writer.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

static struct sealift_error err;

static struct secret *
make_key(void)
{
    struct secret *key;

    cr_assert_eq(secret_new(FS_KEY_SIZE, &key, &err), SEALIFT_OK);
    key->bytes[0] = 1;
    return key;
}

/* A tree on its way into a shelf and out of it. */
struct trip {
    struct frame_shelf shelf;
    struct secret *key;
    struct tree_writer *writer;
    struct tree_root root;
    struct tree_reader *reader;
    uint64_t entries;
};

static void
trip_begin(struct trip *trip)
{
    *trip = (struct trip){.key = make_key()};
    cr_assert_eq(tree_writer_new(trip->key, frame_shelf_sink, &trip->shelf, &trip->writer, &err), SEALIFT_OK);
}

static void
trip_turn(struct trip *trip)
{
    cr_assert_eq(tree_writer_finish(trip->writer, &trip->root, &trip->entries, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(tree_reader_new(&trip->root, frame_shelf_fetch, &trip->shelf, &trip->reader, &err), SEALIFT_OK);
}

static void
trip_done(struct trip *trip)
{
    tree_writer_free(&trip->writer);
    tree_reader_free(&trip->reader);
    secret_free(&trip->key);
    frame_shelf_done(&trip->shelf);
}

static void
write_entry(void *context, const struct tree_entry *entry, const struct extent *extents, size_t extent_count)
{
    struct trip *trip = context;

    cr_assert_eq(tree_writer_begin(trip->writer, entry, &err), SEALIFT_OK, "%s", err.message);
    for (size_t i = 0; i < extent_count; i++)
        cr_assert_eq(tree_writer_extent(trip->writer, &extents[i], &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(tree_writer_end(trip->writer, &err), SEALIFT_OK, "%s", err.message);
}

static bool
extents_equal(const struct extent *a, const struct extent *b)
{
    if (a->hole || b->hole)
        return a->hole && b->hole && a->length == b->length;
    return a->length == b->length && a->offset == b->offset && memcmp(a->id, b->id, sizeof(a->id)) == 0 &&
           segment_id_equal(&a->frame.segment, &b->frame.segment) && a->frame.offset == b->frame.offset &&
           a->frame.size == b->frame.size && a->frame.number == b->frame.number;
}

typedef enum sealift_status read_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end,
                                        struct sealift_error *err);

static void
expect_extents(struct trip *trip, read_extent *read, const struct extent *extents, size_t count)
{
    struct extent found;
    bool end;

    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(read(trip->reader, &found, &end, &err), SEALIFT_OK, "%s", err.message);
        cr_assert_not(end, "only %zu extents of %zu", i, count);
        cr_assert(extents_equal(&found, &extents[i]), "extent %zu of %zu", i, count);
    }
    cr_assert_eq(read(trip->reader, &found, &end, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(end, "more extents than %zu", count);
}

static void
expect_entry(void *context, const struct tree_entry *entry, const struct extent *extents, size_t extent_count)
{
    struct trip *trip = context;
    struct tree_entry found;
    bool end;

    cr_assert_eq(tree_reader_next(trip->reader, &found, &end, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_not(end);
    cr_assert(bytes_equal(found.path, entry->path));
    cr_assert_eq(found.type, entry->type);
    cr_assert(found.mode == entry->mode && found.uid == entry->uid && found.gid == entry->gid);
    cr_assert(found.mtime_s == entry->mtime_s && found.mtime_ns == entry->mtime_ns);
    cr_assert(found.inode == entry->inode && found.links == entry->links);
    cr_assert(found.ctime_s == entry->ctime_s && found.ctime_ns == entry->ctime_ns);
    cr_assert(found.major == entry->major && found.minor == entry->minor);
    cr_assert(found.has_flags == entry->has_flags && found.flags == entry->flags);
    cr_assert(found.has_project == entry->has_project && found.project == entry->project);
    cr_assert(bytes_equal(found.target, entry->target));
    cr_assert(bytes_equal(found.xattrs, entry->xattrs));
    cr_assert_eq(found.size, entry->size);
    /* Sometimes nobody asks for the extents: the reader then passes over them. */
    if (entry->size % 7 != 1)
        expect_extents(trip, tree_reader_extent, extents, extent_count);
    expect_extents(trip, tree_reader_xattr_extent, entry->xattr_extents, entry->xattr_extent_count);
}

static void
expect_end(struct trip *trip)
{
    struct tree_entry found;
    bool end;

    for (int i = 0; i < 2; i++) {
        cr_assert_eq(tree_reader_next(trip->reader, &found, &end, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(end);
    }
}

static struct tree_entry
plain_entry(const char *path, enum tree_type type)
{
    return (struct tree_entry){.path = bytes_of_text(path), .type = type, .mode = 0755, .inode = 1};
}

Test(tree, gives_back_whatever_was_put_in)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        SCOPED(trip_done) struct trip trip;

        trip_begin(&trip);
        random_tree_make(seed, 3000, write_entry, &trip);
        trip_turn(&trip);
        random_tree_make(seed, 3000, expect_entry, &trip);
        expect_end(&trip);
        cr_assert_gt(trip.entries, 1000);
    }
}

Test(tree, may_be_nothing_but_its_root)
{
    SCOPED(trip_done) struct trip trip;
    struct tree_entry root = plain_entry("", TREE_DIRECTORY);

    trip_begin(&trip);
    write_entry(&trip, &root, NULL, 0);
    trip_turn(&trip);
    cr_assert(trip.entries == 1 && trip.shelf.count == 1 && trip.root.level == 0);
    expect_entry(&trip, &root, NULL, 0);
    expect_end(&trip);
}

/* A flat directory of 100,000 files, each of one extent: visited twice, to write and to compare. */
static void
visit_flat_directory(struct trip *trip, const char *skipped,
                     void (*visit)(void *context, const struct tree_entry *entry, const struct extent *extents,
                                   size_t extent_count))
{
    struct tree_entry entry = plain_entry("", TREE_DIRECTORY);

    visit(trip, &entry, NULL, 0);
    for (unsigned i = 0; i < 100000; i++) {
        struct extent extent = {.length = 100 + i % 9, .offset = i % 1000 * 100, .id = {(uint8_t)i, (uint8_t)(i >> 8)}};
        char name[32];

        snprintf(name, sizeof(name), "file-%06u.txt", i);
        if (skipped != NULL && strcmp(name, skipped) == 0)
            continue;
        extent.frame = (struct frame_ref){.segment = {.kind = SEGMENT_DATA, .number = i / 100000},
                                          .offset = SEGMENT_HEADER_SIZE + i / 1000 * 100000,
                                          .size = 100000,
                                          .number = i / 1000};
        entry = plain_entry(name, TREE_FILE);
        entry.inode = 1000 + i;
        entry.mtime_s = 1700000000 + i;
        entry.size = extent.length;
        visit(trip, &entry, &extent, 1);
    }
}

Test(tree, holds_a_huge_directory_in_frames_of_the_right_size)
{
    SCOPED(trip_done) struct trip trip;
    size_t bytes = 0;

    trip_begin(&trip);
    visit_flat_directory(&trip, NULL, write_entry);
    trip_turn(&trip);
    visit_flat_directory(&trip, NULL, expect_entry);
    expect_end(&trip);
    cr_assert_eq(trip.root.level, 1);
    for (size_t i = 0; i < trip.shelf.count; i++)
        bytes += trip.shelf.frames[i].len;
    cr_assert(bytes / trip.shelf.count > 50000 && bytes / trip.shelf.count < 120000, "%zu bytes in %zu frames", bytes,
              trip.shelf.count);
}

static size_t
count_frames_in_both(const struct frame_shelf *a, const struct frame_shelf *b)
{
    size_t count = 0;

    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            count += bytes_equal(buf_bytes(&a->frames[i]), buf_bytes(&b->frames[j]));
    return count;
}

Test(tree, of_a_changed_directory_shares_its_frames_with_the_one_before)
{
    SCOPED(trip_done) struct trip one;
    SCOPED(trip_done) struct trip other;
    size_t shared;

    trip_begin(&one);
    visit_flat_directory(&one, NULL, write_entry);
    trip_turn(&one);
    trip_begin(&other);
    visit_flat_directory(&other, "file-050000.txt", write_entry);
    trip_turn(&other);
    shared = count_frames_in_both(&one.shelf, &other.shelf);
    cr_assert_geq(shared + 6, one.shelf.count, "%zu of %zu frames", shared, one.shelf.count);
    cr_assert_lt(shared, one.shelf.count);
}

Test(tree, reads_with_one_fetch_a_frame)
{
    SCOPED(trip_done) struct trip trip;

    trip_begin(&trip);
    visit_flat_directory(&trip, NULL, write_entry);
    trip_turn(&trip);
    visit_flat_directory(&trip, NULL, expect_entry);
    cr_assert_eq(trip.shelf.fetches, trip.shelf.count);
}

static void
visit_deep_directories(struct trip *trip, void (*visit)(void *context, const struct tree_entry *entry,
                                                        const struct extent *extents, size_t extent_count))
{
    SCOPED(buf_done) struct buf path = {0};
    char name[256];

    memset(name, 'd', sizeof(name) - 1);
    name[255] = '\0';
    for (unsigned depth = 0; depth <= 1000; depth++) {
        struct tree_entry entry = {.path = buf_bytes(&path), .type = TREE_DIRECTORY, .inode = depth + 1};

        visit(trip, &entry, NULL, 0);
        cr_assert_eq(buf_printf(&path, depth == 0 ? "%s" : "/%s", &err, name), SEALIFT_OK);
    }
}

Test(tree, goes_a_thousand_directories_deep)
{
    SCOPED(trip_done) struct trip trip;

    trip_begin(&trip);
    visit_deep_directories(&trip, write_entry);
    trip_turn(&trip);
    cr_assert_eq(trip.entries, 1001);
    visit_deep_directories(&trip, expect_entry);
    expect_end(&trip);
}

/* Extents whose frames are all different; the chunk's name stays the same, so lists are cut at the floor, or never. */
static struct extent
numbered_extent(size_t i, const uint8_t id[CHUNK_ID_SIZE])
{
    struct extent extent = {.length = 1 + i % 5};

    memcpy(extent.id, id, CHUNK_ID_SIZE);
    extent.frame = (struct frame_ref){.segment = {.kind = SEGMENT_DATA, .number = (uint32_t)(i / 64)},
                                      .offset = SEGMENT_HEADER_SIZE + (uint32_t)(i % 64) * 1000,
                                      .size = 1000,
                                      .number = (uint32_t)(i % 64)};
    return extent;
}

/* A chunk's name behind which a list of extents is cut as soon as it may be, or not before it must. */
static void
find_id(const struct secret *key, bool want_cut, uint8_t id[CHUNK_ID_SIZE])
{
    SCOPED(tree_cutter_free) struct tree_cutter *cutter = NULL;
    bool cut = !want_cut;

    cr_assert_eq(tree_cutter_new(key, &cutter, &err), SEALIFT_OK);
    memset(id, 0, CHUNK_ID_SIZE);
    for (uint32_t i = 0; cut != want_cut; i++) {
        memcpy(id, &i, sizeof(i));
        cr_assert_eq(
            tree_cutter_cuts_list(cutter, 0, TREE_CUT_LIST_FLOOR + 1, (struct bytes){id, CHUNK_ID_SIZE}, &cut, &err),
            SEALIFT_OK);
    }
}

static void
expect_large_file(size_t extent_count, bool want_cut, unsigned want_level)
{
    SCOPED(trip_done) struct trip trip;
    struct tree_entry root = plain_entry("", TREE_DIRECTORY), file = plain_entry("large", TREE_FILE), found;
    uint8_t id[CHUNK_ID_SIZE];
    unsigned levels = 0;
    bool end;

    trip_begin(&trip);
    find_id(trip.key, want_cut, id);
    write_entry(&trip, &root, NULL, 0);
    cr_assert_eq(tree_writer_begin(trip.writer, &file, &err), SEALIFT_OK);
    for (size_t i = 0; i < extent_count; i++) {
        struct extent extent = numbered_extent(i, id);

        cr_assert_eq(tree_writer_extent(trip.writer, &extent, &err), SEALIFT_OK, "%s", err.message);
        file.size += extent.length;
    }
    cr_assert_eq(tree_writer_end(trip.writer, &err), SEALIFT_OK, "%s", err.message);
    trip_turn(&trip);

    expect_entry(&trip, &root, NULL, 0);
    cr_assert_eq(tree_reader_next(trip.reader, &found, &end, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.size, file.size);
    for (size_t i = 0; i < extent_count; i++) {
        struct extent extent = numbered_extent(i, id), read;

        cr_assert_eq(tree_reader_extent(trip.reader, &read, &end, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(!end && extents_equal(&extent, &read), "extent %zu", i);
    }
    expect_extents(&trip, tree_reader_extent, NULL, 0);
    expect_end(&trip);
    for (size_t i = 0; i < trip.shelf.count; i++)
        if (trip.shelf.frames[i].data[0] == TREE_FRAME_EXTENTS && trip.shelf.frames[i].data[1] + 1u > levels)
            levels = trip.shelf.frames[i].data[1] + 1u;
    cr_assert_eq(levels, want_level);
}

Test(tree, holds_files_of_many_pieces_in_the_entry)
{
    expect_large_file(TREE_INLINE_MAX, true, 0);
    expect_large_file(TREE_INLINE_MAX, false, 0);
}

Test(tree, holds_files_of_more_pieces_in_extents_frames)
{
    expect_large_file(TREE_INLINE_MAX + 1, true, 1);
    expect_large_file(TREE_INLINE_MAX + 1, false, 1);
    expect_large_file(TREE_CUT_LIST_MAX, false, 1);
    expect_large_file(TREE_CUT_LIST_MAX * 3 + 7, false, 1);
}

Test(tree, holds_files_of_very_many_pieces_in_frames_of_frames)
{
    expect_large_file((TREE_INLINE_MAX + 1) * (TREE_CUT_LIST_FLOOR + 1), true, 2);
}

Test(tree, holds_the_largest_entries_in_one_frame)
{
    SCOPED(trip_done) struct trip trip;
    SCOPED(buf_done) struct buf path = {0};
    SCOPED(buf_done) struct buf xattrs = {0};
    SCOPED(free_done) struct extent *extents = calloc(TREE_INLINE_MAX, sizeof(*extents));
    struct tree_entry root = plain_entry("", TREE_DIRECTORY), entry = {0};
    struct tree_frame_builder frame = {0};
    struct tree_list content = {.items = extents, .count = TREE_INLINE_MAX};

    while (path.len + 256 <= TREE_PATH_MAX)
        cr_assert_eq(buf_printf(&path, path.len == 0 ? "%0255d" : "/%0255d", &err, 1), SEALIFT_OK);
    cr_assert_eq(buf_reserve(&xattrs, TREE_XATTRS_MAX, &err), SEALIFT_OK);
    memset(xattrs.data, 0, TREE_XATTRS_MAX);
    xattrs.len = TREE_XATTRS_MAX;
    for (size_t i = 0; i < TREE_INLINE_MAX; i++) {
        extents[i] = (struct extent){.length = 65536, .offset = FRAME_MAX_PLAIN - 65536};
        extents[i].frame =
            (struct frame_ref){.segment = {.kind = SEGMENT_DATA, .number = NAME_NUMBER_MAX - (uint32_t)i},
                               .offset = SEGMENT_MAX_SIZE - FRAME_MAX_SIZE,
                               .size = FRAME_MAX_SIZE,
                               .number = 3000000};
    }
    entry = (struct tree_entry){.path = buf_bytes(&path),
                                .type = TREE_FILE,
                                .inode = UINT64_MAX,
                                .links = UINT64_MAX,
                                .ctime_s = INT64_MIN,
                                .mtime_s = INT64_MIN,
                                .uid = UINT32_MAX,
                                .gid = UINT32_MAX,
                                .xattrs = buf_bytes(&xattrs),
                                .has_flags = true,
                                .flags = UINT32_MAX,
                                .has_project = true,
                                .project = UINT32_MAX};
    trip_begin(&trip);
    write_entry(&trip, &root, NULL, 0);
    cr_assert_eq(tree_frame_builder_begin(&frame, TREE_FRAME_ENTRIES, 0, &err), SEALIFT_OK);
    cr_assert_eq(tree_entry_append(&entry, &content, (struct bytes){0}, &frame, &err), SEALIFT_OK);
    cr_assert_leq(tree_frame_size(&frame), tree_entry_bound(&entry, &content));
    cr_assert_lt(tree_entry_bound(&entry, &content), FRAME_MAX_PLAIN);
    tree_frame_builder_done(&frame);
}

Test(tree, begins_a_frame_before_an_entry_that_might_not_fit)
{
    SCOPED(trip_done) struct trip trip;
    SCOPED(buf_done) struct buf path = {0};
    SCOPED(buf_done) struct buf target = {0};
    struct tree_entry entry = plain_entry("", TREE_DIRECTORY);
    size_t before;

    trip_begin(&trip);
    write_entry(&trip, &entry, NULL, 0);
    entry = plain_entry("a", TREE_FILE);
    write_entry(&trip, &entry, NULL, 0);
    while (path.len + 256 <= TREE_PATH_MAX) {
        cr_assert_eq(buf_printf(&target, target.len == 0 ? "%0255d" : "/%0255d", &err, 1), SEALIFT_OK);
        cr_assert_eq(buf_printf(&path, path.len == 0 ? "%0255d" : "/%0255d", &err, 2), SEALIFT_OK);
    }
    path.data[0] = target.data[0] = 'b';
    entry = (struct tree_entry){.path = buf_bytes(&path), .type = TREE_HARD_LINK, .target = buf_bytes(&target)};
    before = trip.shelf.count;
    write_entry(&trip, &entry, NULL, 0);
    cr_assert_eq(trip.shelf.count, before + 2, "one frame of what came before, one for it alone");
}

Test(tree, drops_an_entry_that_is_abandoned)
{
    SCOPED(trip_done) struct trip trip;
    struct tree_entry root = plain_entry("", TREE_DIRECTORY), gone = plain_entry("a", TREE_FILE),
                      file = plain_entry("a", TREE_FILE);
    struct extent hole = {.hole = true, .length = 5};

    trip_begin(&trip);
    write_entry(&trip, &root, NULL, 0);
    cr_assert_eq(tree_writer_begin(trip.writer, &gone, &err), SEALIFT_OK);
    cr_assert_eq(tree_writer_extent(trip.writer, &hole, &err), SEALIFT_OK);
    tree_writer_abandon(trip.writer);
    write_entry(&trip, &file, NULL, 0);
    trip_turn(&trip);
    cr_assert_eq(trip.entries, 2);
    expect_entry(&trip, &root, NULL, 0);
    expect_entry(&trip, &file, NULL, 0);
    expect_end(&trip);
}

Test(tree, refuses_what_no_reader_would_take)
{
    SCOPED(trip_done) struct trip trip;
    SCOPED(free_done) uint8_t *large = calloc(1, TREE_XATTRS_MAX + 1);
    struct tree_entry root = plain_entry("", TREE_DIRECTORY), entry;

    trip_begin(&trip);
    entry = plain_entry("not the root", TREE_FILE);
    cr_assert_eq(tree_writer_begin(trip.writer, &entry, &err), SEALIFT_INTERNAL);
    write_entry(&trip, &root, NULL, 0);
    cr_assert_eq(tree_writer_begin(trip.writer, &root, &err), SEALIFT_INTERNAL, "twice");
    entry = plain_entry("b", TREE_FILE);
    write_entry(&trip, &entry, NULL, 0);
    entry = plain_entry("a", TREE_FILE);
    cr_assert_eq(tree_writer_begin(trip.writer, &entry, &err), SEALIFT_INTERNAL, "out of order");
    entry = plain_entry("c/..", TREE_FILE);
    cr_assert_eq(tree_writer_begin(trip.writer, &entry, &err), SEALIFT_INVALID);
    entry = plain_entry("c", TREE_SYMLINK);
    cr_assert_eq(tree_writer_begin(trip.writer, &entry, &err), SEALIFT_INVALID, "no target");
    entry = plain_entry("c", TREE_FILE);
    entry.xattrs = (struct bytes){large, TREE_XATTRS_MAX + 1};
    cr_assert_eq(tree_writer_begin(trip.writer, &entry, &err), SEALIFT_INVALID);
}
