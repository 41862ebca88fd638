#include "at_rest.h"
#include "fixture_disk.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sealift_error err;
static struct disk disk;
static char vault[2 * PATH_MAX];
static char found[4096]; /* "PID COMMAND WHAT" lines */

static void
set_up(void)
{
    SCOPED(secret_free) struct secret *key = disk_key(0);
    SCOPED(fd_done) int fd = -1;

    if (!disk_make_encryptable(&disk))
        cr_skip_test("no ext4 with fscrypt on a loop device here");
    snprintf(vault, sizeof(vault), "%s", disk_at(&disk, "vault"));
    cr_assert_eq(at_rest_encrypt(vault, key, &err), SEALIFT_OK, "%s", err.message);
    fd = open(vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    playground_file(fd, "diary", "dear diary");
}

static void
tear_down(void)
{
    disk_done(&disk);
}

TestSuite(at_rest_holders, .init = set_up, .fini = tear_down);

static void
note(void *context, int pid, const char *command, const char *what)
{
    size_t len = strlen(found);

    (void)context;
    snprintf(found + len, sizeof(found) - len, "%d %s %s\n", pid, command, what);
}

static void
look(void)
{
    found[0] = '\0';
    cr_assert_eq(at_rest_holders(vault, note, NULL, &err), SEALIFT_OK, "%s", err.message);
}

static void
expect(int pid, const char *what)
{
    char line[3 * PATH_MAX], command[64] = "";
    SCOPED(fd_done) int fd = -1;
    ssize_t len;

    snprintf(line, sizeof(line), "/proc/%d/comm", pid);
    fd = open(line, O_RDONLY | O_CLOEXEC);
    len = read(fd, command, sizeof(command) - 1);
    cr_assert_gt(len, 1);
    command[len - 1] = '\0';
    snprintf(line, sizeof(line), "%d %s %s\n", pid, command, what);
    look();
    cr_assert_str_eq(found, line);
}

/* A child that does `hold` and waits to be released. */
static pid_t
holder(bool (*hold)(void))
{
    int ready[2];
    char byte;
    pid_t pid;

    cr_assert_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        if (hold() && write(ready[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1, "the child holds something");
    close(ready[0]);
    return pid;
}

static void
release(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

Test(at_rest_holders, are_none_where_nobody_holds_anything)
{
    SCOPED(fd_done) int beside = open(disk.mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    playground_file(beside, "vault-too", "");
    fd_done(&beside);
    beside = open(disk_at(&disk, "vault-too"), O_RDONLY | O_CLOEXEC);
    cr_assert_geq(beside, 0);
    look();
    cr_assert_str_empty(found);
}

Test(at_rest_holders, have_a_file_open)
{
    SCOPED(fd_done) int fd = open(disk_at(&disk, "vault/diary"), O_RDONLY | O_CLOEXEC);

    cr_assert_geq(fd, 0);
    expect(getpid(), disk_at(&disk, "vault/diary"));
}

static enum at_rest_state
lock(void)
{
    SCOPED(secret_free) struct secret *key = disk_key(0);
    char id[AT_REST_ID_SIZE];
    enum at_rest_state state;

    cr_assert_eq(at_rest_identify(key, id, &err), SEALIFT_OK);
    cr_assert_eq(at_rest_lock(vault, id, &state, &err), SEALIFT_OK, "%s", err.message);
    return state;
}

Test(at_rest_holders, are_found_by_their_plain_names_when_the_key_is_gone)
{
    SCOPED(fd_done) int fd = open(disk_at(&disk, "vault/diary"), O_RDONLY | O_CLOEXEC);

    cr_assert_geq(fd, 0);
    cr_assert_eq(lock(), AT_REST_BUSY);
    expect(getpid(), disk_at(&disk, "vault/diary"));
}

Test(at_rest_holders, have_a_file_open_that_has_no_name_any_more)
{
    SCOPED(fd_done) int fd = open(disk_at(&disk, "vault/diary"), O_RDONLY | O_CLOEXEC);

    cr_assert_geq(fd, 0);
    cr_assert_eq(unlink(disk_at(&disk, "vault/diary")), 0);
    expect(getpid(), disk_at(&disk, "vault/diary (deleted)"));
}

Test(at_rest_holders, have_a_fifo_open)
{
    SCOPED(fd_done) int fd = -1;

    cr_assert_eq(mkfifo(disk_at(&disk, "vault/pipe"), 0600), 0);
    fd = open(disk_at(&disk, "vault/pipe"), O_RDWR | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    expect(getpid(), disk_at(&disk, "vault/pipe"));
}

Test(at_rest_holders, have_a_file_mapped)
{
    SCOPED(fd_done) int fd = open(disk_at(&disk, "vault/diary"), O_RDONLY | O_CLOEXEC);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

    cr_assert_geq(fd, 0);
    cr_assert_neq(map, MAP_FAILED);
    fd_done(&fd);
    fd = -1;
    expect(getpid(), disk_at(&disk, "vault/diary"));
    munmap(map, 4096);
}

static bool
work_there(void)
{
    return chdir(vault) == 0;
}

Test(at_rest_holders, work_in_the_directory)
{
    pid_t child = holder(work_there);

    expect(child, vault);
    release(child);
    look();
    cr_assert_str_empty(found);
}

static bool
live_there(void)
{
    return chroot(vault) == 0;
}

Test(at_rest_holders, have_it_as_their_root)
{
    pid_t child = holder(live_there);

    expect(child, vault);
    release(child);
}

static bool
have_it_mounted(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(vault, disk_at(&disk, "other"), NULL, MS_BIND, NULL) == 0;
}

static bool
see_it_elsewhere(void)
{
    return have_it_mounted() && open(disk_at(&disk, "other/diary"), O_RDONLY | O_CLOEXEC) >= 0;
}

Test(at_rest_holders, see_it_elsewhere_from_within_a_container)
{
    pid_t child;

    cr_assert_eq(mkdir(disk_at(&disk, "other"), 0700), 0);
    child = holder(see_it_elsewhere);
    expect(child, disk_at(&disk, "other/diary"));
    release(child);
}

Test(at_rest_holders, have_it_mounted_in_a_container_and_nothing_open)
{
    pid_t child;

    cr_assert_eq(mkdir(disk_at(&disk, "other"), 0700), 0);
    child = holder(have_it_mounted);
    cr_assert_eq(lock(), AT_REST_BUSY);
    expect(child, disk_at(&disk, "other"));
    release(child);
}

static void
expect_mount(const char *what)
{
    char line[3 * PATH_MAX];

    snprintf(line, sizeof(line), "0 mount %s\n", what);
    look();
    cr_assert_str_eq(found, line);
}

Test(at_rest_holders, are_mounts_of_it_elsewhere)
{
    cr_assert_eq(mkdir(disk_at(&disk, "other"), 0700) | mkdir(disk_at(&disk, "vault/attic"), 0700), 0);
    cr_assert_eq(mount(disk_at(&disk, "vault/attic"), disk_at(&disk, "other"), NULL, MS_BIND, NULL), 0);
    cr_assert_eq(lock(), AT_REST_BUSY);
    expect_mount(disk_at(&disk, "other"));
    cr_assert_eq(umount(disk_at(&disk, "other")), 0);
    look();
    cr_assert_str_empty(found);
    cr_assert_eq(lock(), AT_REST_LOCKED);
}

Test(at_rest_holders, are_mounts_of_something_else_on_a_part_of_it)
{
    cr_assert_eq(mkdir(disk_at(&disk, "vault/attic"), 0700), 0);
    cr_assert_eq(mount("test", disk_at(&disk, "vault/attic"), "tmpfs", 0, NULL), 0);
    cr_assert_eq(lock(), AT_REST_BUSY);
    expect_mount(disk_at(&disk, "vault/attic"));
}

Test(at_rest_holders, are_found_from_where_only_a_part_of_the_disk_is_mounted)
{
    SCOPED(fd_done) int fd = -1;

    cr_assert_eq(mkdir(disk_at(&disk, "part"), 0700) | mkdir(disk_at(&disk, "other"), 0700), 0);
    cr_assert_eq(rename(vault, disk_at(&disk, "part/vault")), 0);
    cr_assert_eq(mount(disk_at(&disk, "part"), disk_at(&disk, "other"), NULL, MS_BIND, NULL), 0);
    snprintf(vault, sizeof(vault), "%s", disk_at(&disk, "other/vault"));
    look();
    cr_assert_str_empty(found);
    fd = open(disk_at(&disk, "part/vault/diary"), O_RDONLY | O_CLOEXEC);
    expect(getpid(), disk_at(&disk, "part/vault/diary"));
}

Test(at_rest_holders, are_not_missed_because_another_process_just_ended)
{
    SCOPED(fd_done) int fd = open(disk_at(&disk, "vault/diary"), O_RDONLY | O_CLOEXEC);
    pid_t zombie = fork();
    siginfo_t ended;

    if (zombie == 0)
        _exit(0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(waitid(P_PID, (id_t)zombie, &ended, WEXITED | WNOWAIT), 0);
    expect(getpid(), disk_at(&disk, "vault/diary"));
    waitpid(zombie, NULL, 0);
}

Test(at_rest_holders, are_asked_for_only_where_something_is_encrypted)
{
    cr_assert_eq(at_rest_holders(disk.mount, note, NULL, &err), SEALIFT_NOT_FOUND);
    cr_assert_neq(at_rest_holders(disk_at(&disk, "nowhere"), note, NULL, &err), SEALIFT_OK);
}

static int
look_as_ordinary_user(void *argument)
{
    SCOPED(fd_done) int fd = open(vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)argument;
    PLAYGROUND_CHECK(fd >= 0);
    look();
    PLAYGROUND_CHECK(strstr(found, vault) != NULL);
    return 0;
}

Test(at_rest_holders, are_found_among_an_ordinary_users_own_processes)
{
    cr_assert_eq(chmod(vault, 0755), 0);
    cr_assert_eq(playground_as_ordinary_user(look_as_ordinary_user, NULL), 0);
}
