#include "spill.h"

#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG ((size_t)700000) /* more than forty pages */

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;
static uint8_t model[2 * BIG];

/* The temporary files of these tests go to a directory of their own, so that they can be found. */
static void
set_up(void)
{
    seeded_world_init(&seeded, 11);
    playground_make(&playground);
    setenv("TMPDIR", playground.path, 1);
}

static void
tear_down(void)
{
    playground_remove(&playground);
}

TestSuite(spill, .init = set_up, .fini = tear_down);

static struct spill *
spill_of(size_t memory)
{
    struct spill *spill = NULL;

    cr_assert_eq(spill_new(&seeded.world, memory, &spill, &err), SEALIFT_OK, "%s", err.message);
    return spill;
}

/* The descriptor of the spill's file; -1 when there is none. */
static int
find_file(void)
{
    int found = -1;

    for (int fd = 0; fd < 256; fd++) {
        char link[32], target[PATH_MAX] = "";

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof(target) - 1) > 0 && fd != playground.fd &&
            strncmp(target, playground.path, strlen(playground.path)) == 0)
            found = fd;
    }
    return found;
}

static void
write_at(struct spill *spill, uint64_t offset, const void *data, size_t len)
{
    cr_assert_eq(spill_write(spill, offset, data, len, &err), SEALIFT_OK, "%s", err.message);
    memcpy(model + offset, data, len);
}

static void
expect(struct spill *spill, uint64_t offset, size_t len)
{
    static uint8_t got[2 * BIG];

    cr_assert_eq(spill_read(spill, offset, got, len, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(memcmp(got, model + offset, len), 0, "%zu bytes at %zu differ", len, (size_t)offset);
}

static void
fill(struct spill *spill, size_t size)
{
    static uint8_t piece[5000];

    for (size_t at = spill_size(spill); at < size; at = spill_size(spill)) {
        size_t len = size - at < sizeof(piece) ? size - at : sizeof(piece);

        seeded_world_fill(&seeded.entropy, piece, len);
        write_at(spill, at, piece, len);
    }
}

Test(spill, gives_back_what_was_written_anywhere)
{
    SCOPED(spill_free) struct spill *spill = spill_of(1);
    uint8_t piece[3000];

    fill(spill, BIG);
    cr_assert_eq(spill_size(spill), BIG);
    expect(spill, 0, BIG);
    for (int i = 0; i < 500; i++) {
        size_t len = seeded_world_draw(&seeded) % sizeof(piece);
        uint64_t at = seeded_world_draw(&seeded) % (BIG - len);

        seeded_world_fill(&seeded.entropy, piece, len);
        write_at(spill, at, piece, len);
        at = seeded_world_draw(&seeded) % (BIG - len);
        expect(spill, at, len);
    }
    expect(spill, 0, BIG);
}

Test(spill, makes_no_file_while_memory_is_enough)
{
    SCOPED(spill_free) struct spill *spill = spill_of(4 * BIG);

    fill(spill, BIG / 2);
    expect(spill, 0, BIG / 2);
    cr_assert_lt(find_file(), 0);
}

Test(spill, leaves_no_name_and_no_plain_text_on_the_disk)
{
    static const char secret[] = "salaries-of-the-board.ods";
    SCOPED(spill_free) struct spill *spill = spill_of(1);
    static uint8_t stored[BIG];
    ssize_t len;
    int fd;
    DIR *listing;
    size_t names = 0;

    while (spill_size(spill) < BIG / 2)
        write_at(spill, spill_size(spill), secret, sizeof(secret));
    fd = find_file();
    cr_assert_geq(fd, 0);
    len = pread(fd, stored, sizeof(stored), 0);
    cr_assert_gt(len, (ssize_t)BIG / 3);
    cr_assert_null(memmem(stored, (size_t)len, "salaries", 8));

    listing = opendir(playground.path);
    while (readdir(listing) != NULL)
        names++;
    closedir(listing);
    cr_assert_eq(names, 2, "\".\" and \"..\", and nothing else");
}

Test(spill, notices_a_page_that_was_altered)
{
    SCOPED(spill_free) struct spill *spill = spill_of(1);
    static uint8_t all[BIG];
    uint8_t byte;
    int fd;

    fill(spill, BIG);
    fd = find_file();
    cr_assert_eq(pread(fd, &byte, 1, 20000), 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, 20000), 1);
    cr_assert_eq(spill_read(spill, 0, all, BIG, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "altered"), "%s", err.message);
}

Test(spill, notices_pages_that_changed_places)
{
    SCOPED(spill_free) struct spill *spill = spill_of(1);
    static uint8_t all[BIG], page[16384];
    int fd;

    fill(spill, BIG);
    fd = find_file();
    cr_assert_eq(pread(fd, page, sizeof(page), 3 * sizeof(page)), (ssize_t)sizeof(page));
    cr_assert_eq(pwrite(fd, page, sizeof(page), 5 * sizeof(page)), (ssize_t)sizeof(page));
    cr_assert_eq(spill_read(spill, 0, all, BIG, &err), SEALIFT_CORRUPT);
}

Test(spill, notices_a_file_that_was_cut_short)
{
    SCOPED(spill_free) struct spill *spill = spill_of(1);
    static uint8_t all[BIG];

    fill(spill, BIG);
    expect(spill, 0, BIG); /* the last pages were written for others to be read */
    cr_assert_eq(ftruncate(find_file(), 40000), 0);
    cr_assert_eq(spill_read(spill, 0, all, BIG, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "cut short"), "%s", err.message);
}

Test(spill, begins_anew_behind_a_cut)
{
    SCOPED(spill_free) struct spill *spill = spill_of(1);

    fill(spill, BIG);
    for (size_t size = BIG - 1234; size > 100000; size = size * 2 / 3) {
        spill_cut(spill, size);
        cr_assert_eq(spill_size(spill), size);
        fill(spill, size + size / 4);
        expect(spill, 0, size + size / 4);
        spill_cut(spill, size);
    }
    spill_cut(spill, 0);
    fill(spill, BIG);
    expect(spill, 0, BIG);
}

Test(spill, says_where_it_could_not_make_its_file)
{
    SCOPED(spill_free) struct spill *spill = spill_of(1);
    enum sealift_status status = SEALIFT_OK;
    static uint8_t piece[8192];

    setenv("TMPDIR", "/nowhere/at/all", 1);
    while (status == SEALIFT_OK && spill_size(spill) < BIG)
        status = spill_write(spill, spill_size(spill), piece, sizeof(piece), &err);
    cr_assert_eq(status, SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "/nowhere/at/all"));
    cr_assert_not_null(strstr(err.message, "TMPDIR"));
}

Test(spill, says_when_the_disk_is_full)
{
    SCOPED(spill_free) struct spill *spill = spill_of(1);
    enum sealift_status status = SEALIFT_OK;
    static uint8_t piece[8192];
    char folder[PATH_MAX + 8];

    playground_directory(playground.fd, "small");
    if (!playground_mount(playground.fd, "small", 65536, false))
        cr_skip_test("mounting needs root");
    snprintf(folder, sizeof(folder), "%s/small", playground.path);
    setenv("TMPDIR", folder, 1);
    while (status == SEALIFT_OK && spill_size(spill) < BIG)
        status = spill_write(spill, spill_size(spill), piece, sizeof(piece), &err);
    cr_assert_eq(status, SEALIFT_IO);
    cr_assert_not_null(strstr(err.message, "No space left"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "TMPDIR"), "%s", err.message);
    playground_unmount(playground.fd, "small");
}
