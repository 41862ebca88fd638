#include "at_rest.h"
#include "fixture_disk.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct disk disk;

static void
tear_down(void)
{
    disk_done(&disk);
}

TestSuite(at_rest_check, .fini = tear_down);

#define NEEDS(made)                                                                                                    \
    do {                                                                                                               \
        if (!(made))                                                                                                   \
            cr_skip_test("no such filesystem on a loop device here");                                                  \
    } while (0)

static void
expect_refusal(const char *path, enum sealift_status status, const char *says)
{
    cr_assert_eq(at_rest_check(path, &err), status, "%s", err.message);
    cr_assert(strncmp(err.message, path, strlen(path)) == 0, "%s", err.message);
    cr_assert(strstr(err.message, says) != NULL, "\"%s\" should say \"%s\"", err.message, says);
}

Test(at_rest_check, is_content_with_an_empty_directory)
{
    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(mkdir(disk_at(&disk, "data"), 0755), 0);
    cr_assert_eq(at_rest_check(disk_at(&disk, "data"), &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(at_rest_check(disk_at(&disk, "data/"), &err), SEALIFT_OK, "%s", err.message);
}

Test(at_rest_check, is_content_with_what_does_not_exist_yet_and_does_not_make_it)
{
    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(at_rest_check(disk_at(&disk, "data"), &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(at_rest_check(disk_at(&disk, "far//away/data/"), &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(chdir(disk.mount), 0);
    cr_assert_eq(at_rest_check("data", &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(at_rest_check("far/away", &err), SEALIFT_OK, "%s", err.message);
    cr_assert_neq(access("data", F_OK), 0);
    cr_assert_neq(access("far", F_OK), 0);
}

Test(at_rest_check, refuses_the_root_of_a_filesystem)
{
    NEEDS(disk_make_encryptable(&disk));
    expect_refusal(disk.mount, SEALIFT_INVALID, "is the root of its filesystem");
    expect_refusal(disk_at(&disk, ""), SEALIFT_INVALID, "such as ");
}

Test(at_rest_check, is_content_with_a_mount_of_a_directory)
{
    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(mkdir(disk_at(&disk, "here"), 0755) | mkdir(disk_at(&disk, "there"), 0755), 0);
    cr_assert_eq(mount(disk_at(&disk, "here"), disk_at(&disk, "there"), NULL, MS_BIND, NULL), 0);
    cr_assert_eq(at_rest_check(disk_at(&disk, "there"), &err), SEALIFT_OK, "%s", err.message);
}

Test(at_rest_check, names_what_a_directory_holds)
{
    SCOPED(fd_done) int fd = -1;

    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(mkdir(disk_at(&disk, "data"), 0755), 0);
    fd = open(disk_at(&disk, "data"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    playground_file(fd, ".diary", "");
    expect_refusal(disk_at(&disk, "data"), SEALIFT_CONFLICT, "it holds \".diary\"");
}

Test(at_rest_check, refuses_what_is_encrypted_already_and_what_would_lie_within)
{
    SCOPED(secret_free) struct secret *key = disk_key(0);

    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(at_rest_encrypt(disk_at(&disk, "vault"), key, &err), SEALIFT_OK, "%s", err.message);
    expect_refusal(disk_at(&disk, "vault"), SEALIFT_CONFLICT, "is encrypted already");
    expect_refusal(disk_at(&disk, "vault/inner/deep"), SEALIFT_CONFLICT, "would lie within ");
    cr_assert_eq(mkdir(disk_at(&disk, "vault/inner"), 0700), 0);
    expect_refusal(disk_at(&disk, "vault/inner"), SEALIFT_CONFLICT, "is encrypted already");
}

Test(at_rest_check, refuses_files_and_links_to_nothing)
{
    SCOPED(fd_done) int fd = -1;

    NEEDS(disk_make_encryptable(&disk));
    fd = open(disk.mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    playground_file(fd, "file", "");
    cr_assert_eq(symlinkat("nowhere", fd, "link"), 0);
    expect_refusal(disk_at(&disk, "file"), SEALIFT_INVALID, "is no directory");
    cr_assert_eq(at_rest_check(disk_at(&disk, "file/below"), &err), SEALIFT_INVALID);
    expect_refusal(disk_at(&disk, "link"), SEALIFT_INVALID, "is a symbolic link to nothing");
    cr_assert_neq(at_rest_check("", &err), SEALIFT_OK);
}

Test(at_rest_check, refuses_a_filesystem_that_is_mounted_read_only)
{
    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(mkdir(disk_at(&disk, "data"), 0755), 0);
    disk_make_read_only(&disk);
    expect_refusal(disk_at(&disk, "data"), SEALIFT_IO, "mounted read-only");
    expect_refusal(disk_at(&disk, "new"), SEALIFT_IO, "mounted read-only");
}

static int
check_as_ordinary_user(void *argument)
{
    (void)argument;
    PLAYGROUND_CHECK(at_rest_check(disk_at(&disk, "data"), &err) == SEALIFT_DENIED);
    PLAYGROUND_CHECK(strstr(err.message, "belongs to another user") != NULL);
    PLAYGROUND_CHECK(at_rest_check(disk_at(&disk, "new"), &err) == SEALIFT_DENIED);
    PLAYGROUND_CHECK(at_rest_check(disk_at(&disk, "open/new"), &err) == SEALIFT_OK);
    return 0;
}

Test(at_rest_check, refuses_what_belongs_to_somebody_else)
{
    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(mkdir(disk_at(&disk, "data"), 0755) | mkdir(disk_at(&disk, "open"), 0755), 0);
    cr_assert_eq(chmod(disk_at(&disk, "open"), 0777), 0);
    cr_assert_eq(playground_as_ordinary_user(check_as_ordinary_user, NULL), 0);
}

static void
read_device(char out[64])
{
    char says[sizeof(err.message)];

    expect_refusal(disk_at(&disk, "data"), SEALIFT_INVALID, "tune2fs -O encrypt /dev/");
    snprintf(says, sizeof(says), "%s", strstr(err.message, "tune2fs"));
    cr_assert_eq(sscanf(says, "tune2fs -O encrypt %63s", out), 1);
}

static const char *const make_without[] = {"mkfs.ext4", "-q", "-F", "-b", "4096", NULL};

/* The command that it names does what it says, and needs no unmounting. */
Test(at_rest_check, says_how_the_feature_is_switched_on)
{
    char device[64];

    NEEDS(disk_make(&disk, make_without));
    read_device(device);
    cr_assert(disk_run((const char *const[]){"tune2fs", "-O", "encrypt", device, NULL}));
    cr_assert_eq(at_rest_check(disk_at(&disk, "data"), &err), SEALIFT_OK, "%s", err.message);
}

/* As /dev/root, which stands in /proc and nowhere else. */
Test(at_rest_check, names_a_device_by_its_number_where_its_name_is_none)
{
    char device[64], alias[2 * PATH_MAX];

    NEEDS(disk_make(&disk, make_without));
    read_device(device);
    snprintf(alias, sizeof(alias), "%s/alias", disk.playground.path);
    cr_assert_eq(symlink(device, alias) | mkdir(disk_at(&disk, "again"), 0755), 0);
    cr_assert_eq(mount(alias, disk_at(&disk, "again"), "ext4", 0, NULL), 0);
    cr_assert_eq(unlink(alias), 0);
    expect_refusal(disk_at(&disk, "again/data"), SEALIFT_INVALID, "tune2fs -O encrypt /dev/block/7:");
}

Test(at_rest_check, takes_small_blocks)
{
    static const char *const make[] = {"mkfs.ext4", "-q", "-F", "-b", "1024", "-O", "encrypt", NULL};
    SCOPED(secret_free) struct secret *key = disk_key(0);

    NEEDS(disk_make(&disk, make));
    cr_assert_eq(at_rest_encrypt(disk_at(&disk, "data"), key, &err), SEALIFT_OK, "%s", err.message);
}

static void
refuses(const char *const *make, const char *type)
{
    char says[2 * PATH_MAX];

    NEEDS(disk_make(&disk, make));
    snprintf(says, sizeof(says), "%s (mounted at %s) has no encryption of directories", type, disk.mount);
    expect_refusal(disk_at(&disk, "data"), SEALIFT_INVALID, says);
    cr_assert(strstr(err.message, "dm-crypt (LUKS)") != NULL, "%s", err.message);
    cr_assert(strstr(err.message, "encrypted once more") != NULL, "%s", err.message);
}

Test(at_rest_check, sends_xfs_elsewhere)
{
    static const char *const make[] = {"mkfs.xfs", "-q", NULL};

    refuses(make, "xfs");
}

Test(at_rest_check, sends_btrfs_elsewhere)
{
    static const char *const make[] = {"mkfs.btrfs", "-q", NULL};

    refuses(make, "btrfs");
}

Test(at_rest_check, sends_tmpfs_elsewhere)
{
    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(mkdir(disk_at(&disk, "memory"), 0755), 0);
    cr_assert_eq(mount("test", disk_at(&disk, "memory"), "tmpfs", 0, NULL), 0);
    expect_refusal(disk_at(&disk, "memory/data"), SEALIFT_INVALID, "encrypted swap");
}

Test(at_rest_check, sends_an_overlay_elsewhere)
{
    char options[4 * PATH_MAX];

    NEEDS(disk_make_encryptable(&disk));
    cr_assert_eq(mkdir(disk_at(&disk, "a"), 0755) | mkdir(disk_at(&disk, "b"), 0755) |
                     mkdir(disk_at(&disk, "c"), 0755) | mkdir(disk_at(&disk, "merged"), 0755),
                 0);
    snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", disk_at(&disk, "a"), disk_at(&disk, "b"),
             disk_at(&disk, "c"));
    if (mount("test", disk_at(&disk, "merged"), "overlay", 0, options) != 0)
        cr_skip_test("no overlay here");
    expect_refusal(disk_at(&disk, "merged/data"), SEALIFT_INVALID, "overlay");
}
