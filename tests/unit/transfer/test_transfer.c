/* Up and down again, against a store in memory: what comes back is what went. */
#include "batch.h"
#include "fixture_snapshot.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static void
upload(struct fixture *fixture, const char *below, struct locator *ret_locator, struct upload_outcome *ret_outcome)
{
    struct sealift_error err;

    cr_assert_eq(fixture_upload(fixture, fixture->store, below, ret_locator, ret_outcome, &err), SEALIFT_OK, "%s",
                 err.message);
}

static void
download(struct fixture *fixture, const struct locator *locator, const char *below)
{
    struct download_outcome outcome;
    struct sealift_error err;

    cr_assert_eq(fixture_download(fixture, fixture->store, locator, below, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
}

static void
expect_round_trip(struct fixture *fixture, const char *below)
{
    struct upload_outcome outcome;
    struct locator locator;

    upload(fixture, below, &locator, &outcome);
    download(fixture, &locator, "back");
    cr_assert(fixture_trees_are_equal(fixture, below, "back"));
}

Test(transfer, brings_back_an_empty_directory)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    cr_assert_eq(chmod(fixture_path(&fixture, "a"), 0711), 0);
    expect_round_trip(&fixture, "a");
}

Test(transfer, brings_back_small_files_links_and_folders)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_make_folder(&fixture, "a/folder");
    fixture_make_folder(&fixture, "a/folder-b");
    for (int i = 0; i < 700; i++) {
        char below[64], text[64];

        snprintf(below, sizeof(below), "a/folder/%d", i);
        snprintf(text, sizeof(text), "file number %d", i * i);
        fixture_write_text(&fixture, below, text);
    }
    fixture_write_text(&fixture, "a/empty", "");
    cr_assert_eq(symlink("folder/7", fixture_path(&fixture, "a/symlink")), 0);
    cr_assert_eq(link(fixture_path(&fixture, "a/folder/7"), fixture_path(&fixture, "a/hard link")), 0);
    cr_assert_eq(mkfifo(fixture_path(&fixture, "a/fifo"), 0600), 0);
    cr_assert_eq(setxattr(fixture_path(&fixture, "a/folder"), "user.note", "kept", 4, 0), 0);
    expect_round_trip(&fixture, "a");
}

/* Data and holes before, on, and behind each boundary: of the file, of a part, of a chunk. */
Test(transfer, brings_back_holes_at_every_boundary)
{
    SCOPED(fixture_done) struct fixture fixture;
    static const off_t sizes[] = {0, 1, 4096, CHUNK_BYTES, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES};
    static const off_t places[] = {0, CHUNK_BYTES - 4096, PART_BYTES - 4096, PART_BYTES, 2 * PART_BYTES + 8192};
    char below[64];

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned which = 0; which < 1u << 5; which++) {
            int fd;

            snprintf(below, sizeof(below), "a/%zu-%u", i, which);
            fd = open(fixture_path(&fixture, below), O_CREAT | O_WRONLY, 0600);
            cr_assert_geq(fd, 0);
            cr_assert_eq(ftruncate(fd, sizes[i]), 0);
            for (size_t k = 0; k < 5; k++)
                if ((which >> k & 1) != 0 && places[k] + 4096 <= sizes[i])
                    cr_assert_eq(pwrite(fd, below, sizeof(below), places[k] + (off_t)k), sizeof(below));
            close(fd);
        }
    }
    expect_round_trip(&fixture, "a");
}

Test(transfer, brings_back_large_files)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_noise(&fixture, "a/large", (size_t)21 << 20);
    fixture_write_noise(&fixture, "a/one part", PART_BYTES);
    fixture_write_noise(&fixture, "a/one part and a byte", PART_BYTES + 1);
    fixture_write_noise(&fixture, "a/two parts", 2 * PART_BYTES);
    expect_round_trip(&fixture, "a");
}

static off_t
make_sparse(const char *path, off_t size)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    cr_assert_geq(fd, 0);
    if (ftruncate(fd, size) != 0)
        cr_skip_test("%s: %s; a file of 2^62 bytes cannot be tried here", path, strerror(errno));
    cr_assert_eq(pwrite(fd, "middle", 6, size / 2), 6);
    cr_assert_eq(pwrite(fd, "end", 3, size - 3), 3);
    close(fd);
    return size;
}

/* Two of them are more bytes than a signed 64-bit number can count, and so more than a manifest can say. */
Test(transfer, brings_back_sparse_files_of_any_size, .timeout = 60)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct upload_outcome outcome;
    struct locator locator;
    struct stat found;
    char tail[4] = "";
    int fd;

    setenv("TMPDIR", "/dev/shm", 1); /* tmpfs has them */
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    make_sparse(fixture_path(&fixture, "a/one"), (off_t)1 << 62);
    make_sparse(fixture_path(&fixture, "a/other"), (off_t)1 << 62);
    upload(&fixture, "a", &locator, &outcome);
    cr_assert_lt(outcome.totals.stored, 1u << 20);
    cr_assert_eq(outcome.totals.size, (uint64_t)INT64_MAX);
    download(&fixture, &locator, "back");
    cr_assert_eq(stat(fixture_path(&fixture, "back/other"), &found), 0);
    cr_assert_eq(found.st_size, (off_t)1 << 62);
    fd = open(fixture_path(&fixture, "back/other"), O_RDONLY);
    cr_assert_eq(pread(fd, tail, 3, ((off_t)1 << 62) - 3), 3);
    cr_assert_str_eq(tail, "end");
    close(fd);
}

/* More than fits a tree's frame, and more than one frame of data holds. */
Test(transfer, brings_back_large_sets_of_extended_attributes)
{
    SCOPED(fixture_done) struct fixture fixture;
    char name[32], value[60000], back[60000];

    setenv("TMPDIR", "/dev/shm", 1);
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_text(&fixture, "a/file", "text");
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "trusted.%02d", i % 20);
        memset(value, 'a' + i, sizeof(value));
        if (setxattr(fixture_path(&fixture, i < 20 ? "a/file" : "a"), name, value, sizeof(value), 0) != 0)
            cr_skip_test("%s: %s; large extended attributes cannot be tried here", name, strerror(errno));
    }
    expect_round_trip(&fixture, "a");
    cr_assert_eq(getxattr(fixture_path(&fixture, "back"), "trusted.19", back, sizeof(back)), sizeof(back));
    cr_assert_eq(memcmp(back, value, sizeof(back)), 0);
}

/* Each batch holds a few of them inline, and stores the rest like contents. */
Test(transfer, brings_back_many_sets_of_extended_attributes)
{
    SCOPED(fixture_done) struct fixture fixture;
    char below[64], value[2000];

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    for (int i = 0; i < 400; i++) {
        snprintf(below, sizeof(below), "a/%d", i);
        fixture_write_text(&fixture, below, below);
        memset(value, 'a' + i % 26, sizeof(value));
        cr_assert_eq(setxattr(fixture_path(&fixture, below), "user.note", value, sizeof(value), 0), 0);
    }
    expect_round_trip(&fixture, "a");
}

/* Every directory that an entry is read from is a descriptor. */
Test(transfer, brings_back_thousands_of_directories_with_few_descriptors)
{
    SCOPED(fixture_done) struct fixture fixture;
    char below[64];

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    for (int i = 0; i < 1500; i++) {
        snprintf(below, sizeof(below), "a/%d", i);
        fixture_make_folder(&fixture, below);
        snprintf(below, sizeof(below), "a/%d/file", i);
        fixture_write_text(&fixture, below, below);
    }
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){200, 200}), 0);
    expect_round_trip(&fixture, "a");
}

Test(transfer, stores_equal_contents_once)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(free_done) uint8_t *data = malloc((size_t)5 << 20);
    struct upload_outcome outcome;
    struct locator locator;
    char below[64];

    fixture_init(&fixture);
    fixture.world.entropy->fill(fixture.world.entropy, data, (size_t)5 << 20);
    fixture_make_folder(&fixture, "a");
    for (int i = 0; i < 12; i++) {
        snprintf(below, sizeof(below), "a/%d", i);
        fixture_write(&fixture, below, (struct bytes){data, (size_t)5 << 20});
    }
    upload(&fixture, "a", &locator, &outcome);
    cr_assert_eq(outcome.totals.size, (uint64_t)60 << 20);
    cr_assert_lt(outcome.totals.stored, (uint64_t)6 << 20);
    download(&fixture, &locator, "back");
    cr_assert(fixture_trees_are_equal(&fixture, "a", "back"));
}

Test(transfer, does_not_overwrite_what_is_there)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct download_outcome downloaded;
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_make_folder(&fixture, "full");
    fixture_write_text(&fixture, "full/precious", "mine");
    upload(&fixture, "a", &locator, &outcome);
    cr_assert_eq(fixture_download(&fixture, fixture.store, &locator, "full", &downloaded, &err), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "precious"), "%s", err.message);
}
