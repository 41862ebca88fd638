#include "btrfs.h"

#include "buf.h"
#include "disk.h"
#include "scoped.h"
#include "seeded_world.h"
#include "walk.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct disk disk;
static char volume[2 * PATH_MAX]; /* a subvolume of it */
static struct uuid name;

#define RUN(...) disk_run((const char *const[]){__VA_ARGS__, NULL})

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    name = uuid_v7(&seeded.world);
}

static void
tear_down(void)
{
    disk_done(&disk);
}

TestSuite(btrfs, .init = set_up, .fini = tear_down);

static bool
make_volume(void)
{
    static const char *const make[] = {"mkfs.btrfs", "-q", NULL};

    if (!disk_make(&disk, make))
        return false;
    snprintf(volume, sizeof(volume), "%s", disk_at(&disk, "volume"));
    cr_assert(RUN("btrfs", "-q", "subvolume", "create", volume));
    return true;
}

#define NEED_VOLUME()                                                                                                  \
    do {                                                                                                               \
        if (!make_volume())                                                                                            \
            cr_skip_test("no btrfs of one's own");                                                                     \
    } while (0)

static void
expect(enum sealift_status answered, enum sealift_status status, const char *word)
{
    cr_assert_eq(answered, status, "answered %d: %s", answered, err.message);
    if (status != SEALIFT_OK)
        cr_assert_not_null(strstr(err.message, word), "no \"%s\" in: %s", word, err.message);
}

static void
expect_place(const char *path, enum btrfs_place expected)
{
    enum btrfs_place place;

    expect(btrfs_look(path, &place, &err), SEALIFT_OK, "");
    cr_assert_eq(place, expected, "%s: place %d, not %d", path, place, expected);
}

static void
write_file(const char *folder, const char *below, const char *text)
{
    int fd = open(folder, O_PATH | O_DIRECTORY);

    cr_assert_geq(fd, 0);
    playground_file(fd, below, text);
    close(fd);
}

static void
expect_file(const char *folder, const char *below, const char *text)
{
    char path[3 * PATH_MAX], found[64] = "";
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, below);
    file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    cr_assert_not_null(fgets(found, sizeof(found), file));
    cr_assert_str_eq(found, text);
    fclose(file);
}

/* Below the subvolume; NULL: the snapshot folder itself. */
static const char *
in_folder(const char *below)
{
    static char path[3 * PATH_MAX];

    snprintf(path, sizeof(path), "%s/" BTRFS_SNAPSHOT_FOLDER "%s%s", volume, below != NULL ? "/" : "",
             below != NULL ? below : "");
    return path;
}

static char *
make_snapshot(void)
{
    char *snapshot = NULL;

    expect(btrfs_snapshot_path(volume, &name, &snapshot, &err), SEALIFT_OK, "");
    expect(btrfs_snapshot_make(snapshot, true, &err), SEALIFT_OK, "");
    return snapshot;
}

Test(btrfs, tells_a_subvolume_from_what_else_there_is)
{
    const char *path;

    expect_place("/proc", BTRFS_NOT_HERE);
    NEED_VOLUME();
    expect_place(disk.mount, BTRFS_SUBVOLUME);
    expect_place(volume, BTRFS_SUBVOLUME);
    path = disk_at(&disk, "volume/below");
    cr_assert_eq(mkdir(path, 0755), 0);
    expect_place(path, BTRFS_INSIDE);
    path = disk_at(&disk, "still");
    cr_assert(RUN("btrfs", "-q", "subvolume", "snapshot", "-r", volume, path));
    expect_place(path, BTRFS_UNCHANGEABLE);
    cr_assert(RUN("mount", "-o", "remount,ro", disk.mount));
    expect_place(volume, BTRFS_UNCHANGEABLE);
}

Test(btrfs, says_that_nothing_is_there)
{
    enum btrfs_place place;

    expect(btrfs_look("/nowhere/at/all", &place, &err), SEALIFT_NOT_FOUND, "/nowhere/at/all");
}

Test(btrfs, holds_what_was_there_when_it_was_made)
{
    SCOPED(free_done) char *snapshot = NULL;

    NEED_VOLUME();
    write_file(volume, "file", "before");
    snapshot = make_snapshot();
    write_file(volume, "file", "after");
    expect_file(snapshot, "file", "before");
    expect_file(volume, "file", "after");
    expect(btrfs_snapshot_check(snapshot, &err), SEALIFT_OK, "");
    cr_assert_neq(access(snapshot, W_OK), 0, "it can be written to");
}

Test(btrfs, goes_without_a_trace)
{
    SCOPED(free_done) char *snapshot = NULL;
    struct stat before, after;

    NEED_VOLUME();
    write_file(volume, "file", "text");
    cr_assert_eq(stat(volume, &before), 0);
    snapshot = make_snapshot();
    cr_assert_eq(stat(snapshot, &after), 0);
    cr_assert_eq(memcmp(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim)), 0, "the snapshot tells of itself");
    expect(btrfs_snapshot_remove(snapshot, &err), SEALIFT_OK, "");
    cr_assert_neq(access(in_folder(NULL), F_OK), 0);
    cr_assert_eq(stat(volume, &after), 0);
    cr_assert_eq(memcmp(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim)), 0);
    expect(btrfs_snapshot_remove(snapshot, &err), SEALIFT_NOT_FOUND, BTRFS_SNAPSHOT_FOLDER);
    expect(btrfs_snapshot_check(snapshot, &err), SEALIFT_NOT_FOUND, BTRFS_SNAPSHOT_FOLDER);
}

Test(btrfs, leaves_the_other_snapshots_alone)
{
    SCOPED(free_done) char *first = NULL, *second = NULL;

    NEED_VOLUME();
    write_file(volume, "file", "first");
    first = make_snapshot();
    name = uuid_v7(&seeded.world);
    write_file(volume, "file", "second");
    second = make_snapshot();
    expect(btrfs_snapshot_remove(first, &err), SEALIFT_OK, "");
    expect_file(second, "file", "second");
    expect(btrfs_snapshot_remove(first, &err), SEALIFT_NOT_FOUND, "");
}

Test(btrfs, is_no_part_of_what_is_walked)
{
    const struct walk_options options = {0};
    SCOPED(walk_free) struct walk *walk = NULL;
    SCOPED(free_done) char *snapshot = NULL;
    static const char *const expected[] = {"", "directory", ("directory/" BTRFS_SNAPSHOT_FOLDER)};

    NEED_VOLUME();
    snapshot = make_snapshot();
    write_file(volume, "file", "text");
    unlink(in_folder("../file"));
    cr_assert_eq(mkdir(in_folder("../directory"), 0755), 0);
    cr_assert_eq(mkdir(in_folder("../directory/" BTRFS_SNAPSHOT_FOLDER), 0755), 0);
    expect(walk_open(&seeded.world, volume, &options, &walk, &err), SEALIFT_OK, "");
    for (size_t i = 0; i < 4; i++) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        expect(walk_next(walk, &entry, &err), SEALIFT_OK, "");
        if (i == 3)
            cr_assert_null(entry);
        else
            cr_assert(bytes_equal(entry->meta.path, bytes_of_text(expected[i])), "%s", expected[i]);
    }
}

/* Somebody who may write to the subvolume's root lies in wait for root. */
Test(btrfs, trusts_only_a_folder_of_its_own)
{
    SCOPED(free_done) char *snapshot = NULL;

    NEED_VOLUME();
    expect(btrfs_snapshot_path(volume, &name, &snapshot, &err), SEALIFT_OK, "");
    cr_assert_eq(symlink("/tmp", in_folder(NULL)), 0);
    expect(btrfs_snapshot_make(snapshot, true, &err), SEALIFT_IO, BTRFS_SNAPSHOT_FOLDER ": cannot be opened");
    cr_assert_eq(unlink(in_folder(NULL)), 0);
    cr_assert_eq(mkdir(in_folder(NULL), 0700), 0);
    cr_assert_eq(chown(in_folder(NULL), 65534, 65534), 0);
    expect(btrfs_snapshot_make(snapshot, true, &err), SEALIFT_DENIED, "belongs to another user");
    cr_assert_eq(chown(in_folder(NULL), 0, 0), 0);
    cr_assert_eq(chmod(in_folder(NULL), 0777), 0);
    expect(btrfs_snapshot_make(snapshot, true, &err), SEALIFT_DENIED, "others may write");
    cr_assert_eq(access(in_folder(NULL), F_OK), 0);
}

Test(btrfs, destroys_nothing_that_it_did_not_make)
{
    SCOPED(free_done) char *snapshot = NULL;

    NEED_VOLUME();
    expect(btrfs_snapshot_path(volume, &name, &snapshot, &err), SEALIFT_OK, "");
    cr_assert_eq(mkdir(in_folder(NULL), 0700), 0);
    cr_assert_eq(mkdir(snapshot, 0700), 0);
    expect(btrfs_snapshot_remove(snapshot, &err), SEALIFT_INVALID, "no read-only snapshot");
    cr_assert_eq(rmdir(snapshot), 0);
    cr_assert(RUN("btrfs", "-q", "subvolume", "create", snapshot));
    expect(btrfs_snapshot_remove(snapshot, &err), SEALIFT_INVALID, "no read-only snapshot");
    expect(btrfs_snapshot_check(snapshot, &err), SEALIFT_INVALID, "no read-only snapshot");
    expect(btrfs_snapshot_remove(volume, &err), SEALIFT_INVALID, "no snapshot that sealift made");
    expect(btrfs_snapshot_remove("x", &err), SEALIFT_INVALID, "no snapshot that sealift made");
}

Test(btrfs, leaves_nothing_when_it_cannot_be_made)
{
    SCOPED(free_done) char *snapshot = NULL;

    playground_make(&disk.playground);
    expect(btrfs_snapshot_path(disk.playground.path, &name, &snapshot, &err), SEALIFT_OK, "");
    cr_assert_neq(btrfs_snapshot_make(snapshot, false, &err), SEALIFT_OK);
    cr_assert_not_null(strstr(err.message, "cannot be made"), "%s", err.message);
    cr_assert_eq(unlinkat(AT_FDCWD, disk.playground.path, AT_REMOVEDIR), 0, "something is left");
    cr_assert_eq(mkdir(disk.playground.path, 0755), 0);
}

static int
make_as_ordinary_user(void *argument)
{
    const bool *to_be_removed = argument;
    SCOPED(free_done) char *snapshot = NULL;

    PLAYGROUND_CHECK(btrfs_snapshot_path(volume, &name, &snapshot, &err) == SEALIFT_OK);
    return btrfs_snapshot_make(snapshot, *to_be_removed, &err) == SEALIFT_OK ? 0 : err.status == SEALIFT_DENIED ? 2 : 1;
}

static int
remove_as_ordinary_user(void *unused)
{
    SCOPED(free_done) char *snapshot = NULL;

    (void)unused;
    PLAYGROUND_CHECK(btrfs_snapshot_path(volume, &name, &snapshot, &err) == SEALIFT_OK);
    return btrfs_snapshot_remove(snapshot, &err) == SEALIFT_OK ? 0 : err.status == SEALIFT_DENIED ? 2 : 1;
}

Test(btrfs, is_made_for_an_ordinary_user_who_can_remove_it)
{
    bool to_be_removed = true, stays = false;

    NEED_VOLUME();
    cr_assert_eq(playground_as_ordinary_user(make_as_ordinary_user, &to_be_removed), 2, "may not even write there");
    cr_assert_eq(chown(volume, 65534, 65534), 0);
    cr_assert_eq(playground_as_ordinary_user(make_as_ordinary_user, &to_be_removed), 2);
    cr_assert_neq(access(in_folder(NULL), F_OK), 0, "something is left");
    cr_assert_eq(playground_as_ordinary_user(make_as_ordinary_user, &stays), 0);
    cr_assert_eq(playground_as_ordinary_user(remove_as_ordinary_user, NULL), 2);
    name = uuid_v7(&seeded.world);
    cr_assert(RUN("mount", "-o", "remount,user_subvol_rm_allowed", disk.mount));
    cr_assert_eq(playground_as_ordinary_user(make_as_ordinary_user, &to_be_removed), 0);
    cr_assert_eq(playground_as_ordinary_user(remove_as_ordinary_user, NULL), 0);
    cr_assert_eq(access(in_folder(NULL), F_OK), 0, "the first one is still there");
}
