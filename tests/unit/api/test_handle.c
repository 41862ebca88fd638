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
ignore_obs(void *context, const struct sealift_obs *obs, struct sealift_error *err)
{
    (void)context;
    (void)obs;
    (void)err;
    return SEALIFT_OK;
}

/* The first thing that is done with a home that was opened: to look into its table. */
static enum sealift_status
look(struct fixture *fixture, const char *home)
{
    SCOPED(sealift_close) struct sealift *sealift = NULL;
    const struct sealift_options options = {.home = home};

    fixture_expect(fixture, sealift_open(&options, &sealift, &fixture->err), SEALIFT_OK, "");
    return sealift_obs_list(sealift, ignore_obs, NULL, &fixture->err);
}

Test(handle, makes_a_home_for_us_alone)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct stat found;

    fixture_init(&fixture, false);
    fixture_expect(&fixture, look(&fixture, fixture_path(&fixture, "home")), SEALIFT_OK, "");
    cr_assert_eq(stat(fixture_path(&fixture, "home"), &found), 0);
    cr_assert_eq(found.st_mode & 07777, 0700);
    cr_assert_eq(stat(fixture_path(&fixture, "home/sealift.db"), &found), 0);
    cr_assert_eq(found.st_mode & 07777, 0600);
}

Test(handle, finds_its_home_in_the_environment)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, false);
    setenv("SEALIFT_HOME", fixture_path(&fixture, "elsewhere"), 1);
    fixture_expect(&fixture, look(&fixture, NULL), SEALIFT_OK, "");
    cr_assert_eq(access(fixture_path(&fixture, "elsewhere/sealift.db"), F_OK), 0);
}

Test(handle, refuses_a_home_that_others_may_write_to)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, true);
    sealift_close(&fixture.sealift);
    cr_assert_eq(chmod(fixture_path(&fixture, "home"), 0777), 0);
    fixture_expect(&fixture, look(&fixture, fixture_path(&fixture, "home")), SEALIFT_DENIED, "home");
}

/* SQLite keeps user_version at offset 60 of the file, the highest byte first. */
Test(handle, refuses_a_table_of_a_later_version)
{
    SCOPED(fixture_done) struct fixture fixture;
    int fd;

    fixture_init(&fixture, true);
    sealift_close(&fixture.sealift);
    fd = open(fixture_path(&fixture, "home/sealift.db"), O_WRONLY);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pwrite(fd, "\0\0\x03\xe7", 4, 60), 4);
    close(fd);
    fixture_expect(&fixture, look(&fixture, fixture_path(&fixture, "home")), SEALIFT_INVALID, "later sealift");
}

Test(handle, makes_no_home_before_a_table_is_needed)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, false);
    cr_assert_neq(access(fixture_path(&fixture, "home"), F_OK), 0);
}

Test(handle, stops_what_comes_after_a_cancellation)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct sealift_upload_result result;
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday"};

    fixture_init(&fixture, true);
    fixture_add_fs(&fixture, "home", "tree");
    fixture_add_snapshot(&fixture, "home", "monday");
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
