/* Opening a cluster, and what is common to all that is done through it. */
#include "fixture_home.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sealift_status
open_at(struct fixture *fixture, const char *below, struct sealift **ret_sealift)
{
    const struct sealift_options options = {.home = fixture_path(fixture, below)};

    return sealift_open(&options, ret_sealift, &fixture->err);
}

Test(handle, makes_a_home_for_us_alone)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct stat found;

    fixture_init(&fixture, false);
    cr_assert_eq(stat(fixture_path(&fixture, "home"), &found), 0);
    cr_assert_eq(found.st_mode & 07777, 0700);
    cr_assert_eq(stat(fixture_path(&fixture, "home/sealift.db"), &found), 0);
    cr_assert_eq(found.st_mode & 07777, 0600);
}

Test(handle, finds_its_home_in_the_environment)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(sealift_close) struct sealift *sealift = NULL;

    fixture_init(&fixture, false);
    setenv("SEALIFT_HOME", fixture_path(&fixture, "elsewhere"), 1);
    cr_assert_eq(sealift_open(NULL, &sealift, &fixture.err), SEALIFT_OK, "%s", fixture.err.message);
    cr_assert_eq(access(fixture_path(&fixture, "elsewhere/sealift.db"), F_OK), 0);
}

Test(handle, refuses_a_home_that_others_may_write_to)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct sealift *sealift = NULL;

    fixture_init(&fixture, false);
    sealift_close(&fixture.sealift);
    cr_assert_eq(chmod(fixture_path(&fixture, "home"), 0777), 0);
    fixture_expect(&fixture, open_at(&fixture, "home", &sealift), SEALIFT_DENIED, "home");
    cr_assert_null(sealift);
}

/* SQLite keeps user_version at offset 60 of the file, the highest byte first. */
Test(handle, refuses_a_table_of_a_later_version)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct sealift *sealift = NULL;
    int fd;

    fixture_init(&fixture, false);
    sealift_close(&fixture.sealift);
    fd = open(fixture_path(&fixture, "home/sealift.db"), O_WRONLY);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pwrite(fd, "\0\0\x03\xe7", 4, 60), 4);
    close(fd);
    fixture_expect(&fixture, open_at(&fixture, "home", &sealift), SEALIFT_INVALID, "later sealift");
}

Test(handle, stops_what_comes_after_a_cancellation)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct sealift_upload_result result;
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday"};

    fixture_init(&fixture, true);
    fixture_add_fs(&fixture, "home", "tree");
    fixture_expect(&fixture, sealift_snapshot_add(fixture.sealift, "home", "monday", NULL, &fixture.err), SEALIFT_OK,
                   "");
    sealift_cancel(fixture.sealift);
    fixture_expect(&fixture, sealift_snapshot_upload(fixture.sealift, &spec, &result, &fixture.err), SEALIFT_CANCELLED,
                   "");
    cr_assert_eq(fixture_count_objects(&fixture, "/snapshots/"), 0u);
}

Test(handle, has_a_version)
{
    cr_assert_gt(strlen(sealift_version()), 2u);
    cr_assert_eq(sealift_format_version(), 1);
}
