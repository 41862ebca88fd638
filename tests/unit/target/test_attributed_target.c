/* What the entries of a target get beside their contents. */
#include "fixture_degraded.h"
#include "fixture_target.h"
#include "scoped.h"
#include "xattr_set.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

TestSuite(attributed_target, .init = target_set_up, .fini = target_tear_down);

static void
add_xattr(struct buf *set, const char *name, const void *value, size_t len)
{
    cr_assert_eq(xattr_set_add(set, name, (struct bytes){value, len}, &err), SEALIFT_OK, "%s", err.message);
}

static void
expect_xattr(const char *name, const char *attribute, const void *value, size_t len)
{
    char full[2 * PATH_MAX], got[4096];

    snprintf(full, sizeof(full), "%s/%s", path, name);
    cr_assert_eq(lgetxattr(full, attribute, got, sizeof(got)), (ssize_t)len, "%s: %s", attribute, strerror(errno));
    cr_assert_eq(memcmp(got, value, len), 0);
}

/* Whether the playground's filesystem takes one more attribute, of this user, of the same file. */
static bool
takes_more_xattrs(const char *attribute, const void *value, size_t len)
{
    char full[PATH_MAX + 8];

    snprintf(full, sizeof(full), "%s/probe", playground.path);
    return lsetxattr(full, attribute, value, len, 0) == 0;
}

static bool
takes_xattr(const char *attribute, const void *value, size_t len)
{
    playground_file(playground.fd, "probe", "");
    return takes_more_xattrs(attribute, value, len);
}

Test(attributed_target, sets_extended_attributes)
{
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry file = entry_of(TREE_FILE, "file", 0400), directory = entry_of(TREE_DIRECTORY, "d", 0500);

    if (!takes_xattr("user.probe", "x", 1))
        cr_skip_test("this filesystem has no user attributes");
    add_xattr(&set, "user.a", "", 0);
    add_xattr(&set, "user.b", "\0\xff", 2);
    file.xattrs = directory.xattrs = buf_bytes(&set);
    make_file(target, &file, "");
    expect_xattr("file", "user.a", "", 0);
    expect_xattr("file", "user.b", "\0\xff", 2);
    make(target, TREE_DIRECTORY, "d", 0500);
    cr_assert_eq(target_finish_entry(target, &directory, &err), SEALIFT_OK);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK);
    expect_xattr("d", "user.b", "\0\xff", 2);
    cr_assert_str_eq(degraded, "");
}

Test(attributed_target, sets_extended_attributes_of_links_and_fifos)
{
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry link = entry_of(TREE_SYMLINK, "link", 0777), fifo = entry_of(TREE_FIFO, "fifo", 0600);

    if (!takes_xattr("trusted.probe", "x", 1))
        cr_skip_test("trusted attributes need root");
    add_xattr(&set, "trusted.of", "its own", 7);
    link.target = bytes_of_text("/etc/passwd");
    link.xattrs = fifo.xattrs = buf_bytes(&set);
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_make(target, &fifo, &err), SEALIFT_OK, "%s", err.message);
    expect_xattr("link", "trusted.of", "its own", 7);
    expect_xattr("fifo", "trusted.of", "its own", 7);
    cr_assert_lt(getxattr("/etc/passwd", "trusted.of", NULL, 0), 0);
    cr_assert_str_eq(degraded, "");
}

/* ext4 answers "no space" when the attributes of one inode outgrow the room that it has for them: the
 * disk is not full. */
Test(attributed_target, does_not_take_too_many_attributes_for_a_full_disk)
{
    static const char large[3000];
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0600);

    if (!takes_xattr("user.a", large, sizeof(large)))
        cr_skip_test("this filesystem has no user attributes");
    if (takes_more_xattrs("user.b", large, sizeof(large)))
        cr_skip_test("this filesystem takes attributes of any size");
    add_xattr(&set, "user.a", large, sizeof(large));
    add_xattr(&set, "user.b", large, sizeof(large));
    entry.xattrs = buf_bytes(&set);
    make_file(target, &entry, "contents");
    expect_xattr("file", "user.a", large, sizeof(large));
    cr_assert_str_eq(
        degraded,
        "file: its extended attribute user.b could not be set: this filesystem has no room for more in one inode\n");
}

/* Version 2: owner rwx, user 1234 rwx, group ---, mask rwx, others ---. */
static const uint8_t acl[] = {2, 0,    0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,  7,
                              0, 0xd2, 4,   0,   0,   4,   0,  0, 0,   255, 255, 255, 255, 16, 0,
                              7, 0,    255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};

Test(attributed_target, sets_acls_beside_the_mode)
{
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0770);

    if (!takes_xattr("system.posix_acl_access", acl, sizeof(acl)))
        cr_skip_test("this filesystem has no ACLs");
    add_xattr(&set, "system.posix_acl_access", acl, sizeof(acl));
    entry.xattrs = buf_bytes(&set);
    make_file(target, &entry, "");
    expect_xattr("file", "system.posix_acl_access", acl, sizeof(acl));
    cr_assert_eq(stat_of("file").st_mode, S_IFREG | 0770);
}

/* A change of owner clears both, so they must come after it. */
Test(attributed_target, keeps_set_id_bits_and_capabilities_beside_an_owner)
{
    static const uint8_t capability[] = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "program", 06755);

    if (!takes_xattr("security.capability", capability, sizeof(capability)))
        cr_skip_test("file capabilities need root");
    add_xattr(&set, "security.capability", capability, sizeof(capability));
    entry.xattrs = buf_bytes(&set);
    entry.uid = 1000;
    entry.gid = 1001;
    make_file(target, &entry, "#!/bin/true\n");
    cr_assert_eq(stat_of("program").st_uid, 1000);
    cr_assert_eq(stat_of("program").st_gid, 1001);
    cr_assert_eq(stat_of("program").st_mode, S_IFREG | 06755);
    expect_xattr("program", "security.capability", capability, sizeof(capability));
    cr_assert_str_eq(degraded, "");
}

Test(attributed_target, sets_the_owner_of_every_type)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry link = entry_of(TREE_SYMLINK, "link", 0777), directory = entry_of(TREE_DIRECTORY, "d", 02775);

    if (geteuid() != 0)
        cr_skip_test("giving files away needs root");
    link.target = bytes_of_text("/etc/passwd");
    link.uid = directory.uid = 4000000000;
    link.gid = directory.gid = 4000000001;
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    make(target, TREE_DIRECTORY, "d", 02775);
    cr_assert_eq(target_finish_entry(target, &directory, &err), SEALIFT_OK);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK);
    cr_assert_eq(stat_of("link").st_uid, 4000000000);
    cr_assert_eq(stat_of("link").st_gid, 4000000001);
    cr_assert_eq(stat_of("d").st_uid, 4000000000);
    cr_assert_eq(stat_of("d").st_mode, S_IFDIR | 02775);
}

/* To chown() this number says "leave it": a program of nobody's must not become root's. */
Test(attributed_target, takes_the_highest_uid_for_nobodys)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "program", 04755);

    entry.uid = UINT32_MAX;
    make_file(target, &entry, "");
    cr_assert_eq(stat_of("program").st_mode, S_IFREG | 0755);
    cr_assert_not_null(strstr(degraded, "program: its owner"), "%s", degraded);
}

Test(attributed_target, leaves_the_group_nothing_where_acls_cannot_be_set)
{
    SCOPED(target_free) struct target *target = NULL;
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0770);

    playground_directory(playground.fd, "new");
    if (mount("sealift-test", path, "tmpfs", 0, "size=1m,noacl") != 0 &&
        mount("sealift-test", path, "ramfs", 0, NULL) != 0)
        cr_skip_test("mounting needs root");
    if (setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0) == 0) {
        playground_unmount(playground.fd, "new");
        cr_skip_test("no filesystem without ACLs is at hand");
    }
    target = target_of(path);
    add_xattr(&set, "system.posix_acl_access", acl, sizeof(acl));
    entry.xattrs = buf_bytes(&set);
    make_file(target, &entry, "");
    cr_assert_eq(stat_of("file").st_mode, S_IFREG | 0700);
    cr_assert_not_null(strstr(degraded, "file: its extended attribute system.posix_acl_access could not be set"), "%s",
                       degraded);
    playground_unmount(playground.fd, "new");
}
