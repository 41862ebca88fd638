#include "native_snapshot.h"

#include "btrfs.h"
#include "disk.h"
#include "fixture_home.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fixture fixture;
static struct disk disk;
static struct table_fs fs; /* "home", whose path is a subvolume of the disk */

static void
set_up(void)
{
    fixture_init(&fixture, true);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
    disk_done(&disk);
}

TestSuite(native_snapshot, .init = set_up, .fini = tear_down);

static bool
make_volume(void)
{
    static const char *const make[] = {"mkfs.btrfs", "-q", NULL};
    struct sealift_fs_spec spec = {.name = "home", .obs = "dr", .allow_no_kms = true};

    if (!disk_make(&disk, make))
        return false;
    spec.path = disk_at(&disk, "volume");
    cr_assert(disk_run((const char *const[]){"btrfs", "-q", "subvolume", "create", spec.path, NULL}));
    fixture_expect(&fixture, sealift_fs_add(fixture.sealift, &spec, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "home", &fs, &fixture.err), SEALIFT_OK, "");
    return true;
}

#define NEED_VOLUME()                                                                                                  \
    do {                                                                                                               \
        if (!make_volume())                                                                                            \
            cr_skip_test("no btrfs of one's own");                                                                     \
    } while (0)

static struct table_snapshot
make_row(const char *name, bool keep)
{
    struct table_snapshot row = {.fs = fs.uuid};

    snprintf(row.name, sizeof(row.name), "%s", name);
    fixture_expect(&fixture, native_snapshot_make(fixture.sealift, &fs, keep, &row, &fixture.err), SEALIFT_OK, "");
    return row;
}

static struct table_snapshot
add_uploaded(const char *name, bool keep)
{
    struct table_snapshot row = make_row(name, keep);

    row.status = TABLE_SNAPSHOT_UPLOADED;
    row.upload = uuid_v7(&fixture.sealift->world);
    fixture_expect(&fixture, table_snapshot_add(fixture.sealift->table, &row, &fixture.err), SEALIFT_OK, "");
    return row;
}

static void
expect_there(const struct table_snapshot *row, bool there)
{
    cr_assert_eq(access(row->source, F_OK) == 0, there, "%s", row->source);
}

/* Whether the table still knows where it is. */
static void
expect_known(const struct table_snapshot *row, bool known)
{
    struct table_snapshot now;

    fixture_expect(&fixture, table_snapshot_get(fixture.sealift->table, &fs.uuid, row->name, &now, &fixture.err),
                   SEALIFT_OK, "");
    cr_assert_str_eq(now.source, known ? row->source : "");
    cr_assert_str_eq(now.native, row->native);
    cr_assert_eq(now.status, row->status);
}

Test(native_snapshot, is_made_and_taken_back)
{
    struct table_snapshot row;

    NEED_VOLUME();
    row = make_row("monday", false);
    expect_there(&row, true);
    cr_assert_str_eq(row.native, "btrfs");
    native_snapshot_take_back(fixture.sealift, &row);
    expect_there(&row, false);
    row = make_row("monday", true);
    cr_assert_str_eq(row.native, "");
    native_snapshot_take_back(fixture.sealift, &row);
    expect_there(&row, false);
}

Test(native_snapshot, is_swept_when_it_is_uploaded_and_not_before)
{
    struct table_snapshot added, kept, first, second;

    NEED_VOLUME();
    added = make_row("added", false);
    fixture_expect(&fixture, table_snapshot_add(fixture.sealift->table, &added, &fixture.err), SEALIFT_OK, "");
    kept = add_uploaded("kept", true);
    first = add_uploaded("first", false);
    second = add_uploaded("second", false);
    native_snapshot_sweep(fixture.sealift, &fs.uuid);
    expect_there(&added, true);
    expect_known(&added, true);
    expect_there(&kept, true);
    expect_known(&kept, true);
    expect_there(&first, false);
    expect_known(&first, false);
    expect_there(&second, false);
    expect_known(&second, false);
}

Test(native_snapshot, is_not_forgotten_while_its_filesystem_is_not_mounted)
{
    struct table_snapshot row;
    char image[PATH_MAX + 16];

    NEED_VOLUME();
    row = add_uploaded("monday", false);
    cr_assert(disk_run((const char *const[]){"umount", disk.mount, NULL}));
    native_snapshot_sweep(fixture.sealift, &fs.uuid);
    expect_known(&row, true);
    snprintf(image, sizeof(image), "%s/image", disk.playground.path);
    cr_assert(disk_run((const char *const[]){"mount", "-o", "loop", image, disk.mount, NULL}));
    expect_there(&row, true);
    native_snapshot_sweep(fixture.sealift, &fs.uuid);
    expect_there(&row, false);
    expect_known(&row, false);
}

Test(native_snapshot, is_checked_before_it_is_read)
{
    struct table_snapshot row;

    NEED_VOLUME();
    row = make_row("monday", false);
    fixture_expect(&fixture, native_snapshot_check(&row, &fixture.err), SEALIFT_OK, "");
    native_snapshot_take_back(fixture.sealift, &row);
    fixture_expect(&fixture, native_snapshot_check(&row, &fixture.err), SEALIFT_NOT_FOUND, "add another one");
}

Test(native_snapshot, needs_the_filesystem_to_be_there)
{
    struct table_snapshot row = {.name = "monday"};

    snprintf(fs.path, sizeof(fs.path), "%s", fixture_path(&fixture, "nowhere"));
    fixture_expect(&fixture, native_snapshot_make(fixture.sealift, &fs, false, &row, &fixture.err), SEALIFT_NOT_FOUND,
                   "mounted?");
}
