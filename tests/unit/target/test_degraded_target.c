/* What a target leaves out and tells, since this user may not set it or this filesystem cannot hold it. */
#include "fixture_degraded.h"
#include "fixture_target.h"
#include "scoped.h"
#include "xattr_set.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

TestSuite(degraded_target, .init = target_set_up, .fini = target_tear_down);

static int
restore_as_ordinary_user(void *argument)
{
    SCOPED(target_free) struct target *target = NULL;
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry program = entry_of(TREE_FILE, "a/program", 06755),
                      device = entry_of(TREE_CHARACTER_DEVICE, "null", 0666),
                      link = entry_of(TREE_HARD_LINK, "null-too", 0), closed = entry_of(TREE_DIRECTORY, "a", 0),
                      symlink = entry_of(TREE_SYMLINK, "symlink", 0777);

    PLAYGROUND_CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
    PLAYGROUND_CHECK(target_open(&seeded.world, argument, degraded_note, NULL, &target, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &closed, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(xattr_set_add(&set, "security.capability", bytes_of_text("never looked at"), &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(xattr_set_add(&set, "trusted.secret", bytes_of_text("x"), &err) == SEALIFT_OK);
    program.uid = 12345;
    program.xattrs = buf_bytes(&set);
    PLAYGROUND_CHECK(try_file(target, &program, "#!/bin/true\n") == SEALIFT_OK);
    device.major = 1;
    device.minor = 3;
    PLAYGROUND_CHECK(target_make(target, &device, &err) == SEALIFT_OK);
    link.target = bytes_of_text("null");
    PLAYGROUND_CHECK(target_make(target, &link, &err) == SEALIFT_OK);
    symlink.target = bytes_of_text("a");
    PLAYGROUND_CHECK(target_make(target, &symlink, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_finish_entry(target, &closed, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_finish(target, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(
        strcmp(degraded,
               "a/program: its owner 12345:65534 could not be set: Operation not permitted\n"
               "a/program: its extended attribute trusted.secret could not be set: Operation not permitted\n"
               "a/program: its set-user-ID and set-group-ID bits and file capabilities were left out, since it has "
               "another owner\n"
               "null: it could not be made: this user, or this filesystem, may have none of its kind\n"
               "null-too: this name was left out: the entry that it is another name of could not be made\n") == 0);
    return 0;
}

Test(degraded_target, tells_an_ordinary_user_what_was_left_out_and_goes_on)
{
    if (geteuid() != 0)
        cr_skip_test("the sentences are those of nobody, which needs root to become");
    playground_directory(playground.fd, "new");
    cr_assert_eq(fchownat(playground.fd, "new", 65534, 65534, 0), 0);
    cr_assert_eq(playground_as_ordinary_user(restore_as_ordinary_user, path), 0);
    cr_assert_eq(stat_of("a/program").st_mode, S_IFREG | 0755);
    cr_assert_eq(stat_of("a").st_mode, S_IFDIR);
    cr_assert_not(exists("null"));
}

/* --- what this filesystem cannot hold --- */

Test(degraded_target, leaves_out_a_file_that_is_larger_than_one_may_be_here)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "huge", 0600), link = entry_of(TREE_HARD_LINK, "other-name", 0);
    struct target_file *file = NULL;
    struct statfs filesystem;

    cr_assert_eq(statfs(playground.path, &filesystem), 0);
    if (filesystem.f_type != 0xef53)
        cr_skip_test("$TMPDIR is not on ext4, whose files end at 16 TiB");
    entry.size = (uint64_t)1 << 62;
    cr_assert_eq(target_file_make(target, &entry, &file, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_file_write(file, 5, bytes_of_text("data"), &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_file_finish(&file, &err), SEALIFT_OK, "%s", err.message);
    link.target = entry.path;
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_finish_entry(target, &entry, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_not(exists("huge"));
    cr_assert_not(exists("other-name"));
    cr_assert_str_eq(degraded, "huge: it was left out: it is larger than a file may be on this filesystem\n"
                               "other-name: this name was left out: the entry that it is another name of could not be "
                               "made\n");
}

/* From here on no directory can be made in this process: "its name is too long", as eCryptfs says beyond 143 bytes. */
static bool
let_no_directory_be_made(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdirat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENAMETOOLONG),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(steps) / sizeof(steps[0]), steps};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int
restore_without_a_directory(void *argument)
{
    SCOPED(target_free) struct target *target = target_of(path);
    const struct tree_entry root = entry_of(TREE_DIRECTORY, "", 0755), a = entry_of(TREE_DIRECTORY, "a", 0755),
                            b = entry_of(TREE_DIRECTORY, "b", 0755), in_b = entry_of(TREE_FILE, "b/file", 0600),
                            deeper = entry_of(TREE_DIRECTORY, "b/deeper", 0755), c = entry_of(TREE_FILE, "c", 0600);
    struct tree_entry link = entry_of(TREE_HARD_LINK, "d", 0);
    const struct tree_entry *const all[] = {&root, &a, &b, &deeper, &in_b, &c, &link};

    (void)argument;
    link.target = in_b.path;
    PLAYGROUND_CHECK(target_make(target, &root, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &a, &err) == SEALIFT_OK);
    if (!let_no_directory_be_made())
        return 2;
    PLAYGROUND_CHECK(target_make(target, &b, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &deeper, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(try_file(target, &in_b, "lost") == SEALIFT_OK);
    PLAYGROUND_CHECK(try_file(target, &c, "kept") == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &link, &err) == SEALIFT_OK);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        PLAYGROUND_CHECK(target_finish_entry(target, all[i], &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_finish(target, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(exists("a") && !exists("b") && exists("c") && !exists("d"));
    PLAYGROUND_CHECK(strcmp(degraded, "b: it was left out: its name is longer than this filesystem allows, and with it "
                                      "all that lies in it\n"
                                      "b/deeper: it was left out, since its directory was\n"
                                      "b/file: it was left out, since its directory was\n"
                                      "d: this name was left out: the entry that it is another name of could not be "
                                      "made\n") == 0);
    return 0;
}

Test(degraded_target, leaves_out_what_lies_in_a_directory_whose_name_is_too_long)
{
    int result;

    cr_assert_eq(chmod(playground.path, 0777), 0);
    result = playground_as_ordinary_user(restore_without_a_directory, NULL);
    if (result == 2)
        cr_skip_test("this kernel has no seccomp filters");
    cr_assert_eq(result, 0);
}
