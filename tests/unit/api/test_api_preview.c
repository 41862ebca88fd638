#include "fixture_home.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fixture fixture;
static char told[4096]; /* a line each: "file a/b 4", "- c: reason" */

static void
set_up(void)
{
    fixture_init(&fixture, true);
    fixture_add_fs(&fixture, "home", "tree");
    fixture_add_snapshot(&fixture, "home", "monday");
    told[0] = '\0';
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_preview, .init = set_up, .fini = tear_down);

static enum sealift_status
hear(void *context, const struct sealift_preview_entry *entry, struct sealift_error *err)
{
    size_t len = strlen(told);

    (void)context;
    (void)err;
    if (entry->type != NULL)
        snprintf(told + len, sizeof(told) - len, "%s %s %u\n", entry->type, entry->path, (unsigned)entry->size);
    else
        snprintf(told + len, sizeof(told) - len, "- %s: %s\n", entry->path,
                 entry->excluded != NULL ? entry->excluded : entry->missing);
    return SEALIFT_OK;
}

static struct sealift_preview_result
preview(const char *const *patterns, enum sealift_status status, const char *word)
{
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday", .selection.exclude = patterns};
    struct sealift_preview_result result = {0};

    fixture_expect(&fixture, sealift_snapshot_preview(fixture.sealift, &spec, hear, NULL, &result, &fixture.err),
                   status, word);
    return result;
}

Test(api_preview, tells_each_entry_in_order_and_what_is_left_out)
{
    const char *const patterns[] = {"*.tmp", NULL};
    struct sealift_preview_result result;

    fixture_write(&fixture, "tree/a", "four");
    fixture_write(&fixture, "tree/b.tmp", "gone");
    cr_assert_eq(link(fixture_path(&fixture, "tree/a"), fixture_path(&fixture, "tree/c")), 0);
    cr_assert_eq(symlink("a", fixture_path(&fixture, "tree/d")), 0);
    result = preview(patterns, SEALIFT_OK, "");
    cr_assert_str_eq(told, "directory . 0\n"
                           "file a 4\n"
                           "- b.tmp: is left out by the pattern '*.tmp'\n"
                           "hard-link c 0\n"
                           "symlink d 0\n");
    cr_assert_eq(result.entries, 4u);
    cr_assert_eq(result.files, 1u);
    cr_assert_eq(result.directories, 1u);
    cr_assert_eq(result.others, 2u);
    cr_assert_eq(result.size, 4u);
    cr_assert_eq(result.excluded, 1u);
    cr_assert_eq(result.missing, 0u);
    cr_assert(result.live);
}

Test(api_preview, counts_what_an_upload_then_counts)
{
    const char *const patterns[] = {"skip", NULL};
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday", .selection.exclude = patterns};
    struct sealift_preview_result before;
    struct sealift_upload_result after = {0};

    fixture_write(&fixture, "tree/a", "four");
    fixture_write(&fixture, "tree/skip", "");
    cr_assert_eq(link(fixture_path(&fixture, "tree/a"), fixture_path(&fixture, "tree/b")), 0);
    before = preview(patterns, SEALIFT_OK, "");
    fixture_expect(&fixture, sealift_snapshot_upload(fixture.sealift, &spec, &after, &fixture.err), SEALIFT_OK, "");
    cr_assert_eq(before.entries, after.entries);
    cr_assert_eq(before.files, after.files);
    cr_assert_eq(before.directories, after.directories);
    cr_assert_eq(before.others, after.others);
    cr_assert_eq(before.size, after.size);
    cr_assert_eq(before.excluded, after.excluded);
    preview(patterns, SEALIFT_CONFLICT, "uploaded already");
}

Test(api_preview, may_be_had_without_the_entries)
{
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday"};
    struct sealift_preview_result result = {0};

    fixture_write(&fixture, "tree/a", "four");
    fixture_expect(&fixture, sealift_snapshot_preview(fixture.sealift, &spec, NULL, NULL, &result, &fixture.err),
                   SEALIFT_OK, "");
    cr_assert_eq(result.entries, 2u);
}

Test(api_preview, asks_for_a_snapshot_that_is_known_and_a_path_that_is_there)
{
    const struct sealift_upload_spec unknown = {.fs = "home", .snapshot = "tuesday"};
    struct sealift_preview_result result;

    fixture_expect(&fixture, sealift_snapshot_preview(fixture.sealift, &unknown, hear, NULL, &result, &fixture.err),
                   SEALIFT_NOT_FOUND, "tuesday");
    cr_assert_eq(rmdir(fixture_path(&fixture, "tree")), 0);
    preview(NULL, SEALIFT_NOT_FOUND, "mounted");
}

static enum sealift_status
stop(void *context, const struct sealift_preview_entry *entry, struct sealift_error *err)
{
    (void)context;
    if (entry->excluded == NULL)
        return SEALIFT_OK;
    *err = (struct sealift_error){.status = SEALIFT_IO, .message = "enough"};
    return SEALIFT_IO;
}

Test(api_preview, ends_when_the_listener_has_heard_enough)
{
    const char *const patterns[] = {"a", NULL};
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday", .selection.exclude = patterns};
    struct sealift_preview_result result;

    fixture_write(&fixture, "tree/a", "");
    fixture_expect(&fixture, sealift_snapshot_preview(fixture.sealift, &spec, stop, NULL, &result, &fixture.err),
                   SEALIFT_IO, "enough");
}
