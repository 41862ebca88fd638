#include "branch_reader.h"

#include "fixture_grown.h"
#include "manifest_fetch.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sealift_error err;

/* A reader of some branches. */
struct wanted {
    struct branches *branches;
    struct branch_reader *reader;
};

static void
wanted_done(struct wanted *wanted)
{
    branch_reader_free(&wanted->reader);
    branches_free(&wanted->branches);
}

#define MOST_PATHS 8

static void
want_of(struct wanted *wanted, struct fixture *fixture, struct store *store, const struct manifest *manifest,
        const char *const *texts)
{
    struct branch_request request = {.manifest = manifest, .fs_key = fixture->fs_key, .memory = 65536};
    struct bytes paths[MOST_PATHS];
    size_t count = 0;

    for (; texts[count] != NULL; count++)
        paths[count] = bytes_of_text(texts[count]);
    cr_assert_eq(branches_new(paths, count, &wanted->branches, &err), SEALIFT_OK);
    request.branches = wanted->branches;
    cr_assert_eq(branch_reader_new(&fixture->world, store, &request, &wanted->reader, &err), SEALIFT_OK);
}

#define WANT(wanted, grown, ...)                                                                                       \
    want_of(wanted, &(grown)->base, (grown)->store, &(grown)->manifest, (const char *const[]){__VA_ARGS__, NULL})

/* "path" a line; of a hard link with what it leads to. */
static void
read_all(struct wanted *wanted, struct buf *out)
{
    for (;;) {
        struct tree_entry entry;
        bool end;

        cr_assert_eq(branch_reader_next(wanted->reader, &entry, &end, &err), SEALIFT_OK, "%s", err.message);
        if (end)
            return;
        cr_assert_eq(branch_reader_resolve(wanted->reader, &entry, &err), SEALIFT_OK, "%s", err.message);
        cr_assert_eq(buf_append_bytes(out, entry.path, &err), SEALIFT_OK);
        if (entry.type == TREE_HARD_LINK) {
            cr_assert_eq(buf_append_text(out, " = ", &err), SEALIFT_OK);
            cr_assert_eq(buf_append_bytes(out, entry.target, &err), SEALIFT_OK);
        }
        cr_assert_eq(buf_append_text(out, "\n", &err), SEALIFT_OK);
    }
}

static void
expect(struct wanted *wanted, const char *entries)
{
    SCOPED(buf_done) struct buf out = {0};
    const char *found;

    read_all(wanted, &out);
    cr_assert_eq(buf_text(&out, &found, &err), SEALIFT_OK);
    cr_assert_str_eq(found, entries);
}

Test(branch_reader, gives_branches_and_what_is_above_them)
{
    SCOPED(wanted_done) struct wanted wanted = {0};
    struct grown grown;

    grown_init(&grown, 4, 3);
    WANT(&wanted, &grown, "folder-00003", "folder-00001/file-00002", "folder-00001/file-00000");
    cr_assert_eq(branch_reader_check(wanted.reader, &err), SEALIFT_OK, "%s", err.message);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(branch_reader_rewind(wanted.reader, &err), SEALIFT_OK);
        expect(&wanted, "folder-00001\nfolder-00001/file-00000\nfolder-00001/file-00002\nfolder-00003\n"
                        "folder-00003/file-00000\nfolder-00003/file-00001\nfolder-00003/file-00002\n");
    }
    wanted_done(&wanted);
    grown_done(&grown);
}

Test(branch_reader, names_what_is_not_there)
{
    SCOPED(wanted_done) struct wanted wanted = {0};
    struct grown grown;

    grown_init(&grown, 2, 2);
    WANT(&wanted, &grown, "folder-00001", "folder-00000/file-00001/below");
    cr_assert_eq(branch_reader_check(wanted.reader, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "folder-00000/file-00001/below: is not in this snapshot"));
    wanted_done(&wanted);
    grown_done(&grown);
}

/* --- hard links --- */

struct uploaded {
    struct fixture base;
    struct manifest manifest;
};

static void
link_file(struct fixture *fixture, const char *first, const char *name)
{
    cr_assert_eq(link(fixture_path(fixture, first), fixture_path(fixture, name)), 0);
}

static void
upload_links(struct uploaded *uploaded)
{
    struct upload_outcome outcome;
    struct locator locator;

    *uploaded = (struct uploaded){0};
    fixture_init(&uploaded->base);
    fixture_make_folder(&uploaded->base, "tree");
    fixture_make_folder(&uploaded->base, "tree/a");
    fixture_make_folder(&uploaded->base, "tree/b");
    fixture_write_text(&uploaded->base, "tree/a/first", "one inode");
    link_file(&uploaded->base, "tree/a/first", "tree/b/x");
    link_file(&uploaded->base, "tree/a/first", "tree/b/y");
    link_file(&uploaded->base, "tree/a/first", "tree/z");
    cr_assert_eq(fixture_upload(&uploaded->base, uploaded->base.store, "tree", &locator, &outcome, &err), SEALIFT_OK);
    cr_assert_eq(manifest_fetch(uploaded->base.store, &locator, &uploaded->manifest, &err), SEALIFT_OK);
}

static void
uploaded_done(struct uploaded *uploaded)
{
    manifest_done(&uploaded->manifest);
    fixture_done(&uploaded->base);
}

static void
expect_of(struct uploaded *uploaded, const char *const *paths, const char *entries)
{
    SCOPED(wanted_done) struct wanted wanted = {0};

    want_of(&wanted, &uploaded->base, uploaded->base.store, &uploaded->manifest, paths);
    expect(&wanted, entries);
}

Test(branch_reader, makes_a_file_of_a_link_to_what_is_not_wanted)
{
    struct uploaded uploaded;

    upload_links(&uploaded);
    expect_of(&uploaded, (const char *const[]){"a", "z", NULL}, "a\na/first\nz = a/first\n");
    expect_of(&uploaded, (const char *const[]){"b", "z", NULL}, "b\nb/x\nb/y = b/x\nz = b/x\n");
    expect_of(&uploaded, (const char *const[]){"z", NULL}, "z\n");
    uploaded_done(&uploaded);
}

/* --- trees of somebody who means harm --- */

static const struct tree_entry hostile[] = {
    {.path = {NULL, 0}, .type = TREE_DIRECTORY, .mode = 0755},
    {.path = {(const uint8_t *)"d", 1}, .type = TREE_DIRECTORY, .mode = 0755},
    {.path = {(const uint8_t *)"d/s", 3}, .type = TREE_SYMLINK, .target = {(const uint8_t *)"..", 2}},
    {.path = {(const uint8_t *)"d/s/x", 5}, .type = TREE_FILE, .mode = 0644},
    {.path = {(const uint8_t *)"h1", 2}, .type = TREE_HARD_LINK, .target = {(const uint8_t *)"d", 1}},
    {.path = {(const uint8_t *)"h2", 2}, .type = TREE_HARD_LINK, .target = {(const uint8_t *)"h1", 2}},
    {.path = {(const uint8_t *)"h3", 2}, .type = TREE_HARD_LINK, .target = {(const uint8_t *)"gone", 4}},
    {.path = {(const uint8_t *)"s", 1}, .type = TREE_SYMLINK, .target = {(const uint8_t *)"/etc", 4}},
    {.path = {(const uint8_t *)"s/x", 3}, .type = TREE_FILE, .mode = 0644},
};

/* Checks and reads everything. */
static enum sealift_status
read_hostile(const char *path)
{
    SCOPED(wanted_done) struct wanted wanted = {0};
    SCOPED(grown_done) struct grown grown;
    struct tree_entry entry;
    bool end = false;

    grown_init_of(&grown, hostile, sizeof(hostile) / sizeof(hostile[0]));
    WANT(&wanted, &grown, path);
    TRY(branch_reader_check(wanted.reader, &err));
    while (!end) {
        TRY(branch_reader_next(wanted.reader, &entry, &end, &err));
        if (!end)
            TRY(branch_reader_resolve(wanted.reader, &entry, &err));
    }
    return SEALIFT_OK;
}

static void
expect_corrupt(const char *path, const char *because)
{
    cr_assert_eq(read_hostile(path), SEALIFT_CORRUPT, "%s", path);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
}

Test(branch_reader, refuses_what_lies_below_a_link)
{
    expect_corrupt("s/x", "entry s/x: is in no directory of the tree");
    expect_corrupt("d", "entry d/s/x: is in no directory of the tree");
    expect_corrupt("d/s/x", "entry d/s/x: is in no directory of the tree");
    cr_assert_eq(read_hostile("s"), SEALIFT_OK, "%s", err.message);
}

Test(branch_reader, refuses_hard_links_to_what_can_have_no_second_name)
{
    expect_corrupt("h1", "h1: is a hard link to d, which can have no second name");
    expect_corrupt("h2", "h2: is a hard link to h1, which can have no second name");
    expect_corrupt("h3", "h3: is a hard link to gone, which is not in the tree");
}

/* --- a store that answers differently the second time --- */

#define MANY 20000 /* entries: more than a frame holds */

/* "a", and in it files "a/00000" ... */
static void
grown_init_below(struct grown *grown, enum tree_type above)
{
    SCOPED(free_done) struct tree_entry *entries = calloc(MANY, sizeof(*entries));
    SCOPED(free_done) char(*paths)[16] = calloc(MANY, sizeof(*paths));

    cr_assert(entries != NULL && paths != NULL);
    entries[0] = hostile[0];
    entries[1] = (struct tree_entry){.path = bytes_of_text("a"), .type = above, .mode = 0755};
    for (unsigned i = 2; i < MANY; i++) {
        snprintf(paths[i], sizeof(paths[i]), "a/%05u", i);
        entries[i] = (struct tree_entry){.path = bytes_of_text(paths[i]), .type = TREE_FILE, .mode = 0644};
    }
    grown_init_of(grown, entries, MANY);
}

static void
load_tree(struct grown *grown, char name[NAME_SIZE], struct buf *ret_segment)
{
    name_of_segment(&grown->manifest.fs, &grown->manifest.upload, SEGMENT_TREE, 0, name);
    cr_assert_eq(store_get(grown->base.store, name, 16 << 20, ret_segment, &err), SEALIFT_OK, "%s", err.message);
}

/* From now on the store has the other's tree. */
static void
swap_tree(struct grown *grown, struct grown *other)
{
    SCOPED(buf_done) struct buf own = {0}, others = {0};
    char name[NAME_SIZE];

    load_tree(grown, name, &own);
    load_tree(other, name, &others);
    cr_assert_gt(grown->manifest.parts[0].level, 0u, "the tree is one frame, which is read once");
    cr_assert_eq(own.len, others.len);
    cr_assert_neq(memcmp(own.data, others.data, own.len), 0);
    cr_assert(frame_ref_equal(&grown->manifest.parts[0].frame, &other->manifest.parts[0].frame));
    cr_assert_eq(store_memory_overwrite(grown->base.store, name, buf_bytes(&others), &err), SEALIFT_OK);
}

/* What lies above a branch was a directory when it was looked for; when it is read, it is none. */
Test(branch_reader, refuses_what_is_no_directory_any_more_when_it_is_read_again)
{
    SCOPED(wanted_done) struct wanted wanted = {0};
    struct grown grown, other;
    struct tree_entry entry;
    bool end;

    grown_init_below(&grown, TREE_DIRECTORY);
    grown_init_below(&other, TREE_FIFO);
    WANT(&wanted, &grown, "a/19999");
    cr_assert_eq(branch_reader_check(wanted.reader, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(branch_reader_next(wanted.reader, &entry, &end, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(bytes_equal(entry.path, bytes_of_text("a")) && !end);
    cr_assert_eq(branch_reader_next(wanted.reader, &entry, &end, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(bytes_equal(entry.path, bytes_of_text("a/19999")) && !end);

    cr_assert_eq(branch_reader_rewind(wanted.reader, &err), SEALIFT_OK);
    swap_tree(&grown, &other);
    cr_assert_eq(branch_reader_next(wanted.reader, &entry, &end, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "a: is no directory of the tree, though a/19999 lies in it: the tree is not what was "
                                  "uploaded. Verify the snapshot, and find out who else writes to the store");
    wanted_done(&wanted);
    grown_done(&other);
    grown_done(&grown);
}

/* --- what is written, and what it costs --- */

static struct download_outcome
bring_back(struct grown *grown, const char *const *paths, const char *below)
{
    SCOPED(wanted_done) struct wanted wanted = {0};
    SCOPED(download_free) struct download *download = NULL;
    struct reading_request request = {.manifest = &grown->manifest, .fs_key = grown->base.fs_key};
    struct download_outcome outcome;

    want_of(&wanted, &grown->base, grown->store, &grown->manifest, paths);
    cr_assert_eq(budget_plan(&(struct budget_wish){BUDGET_LEAST, 2, 2, 0}, &request.budget, &err), SEALIFT_OK);
    request.branches = wanted.reader;
    grown->requests = 0;
    grown->bytes = 0;
    cr_assert_eq(branch_reader_check(wanted.reader, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(download_new_beside(&grown->base.world, grown->base.progress, fixture_path(&grown->base, below),
                                     wanted.branches, &download, &err),
                 SEALIFT_OK, "%s", err.message);
    cr_assert_eq(download_run(download, grown->store, &request, &outcome, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(outcome.read.requests, grown->requests);
    cr_assert_eq(outcome.read.fetched, grown->bytes);
    return outcome;
}

static void
expect_file(struct grown *grown, const char *below, const char *contents)
{
    FILE *file = fopen(fixture_path(&grown->base, below), "r");
    char found[128] = "";

    cr_assert_not_null(file, "%s", below);
    cr_assert_eq(fread(found, 1, sizeof(found) - 1, file), strlen(contents));
    cr_assert_str_eq(found, contents);
    fclose(file);
}

/* One file out of 10^3, 10^4, 10^5 entries: the index, a frame of entries or two, and the frame that the file is in. */
Test(branch_reader, brings_back_a_file_for_the_same_however_large_the_snapshot_is)
{
    static const unsigned folders[] = {10, 100, 1000};

    for (size_t i = 0; i < 3; i++) {
        struct download_outcome outcome;
        struct grown grown;

        grown_init(&grown, folders[i], 99);
        outcome = bring_back(&grown, (const char *const[]){"folder-00007/file-00042", NULL}, "back");
        expect_file(&grown, "back/folder-00007/file-00042", "folder-00007/file-00042");
        cr_assert_eq(outcome.read.entries, 2u);
        printf("%6u entries: %" PRIu64 " requests, %" PRIu64 " bytes\n", folders[i] * 100 + 1, outcome.read.requests,
               outcome.read.fetched);
        cr_assert_leq(outcome.read.requests, 6u);
        cr_assert_leq(outcome.read.fetched, 192u << 10);
        grown_done(&grown);
    }
}

Test(branch_reader, brings_back_whole_folders)
{
    struct download_outcome outcome;
    struct grown grown;

    grown_init(&grown, 20, 300);
    outcome = bring_back(&grown, (const char *const[]){"folder-00019", "folder-00004", NULL}, "back");
    cr_assert_eq(outcome.read.files, 600u);
    expect_file(&grown, "back/folder-00004/file-00000", "folder-00004/file-00000");
    expect_file(&grown, "back/folder-00019/file-00299", "folder-00019/file-00299");
    cr_assert_eq(access(fixture_path(&grown.base, "back/folder-00005"), F_OK), -1);
    grown_done(&grown);
}
