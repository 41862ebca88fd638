#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;
static char locator[74];

static void
make_folder(const char *below, mode_t mode)
{
    cr_assert_eq(mkdir(fixture_path(&fixture, below), 0700), 0, "%s", below);
    cr_assert_eq(chmod(fixture_path(&fixture, below), mode), 0);
}

static void
set_up(void)
{
    const struct timespec times[2] = {{1600000000, 5}, {1600000000, 5}};

    fixture_init(&fixture, true);
    make_folder("tree", 0755);
    make_folder("tree/a", 0710);
    make_folder("tree/a/b", 0751);
    fixture_write(&fixture, "tree/a/b/file", "content");
    fixture_write(&fixture, "tree/a/c", "12");
    cr_assert_eq(link(fixture_path(&fixture, "tree/a/c"), fixture_path(&fixture, "tree/d")), 0);
    cr_assert_eq(link(fixture_path(&fixture, "tree/a/c"), fixture_path(&fixture, "tree/e")), 0);
    cr_assert_eq(utimensat(AT_FDCWD, fixture_path(&fixture, "tree/a/b"), times, 0), 0);
    cr_assert_eq(utimensat(AT_FDCWD, fixture_path(&fixture, "tree/a"), times, 0), 0);
    fixture_add_uploaded(&fixture, "home", "tree", locator);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_get, .init = set_up, .fini = tear_down);

#define PATHS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct sealift_get_result
get_with(struct sealift *sealift, struct sealift_get_spec spec, enum sealift_status status, const char *word)
{
    struct sealift_get_result result = {0};

    spec.to = fixture_path(&fixture, "to");
    spec.transfer = fixture_listen(&fixture);
    fixture_expect(&fixture, sealift_snapshot_get(sealift, &spec, &result, &fixture.err), status, word);
    return result;
}

static struct sealift_get_result
get(const char *const *paths, enum sealift_status status, const char *word)
{
    return get_with(fixture.sealift, (struct sealift_get_spec){.fs = "home", .snapshot = "monday", .paths = paths},
                    status, word);
}

static struct stat
look(const char *below)
{
    struct stat found;

    cr_assert_eq(lstat(fixture_path(&fixture, below), &found), 0, "%s", below);
    return found;
}

static bool
is_there(const char *below)
{
    struct stat found;

    return lstat(fixture_path(&fixture, below), &found) == 0;
}

static void
expect_text(const char *below, const char *text)
{
    FILE *file = fopen(fixture_path(&fixture, below), "r");
    char found[64] = "";

    cr_assert_not_null(file, "%s", below);
    cr_assert_eq(fread(found, 1, sizeof(found) - 1, file), strlen(text));
    fclose(file);
    cr_assert_str_eq(found, text);
}

Test(api_get, brings_back_a_file_in_the_directories_that_it_was_in)
{
    struct sealift_get_result result = get(PATHS("/a/b/file"), SEALIFT_OK, "");
    struct stat above = look("to/a"), parent = look("to/a/b");

    expect_text("to/a/b/file", "content");
    cr_assert_eq(above.st_mode & 07777, 0710u);
    cr_assert_eq(parent.st_mode & 07777, 0751u);
    cr_assert(parent.st_mtim.tv_sec == 1600000000 && parent.st_mtim.tv_nsec == 5);
    cr_assert(above.st_mtim.tv_sec == 1600000000 && above.st_mtim.tv_nsec == 5);
    cr_assert_not(is_there("to/a/c"));
    cr_assert_eq(look("to").st_mode & 0777, 0700u);
    cr_assert_str_eq(result.locator, locator);
    cr_assert(result.entries == 3 && result.files == 1 && result.size == 7 && result.degraded == 0);
    cr_assert_leq(result.requests, 3u);
}

Test(api_get, leaves_alone_what_is_there)
{
    make_folder("to", 0755);
    make_folder("to/a", 0700);
    fixture_write(&fixture, "to/a/mine", "mine");
    get(PATHS("a/b", "a/c"), SEALIFT_OK, "");
    expect_text("to/a/mine", "mine");
    expect_text("to/a/b/file", "content");
    expect_text("to/a/c", "12");
    cr_assert_eq(look("to").st_mode & 0777, 0755u);
    cr_assert_eq(look("to/a").st_mode & 0777, 0700u);
    cr_assert_eq(look("to/a/b").st_mode & 0777, 0751u);
}

Test(api_get, overwrites_nothing_and_writes_nothing_then)
{
    make_folder("to", 0755);
    fixture_write(&fixture, "to/d", "mine");
    get(PATHS("a/c", "d"), SEALIFT_CONFLICT, "holds d already, and nothing is overwritten");
    expect_text("to/d", "mine");
    cr_assert_not(is_there("to/a"));
    make_folder("to/a", 0755);
    make_folder("to/a/b", 0755);
    get(PATHS("a/b"), SEALIFT_CONFLICT, "holds a/b already");
    cr_assert_not(is_there("to/a/b/file"));
}

Test(api_get, writes_through_no_link)
{
    make_folder("elsewhere", 0755);
    make_folder("to", 0755);
    cr_assert_eq(symlink("../elsewhere", fixture_path(&fixture, "to/a")), 0);
    get(PATHS("a/c"), SEALIFT_CONFLICT, "link");
    get(PATHS("a"), SEALIFT_CONFLICT, "holds a already");
    cr_assert_not(is_there("elsewhere/c"));
}

Test(api_get, says_what_is_not_there_before_it_writes)
{
    get(PATHS("a/c", "a/nothing"), SEALIFT_NOT_FOUND, "a/nothing: is not in this snapshot");
    get(PATHS("d/below"), SEALIFT_NOT_FOUND, "d/below: is not in this snapshot");
    get(PATHS("a/../d"), SEALIFT_INVALID, "a/../d");
    get(PATHS("a", "/"), SEALIFT_INVALID, "sealift fs download");
    get((const char *const[]){NULL}, SEALIFT_INVALID, "no path of the snapshot is named");
    cr_assert_not(is_there("to"));
}

/* Of three names of one inode. */
Test(api_get, keeps_links_among_what_it_brings_back)
{
    struct sealift_get_result result = get(PATHS("d", "e"), SEALIFT_OK, "");

    expect_text("to/d", "12");
    expect_text("to/e", "12");
    cr_assert_eq(look("to/d").st_ino, look("to/e").st_ino);
    cr_assert_eq(look("to/d").st_nlink, 2u);
    cr_assert_eq(result.files, 1u);
}

Test(api_get, takes_a_path_once_however_often_it_is_named)
{
    struct sealift_get_result result = get(PATHS("a/b/file", "a", "a/", "d"), SEALIFT_OK, "");

    cr_assert_eq(result.entries, 5u);
    cr_assert_eq(look("to/d").st_ino, look("to/a/c").st_ino);
}

Test(api_get, needs_nothing_but_the_bucket_and_the_kms)
{
    struct sealift *another = fixture_open_another(&fixture, "elsewhere");
    struct sealift_get_spec spec = {.locator = locator, .paths = PATHS("d")};

    spec.obs.url = fixture_url(&fixture, "store");
    get_with(another, spec, SEALIFT_OK, "");
    expect_text("to/d", "12");
    sealift_close(&another);
}
