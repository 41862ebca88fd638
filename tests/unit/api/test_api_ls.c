#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;
static char locator[74];
static char listed[4096]; /* a line an entry: path, type, size, target */

static void
set_up(void)
{
    fixture_init(&fixture, true);
    cr_assert_eq(mkdir(fixture_path(&fixture, "tree"), 0755), 0);
    cr_assert_eq(mkdir(fixture_path(&fixture, "tree/a"), 0755), 0);
    cr_assert_eq(mkdir(fixture_path(&fixture, "tree/a/b"), 0755), 0);
    fixture_write(&fixture, "tree/a/b/file", "content");
    fixture_write(&fixture, "tree/a/c", "12");
    fixture_write(&fixture, "tree/a-b", "1");
    cr_assert_eq(symlink("../elsewhere", fixture_path(&fixture, "tree/a/to")), 0);
    cr_assert_eq(link(fixture_path(&fixture, "tree/a/c"), fixture_path(&fixture, "tree/d")), 0);
    fixture_add_uploaded(&fixture, "home", "tree", locator);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_ls, .init = set_up, .fini = tear_down);

static enum sealift_status
note(void *context, const struct sealift_entry *entry, struct sealift_error *err)
{
    size_t len = strlen(listed);

    (void)context;
    (void)err;
    snprintf(listed + len, sizeof(listed) - len, "%s %s %llu %s\n", entry->path, entry->type,
             (unsigned long long)entry->size, entry->target != NULL ? entry->target : "");
    return SEALIFT_OK;
}

static struct sealift_ls_result
ls_with(struct sealift *sealift, struct sealift_ls_spec spec, enum sealift_status status, const char *word)
{
    struct sealift_ls_result result = {0};

    listed[0] = '\0';
    fixture_expect(&fixture, sealift_snapshot_ls(sealift, &spec, note, NULL, &result, &fixture.err), status, word);
    return result;
}

static struct sealift_ls_result
ls(const char *path, bool recursive)
{
    struct sealift_ls_spec spec = {.fs = "home", .snapshot = "monday", .path = path, .recursive = recursive};

    return ls_with(fixture.sealift, spec, SEALIFT_OK, "");
}

Test(api_ls, shows_what_is_in_a_directory)
{
    struct sealift_ls_result result = ls(NULL, false);

    cr_assert_eq(strncmp(listed, "a directory 0 \na-b file 1 \n", 27), 0, "%s", listed);
    cr_assert_not_null(strstr(listed, "\nd hard-link 0 a/c\n"));
    cr_assert_str_eq(result.locator, locator);
    cr_assert_gt(result.fetched, 0u);
    result = ls("/a/", false);
    cr_assert_str_eq(listed, "a/b directory 0 \na/c file 2 \na/to symlink 0 ../elsewhere\n");
    cr_assert_eq(result.entries, 3u);
}

Test(api_ls, shows_everything_below)
{
    ls("a", true);
    cr_assert_str_eq(listed, "a/b directory 0 \na/b/file file 7 \na/c file 2 \na/to symlink 0 ../elsewhere\n");
}

Test(api_ls, shows_one_entry)
{
    ls("a/b/file", false);
    cr_assert_str_eq(listed, "a/b/file file 7 \n");
    ls("d", true);
    cr_assert_str_eq(listed, "d hard-link 0 a/c\n");
}

Test(api_ls, says_what_is_not_there)
{
    struct sealift_ls_spec spec = {.fs = "home", .snapshot = "monday", .path = "a/nothing"};

    ls_with(fixture.sealift, spec, SEALIFT_NOT_FOUND, "a/nothing: is not in this snapshot");
    spec.path = "a/c/below";
    ls_with(fixture.sealift, spec, SEALIFT_NOT_FOUND, "a/c/below: is not in this snapshot");
    spec.path = "a/../c";
    ls_with(fixture.sealift, spec, SEALIFT_INVALID, "a/../c");
    spec.path = NULL;
    spec.snapshot = "tuesday";
    ls_with(fixture.sealift, spec, SEALIFT_NOT_FOUND, "tuesday");
    cr_assert_str_eq(listed, "");
}

Test(api_ls, needs_nothing_but_the_bucket_and_the_kms)
{
    struct sealift *another = fixture_open_another(&fixture, "elsewhere");
    struct sealift_ls_spec spec = {.locator = locator, .path = "a-b"};

    spec.obs.url = fixture_url(&fixture, "store");
    ls_with(another, spec, SEALIFT_OK, "");
    cr_assert_str_eq(listed, "a-b file 1 \n");
    sealift_close(&another);
}

/* Whoever is told may have enough. */
static enum sealift_status
refuse(void *context, const struct sealift_entry *entry, struct sealift_error *err)
{
    (void)context;
    (void)entry;
    err->status = SEALIFT_IO;
    return SEALIFT_IO;
}

Test(api_ls, stops_when_it_is_told_to)
{
    const struct sealift_ls_spec spec = {.fs = "home", .snapshot = "monday"};
    struct sealift_ls_result result;

    cr_assert_eq(sealift_snapshot_ls(fixture.sealift, &spec, refuse, NULL, &result, &fixture.err), SEALIFT_IO);
}
