#include "btrfs.h"
#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;
static char told[1024]; /* the last warning */

static void
hear(void *context, enum sealift_log_level level, const char *line)
{
    (void)context;
    if (level == SEALIFT_LOG_WARNING)
        snprintf(told, sizeof(told), "%s", line);
}

static void
set_up(void)
{
    struct sealift_options options = {.log = hear, .log_level = SEALIFT_LOG_WARNING};

    fixture_init(&fixture, true);
    fixture_add_fs(&fixture, "home", "tree");
    cr_assert_eq(mkdir(fixture_path(&fixture, "view"), 0755), 0);
    sealift_close(&fixture.sealift);
    options.home = fixture_path(&fixture, "home");
    fixture_expect(&fixture, sealift_open(&options, &fixture.sealift, &fixture.err), SEALIFT_OK, "");
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_snapshot, .init = set_up, .fini = tear_down);

static void
add(const char *fs, const char *name, const char *from, enum sealift_status status, const char *word)
{
    const struct sealift_snapshot_spec spec = {.fs = fs, .name = name, .from = from};

    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, &spec, &fixture.err), status, word);
}

struct shown {
    char text[1024];
    size_t count;
};

static enum sealift_status
show(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    struct shown *shown = context;

    (void)err;
    shown->count++;
    snprintf(shown->text, sizeof(shown->text), "%s/%s %s %s from=%s", snapshot->filesystem, snapshot->name,
             snapshot->status, snapshot->live ? "live" : "still", snapshot->from != NULL ? snapshot->from : "-");
    return SEALIFT_OK;
}

static void
expect_last(const char *fs, size_t count, const char *text)
{
    struct shown shown = {0};

    fixture_expect(&fixture, sealift_snapshot_list(fixture.sealift, fs, show, &shown, &fixture.err), SEALIFT_OK, "");
    cr_assert_eq(shown.count, count);
    cr_assert_not_null(strstr(shown.text, text), "%s", shown.text);
}

Test(api_snapshot, is_live_unless_it_is_said_what_is_read)
{
    add("home", "monday", NULL, SEALIFT_OK, "");
    expect_last(NULL, 1, "home/monday added live from=-");
    cr_assert_str_eq(told, "");
    add("home", "tuesday", fixture_path(&fixture, "view"), SEALIFT_OK, "");
    expect_last("home", 2, "home/tuesday added still from=/");
}

Test(api_snapshot, warns_of_a_view_that_can_be_written_to)
{
    add("home", "tuesday", fixture_path(&fixture, "view"), SEALIFT_OK, "");
    cr_assert_not_null(strstr(told, "view can be written to"), "%s", told);
}

Test(api_snapshot, trusts_a_view_that_cannot)
{
    if (geteuid() == 0)
        cr_skip_test("root may write everywhere");
    cr_assert_eq(chmod(fixture_path(&fixture, "view"), 0555), 0);
    add("home", "tuesday", fixture_path(&fixture, "view"), SEALIFT_OK, "");
    cr_assert_str_eq(told, "");
}

Test(api_snapshot, knows_what_goes_together)
{
    struct sealift_snapshot_spec spec = {.fs = "home", .name = "monday", .live = true, .keep = true};

    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, &spec, &fixture.err), SEALIFT_INVALID, "--keep");
    spec = (struct sealift_snapshot_spec){.fs = "home", .name = "monday", .live = true, .from = "/"};
    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, &spec, &fixture.err), SEALIFT_INVALID, "--from");
    spec = (struct sealift_snapshot_spec){.fs = "home", .name = "monday", .from = "/", .keep = true};
    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, &spec, &fixture.err), SEALIFT_INVALID, "--keep");
    spec = (struct sealift_snapshot_spec){.fs = "home", .name = "monday", .live = true};
    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, &spec, &fixture.err), SEALIFT_OK, "");
    expect_last("home", 1, "home/monday added live from=-");
}

Test(api_snapshot, keeps_none_where_none_can_be_made)
{
    const struct sealift_snapshot_spec spec = {.fs = "home", .name = "monday", .keep = true};
    enum btrfs_place place;

    fixture_expect(&fixture, btrfs_look(fixture_path(&fixture, "tree"), &place, &fixture.err), SEALIFT_OK, "");
    if (place == BTRFS_SUBVOLUME)
        cr_skip_test("here one can be made");
    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, &spec, &fixture.err), SEALIFT_INVALID,
                   "no snapshot to --keep");
}

Test(api_snapshot, needs_what_is_named_to_be_there)
{
    add("nobody", "monday", NULL, SEALIFT_NOT_FOUND, "nobody");
    add(NULL, "monday", NULL, SEALIFT_INVALID, "missing");
    add("home", NULL, NULL, SEALIFT_INVALID, "missing");
    add("home", "a/b", NULL, SEALIFT_INVALID, "a/b");
    add("home", "monday", fixture_path(&fixture, "nowhere"), SEALIFT_NOT_FOUND, "nowhere");
    add("home", "monday", NULL, SEALIFT_OK, "");
    add("home", "monday", NULL, SEALIFT_CONFLICT, "monday");
    expect_last("home", 1, "home/monday");
}
