/* Wherever a reader is sent, it goes on as one does that reads from the beginning. */
#include "frame_shelf.h"
#include "random_tree.h"
#include "tree_reader.h"
#include "tree_writer.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct sealift_error err;

/* What there is to find, as it was written. */
struct found {
    size_t begin, len; /* its path, in `paths` */
    enum tree_type type;
    uint64_t size;
};

struct forest {
    struct frame_shelf shelf;
    struct secret *key;
    struct tree_writer *writer;
    struct tree_root root;
    struct tree_reader *reader;
    struct buf paths;
    struct found *all;
    size_t count, capacity;
};

static void
forest_done(struct forest *forest)
{
    tree_writer_free(&forest->writer);
    tree_reader_free(&forest->reader);
    secret_free(&forest->key);
    frame_shelf_done(&forest->shelf);
    buf_done(&forest->paths);
    free(forest->all);
}

static void
forest_begin(struct forest *forest)
{
    cr_assert_eq(secret_new(FS_KEY_SIZE, &forest->key, &err), SEALIFT_OK);
    cr_assert_eq(tree_writer_new(forest->key, frame_shelf_sink, &forest->shelf, &forest->writer, &err), SEALIFT_OK);
}

static void
plant(void *context, const struct tree_entry *entry, const struct extent *extents, size_t extent_count)
{
    struct forest *forest = context;

    if (forest->count == forest->capacity) {
        forest->capacity = 2 * forest->capacity + 64;
        forest->all = reallocarray(forest->all, forest->capacity, sizeof(*forest->all));
    }
    forest->all[forest->count++] = (struct found){forest->paths.len, entry->path.len, entry->type, entry->size};
    cr_assert_eq(buf_append_bytes(&forest->paths, entry->path, &err), SEALIFT_OK);
    cr_assert_eq(tree_writer_begin(forest->writer, entry, &err), SEALIFT_OK, "%s", err.message);
    for (size_t i = 0; i < extent_count; i++)
        cr_assert_eq(tree_writer_extent(forest->writer, &extents[i], &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(tree_writer_end(forest->writer, &err), SEALIFT_OK, "%s", err.message);
}

static void
open_reader(struct forest *forest)
{
    tree_reader_free(&forest->reader);
    cr_assert_eq(tree_reader_new(&forest->root, frame_shelf_fetch, &forest->shelf, &forest->reader, &err), SEALIFT_OK);
}

static void
forest_end(struct forest *forest)
{
    uint64_t entries;

    cr_assert_eq(tree_writer_finish(forest->writer, &forest->root, &entries, &err), SEALIFT_OK);
    open_reader(forest);
}

static struct bytes
path_of(const struct forest *forest, size_t index)
{
    return (struct bytes){forest->paths.data + forest->all[index].begin, forest->all[index].len};
}

/* The first entry that is not less, without any index. */
static size_t
first_from(const struct forest *forest, struct bytes path)
{
    size_t low = 0, high = forest->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (tree_path_compare(path_of(forest, middle), path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
expect_from(struct forest *forest, struct bytes path, size_t count)
{
    size_t at = first_from(forest, path);

    cr_assert_eq(tree_reader_seek(forest->reader, path, &err), SEALIFT_OK, "%s", err.message);
    for (; count > 0; count--, at++) {
        struct tree_entry entry;
        bool end;

        cr_assert_eq(tree_reader_next(forest->reader, &entry, &end, &err), SEALIFT_OK, "%s", err.message);
        cr_assert_eq(end, at >= forest->count);
        if (end)
            return;
        cr_assert(bytes_equal(entry.path, path_of(forest, at)), "%.*s instead of %.*s", (int)entry.path.len,
                  entry.path.data, (int)path_of(forest, at).len, path_of(forest, at).data);
        cr_assert(entry.type == forest->all[at].type && entry.size == forest->all[at].size);
    }
}

/* A path of the tree; its beginning, however it ends; it with a name behind it, or what comes after all such. */
static void
draw_path(struct forest *forest, struct seeded_world *seeded, struct buf *out)
{
    struct bytes path = path_of(forest, seeded_world_draw(seeded) % forest->count);

    buf_clear(out);
    switch (path.len > 0 ? seeded_world_draw(seeded) % 4 : 0) {
    case 0:
        cr_assert_eq(buf_append_bytes(out, path, &err), SEALIFT_OK);
        break;
    case 1:
        cr_assert_eq(buf_append(out, path.data, 1 + seeded_world_draw(seeded) % path.len, &err), SEALIFT_OK);
        if (out->data[out->len - 1] == '/')
            out->len--;
        break;
    case 2:
        cr_assert_eq(buf_append_bytes(out, path, &err), SEALIFT_OK);
        cr_assert_eq(buf_append_text(out, "/c", &err), SEALIFT_OK);
        break;
    default:
        cr_assert_eq(tree_path_append_behind(path, out, &err), SEALIFT_OK);
    }
}

Test(tree_seek, finds_what_a_reading_from_the_beginning_finds)
{
    static const size_t sizes[] = {1, 30, 400, 3000};

    for (size_t size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
        SCOPED(forest_done) struct forest forest = {0};
        SCOPED(buf_done) struct buf path = {0};
        struct seeded_world seeded;

        seeded_world_init(&seeded, size + 100);
        forest_begin(&forest);
        random_tree_make(size + 1, sizes[size], plant, &forest);
        forest_end(&forest);
        for (size_t i = 0; i < 30; i++) {
            draw_path(&forest, &seeded, &path);
            if (i % 100 == 0)
                open_reader(&forest);
            expect_from(&forest, buf_bytes(&path), 1 + seeded_world_draw(&seeded) % (i % 50 == 0 ? 2000 : 4));
        }
    }
}

Test(tree_seek, finds_every_path)
{
    SCOPED(forest_done) struct forest forest = {0};

    forest_begin(&forest);
    random_tree_make(7, 50, plant, &forest);
    forest_end(&forest);
    for (size_t i = 0; i < forest.count; i++)
        expect_from(&forest, path_of(&forest, i), 1);
    for (size_t i = forest.count; i-- > 0;)
        expect_from(&forest, path_of(&forest, i), 1);
}

/* A root, and directories of files; every name is as long as `len`, so that there are many frames and long keys. */
static void
plant_folders(struct forest *forest, unsigned folders, unsigned files, int len)
{
    struct tree_entry folder = {.type = TREE_DIRECTORY}, file = {.type = TREE_FILE};
    char path[1024];

    plant(forest, &folder, NULL, 0);
    for (unsigned i = 0; i < folders; i++) {
        snprintf(path, sizeof(path), "%0*u", len, i);
        folder.path = bytes_of_text(path);
        plant(forest, &folder, NULL, 0);
        for (unsigned j = 0; j < files; j++) {
            snprintf(path, sizeof(path), "%0*u/%0*u", len, i, len, j);
            file.path = bytes_of_text(path);
            plant(forest, &file, NULL, 0);
        }
    }
}

/* Paths that are equal as far as the index knows them. */
Test(tree_seek, tells_paths_apart_that_the_index_does_not)
{
    SCOPED(forest_done) struct forest forest = {0};
    struct tree_entry folder = {.type = TREE_DIRECTORY}, file = {.type = TREE_FILE};
    char path[1024];

    forest_begin(&forest);
    plant(&forest, &folder, NULL, 0);
    memset(path, 'd', sizeof(path));
    for (size_t len = 200; len <= 600; len += 200) {
        path[len] = '\0';
        folder.path = bytes_of_text(path);
        plant(&forest, &folder, NULL, 0);
        path[len] = '/';
    }
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(path + 601, sizeof(path) - 601, "%08u", i);
        file.path = bytes_of_text(path);
        plant(&forest, &file, NULL, 0);
    }
    forest_end(&forest);
    cr_assert_gt(forest.shelf.count, 4);
    for (size_t i = 0; i < forest.count; i += 501)
        expect_from(&forest, path_of(&forest, i), 3);
}

/* The path is found by one frame a level, and one more where it begins a frame; so is the directory above it. */
Test(tree_seek, fetches_a_frame_a_level)
{
    SCOPED(forest_done) struct forest forest = {0};

    forest_begin(&forest);
    plant_folders(&forest, 250, 300, 8);
    forest_end(&forest);
    cr_assert_gt(forest.shelf.count, 10);
    for (size_t i = 1; i < forest.count; i += 997) {
        open_reader(&forest);
        forest.shelf.fetches = 0;
        expect_from(&forest, path_of(&forest, i), 1);
        cr_assert_leq(forest.shelf.fetches, 2 * (forest.root.level + 2), "%zu fetches", forest.shelf.fetches);
    }
}

Test(tree_seek, passes_over_folders_without_reading_them)
{
    SCOPED(forest_done) struct forest forest = {0};
    SCOPED(buf_done) struct buf behind = {0};
    struct tree_entry entry;
    unsigned folders = 0;
    bool end;

    forest_begin(&forest);
    plant_folders(&forest, 5, 10000, 24);
    forest_end(&forest);
    expect_from(&forest, (struct bytes){0}, 1);
    for (;;) {
        cr_assert_eq(tree_reader_next(forest.reader, &entry, &end, &err), SEALIFT_OK, "%s", err.message);
        if (end)
            break;
        cr_assert_eq(entry.path.len, 24);
        folders++;
        buf_clear(&behind);
        cr_assert_eq(tree_path_append_behind(entry.path, &behind, &err), SEALIFT_OK);
        cr_assert_eq(tree_reader_seek(forest.reader, buf_bytes(&behind), &err), SEALIFT_OK, "%s", err.message);
    }
    cr_assert_eq(folders, 5);
    cr_assert_gt(forest.shelf.count, 14);
    cr_assert_lt(forest.shelf.fetches, 14, "%zu fetches", forest.shelf.fetches);
}

/* Neighbours in one frame are reached without going through the index again. */
Test(tree_seek, does_not_fetch_again_what_it_holds)
{
    SCOPED(forest_done) struct forest forest = {0};
    size_t fetches;

    forest_begin(&forest);
    plant_folders(&forest, 30, 300, 8);
    forest_end(&forest);
    cr_assert_gt(forest.shelf.count, 3);
    expect_from(&forest, path_of(&forest, 40), 1);
    fetches = forest.shelf.fetches;
    for (size_t i = 1; i < 40; i++) {
        expect_from(&forest, path_of(&forest, 40 - i), 1);
        expect_from(&forest, path_of(&forest, 40 + i), 1);
    }
    cr_assert_eq(forest.shelf.fetches, fetches);
}

Test(tree_seek, goes_on_behind_the_end)
{
    SCOPED(forest_done) struct forest forest = {0};

    forest_begin(&forest);
    plant_folders(&forest, 40, 100, 8);
    forest_end(&forest);
    for (unsigned i = 0; i < 3; i++) {
        expect_from(&forest, bytes_of_text("z"), 1);
        expect_from(&forest, bytes_of_text("zz/z"), 2);
        expect_from(&forest, path_of(&forest, forest.count - 1), 2);
        expect_from(&forest, (struct bytes){0}, 2);
    }
}
