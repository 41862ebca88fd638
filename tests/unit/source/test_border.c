#include "border.h"

#include "disk.h"
#include "scoped.h"
#include "seeded_world.h"
#include "shown_path.h"
#include "walk.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;
static struct disk disk;

/* What a walk gave and told, in order: "a/b; a/c (reason); ". */
static char story[8192];

static void
tell(struct bytes path, const char *reason)
{
    size_t len = strlen(story);

    snprintf(story + len, sizeof(story) - len, reason != NULL ? "%s (%s); " : "%s; ", shown_path(path).text, reason);
}

static void
note(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    (void)context;
    cr_expect_eq(notice, WALK_MOUNT);
    tell(path, reason);
}

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    story[0] = '\0';
}

static void
tear_down(void)
{
    if (playground.path[0] != '\0')
        playground_remove(&playground);
    disk_done(&disk);
}

TestSuite(border, .init = set_up, .fini = tear_down);

static void
walk_through(const char *root, bool cross_mounts)
{
    const struct walk_options options = {.cross_mounts = cross_mounts, .notify = note};
    SCOPED(walk_free) struct walk *walk = NULL;

    cr_assert_eq(walk_open(&seeded.world, root, &options, &walk, &err), SEALIFT_OK, "%s", err.message);
    for (;;) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        cr_assert_eq(walk_next(walk, &entry, &err), SEALIFT_OK, "%s", err.message);
        if (entry == NULL)
            return;
        tell(entry->meta.path, NULL);
    }
}

/* "name" below the playground; the directory is made. */
static const char *
place(const char *name)
{
    static char paths[4][2 * PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];

    if (name[0] != '.')
        playground_directory(playground.fd, name);
    snprintf(path, sizeof(paths[0]), "%s/%s", playground.path, name);
    return path;
}

static void
need_mounts(void)
{
    playground_make(&playground);
    playground_directory(playground.fd, "m");
    if (!playground_mount(playground.fd, "m", 1 << 20, false))
        cr_skip_test("mounting needs root");
}

Test(border, of_a_mount_is_crossed_when_asked_for)
{
    need_mounts();
    playground_file(playground.fd, "m/inside", "");
    playground_directory(playground.fd, "m/n");
    playground_mount(playground.fd, "m/n", 1 << 20, false);
    playground_file(playground.fd, "m/n/deeper", "");
    playground_file(playground.fd, "m/z", "");
    playground_file(playground.fd, "z", "");
    walk_through(playground.path, true);
    cr_assert_str_eq(story, ".; m; m/inside; m/n; m/n/deeper; m/z; z; ");
    story[0] = '\0';
    walk_through(playground.path, false);
    cr_assert_str_eq(story, ".; m (another filesystem is mounted here); m; z; ");
    playground_unmount(playground.fd, "m/n");
    playground_unmount(playground.fd, "m");
}

Test(border, of_a_directory_of_the_same_filesystem_that_is_mounted_here_too)
{
    const char *from, *to;

    need_mounts();
    from = place("a");
    to = place("b");
    playground_file(playground.fd, "a/file", "");
    playground_file(playground.fd, "c", "");
    playground_file(playground.fd, "d", "");
    cr_assert_eq(mount(from, to, NULL, MS_BIND, NULL), 0);
    cr_assert_eq(mount(place("./c"), place("./d"), NULL, MS_BIND, NULL), 0);
    walk_through(playground.path, false);
    cr_assert_str_eq(story, ".; a; a/file; b (another filesystem is mounted here); b; c; "
                            "d (another filesystem is mounted here); m (another filesystem is mounted here); m; ");
    story[0] = '\0';
    walk_through(playground.path, true);
    cr_assert_str_eq(story, ".; a; a/file; b; b/file; c; d; m; ");
    playground_unmount(playground.fd, "b");
    playground_unmount(playground.fd, "d");
    playground_unmount(playground.fd, "m");
}

Test(border, of_what_the_kernel_shows_is_not_crossed_even_when_asked_for)
{
    need_mounts();
    if (mount("proc", place("p"), "proc", 0, NULL) != 0)
        cr_skip_test("this sandbox does not let proc be mounted");
    walk_through(playground.path, true);
    cr_assert_str_eq(story, ".; m; p (the kernel shows itself here: there is nothing to keep); p; ");
    playground_unmount(playground.fd, "p");
    playground_unmount(playground.fd, "m");
}

/* The automounter's part: a process group of its own. */
static pid_t
begin_daemon(void)
{
    pid_t daemon = fork();

    if (daemon == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        pause();
        _exit(0);
    }
    setpgid(daemon, daemon);
    return daemon;
}

static void
end_process(pid_t process)
{
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}

/* Mounts an automount point. Who sets it off asks through *ret_requests, and waits for ever. */
static bool
mount_automount(const char *where, pid_t daemon, int *ret_requests)
{
    char options[128];
    int pipes[2];
    bool mounted;

    cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
    snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,direct", pipes[1], daemon);
    mounted = mount("sealift-test", where, "autofs", 0, options) == 0;
    close(pipes[1]);
    *ret_requests = pipes[0];
    return mounted;
}

/* In a process that can be ended when it waits. False: somebody asked for the mount. */
static bool
walk_without_asking(int requests, const char *expected)
{
    struct pollfd asked = {.fd = requests, .events = POLLIN};
    int status = -1;
    pid_t walker = fork();

    if (walker == 0) {
        walk_through(playground.path, true);
        if (strcmp(story, expected) != 0)
            fprintf(stderr, "%s\n", story);
        _exit(strcmp(story, expected) != 0);
    }
    while (waitpid(walker, &status, WNOHANG) == 0) {
        if (poll(&asked, 1, 20) > 0) {
            end_process(walker);
            return false;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Test(border, of_an_automount_is_never_crossed_nor_set_off, .timeout = 60)
{
    bool mounted, quiet = true;
    pid_t daemon;
    int requests;

    need_mounts();
    daemon = begin_daemon();
    mounted = mount_automount(place("a"), daemon, &requests);
    if (mounted) {
        quiet = walk_without_asking(requests,
                                    ".; a (another filesystem would be mounted here by whoever looks into it); a; m; ");
        playground_unmount(playground.fd, "a");
    }
    end_process(daemon);
    close(requests);
    playground_unmount(playground.fd, "m");
    if (!mounted)
        cr_skip_test("this kernel or sandbox has no autofs");
    cr_assert(quiet);
}

static bool
btrfs_program(const char *verb, const char *a, const char *b)
{
    const char *const words[] = {"btrfs", "-q", "subvolume", verb, a, b, NULL};

    return disk_run(words);
}

Test(border, of_a_subvolume_is_no_mount_and_told)
{
    static const char *const make[] = {"mkfs.btrfs", "-q", NULL};
    SCOPED(fd_done) int fd = -1;

    if (!disk_make(&disk, make))
        cr_skip_test("a btrfs of its own is missing");
    cr_assert(btrfs_program("create", disk_at(&disk, "above"), NULL));
    cr_assert(btrfs_program("create", disk_at(&disk, "above/below"), NULL));
    fd = open(disk.mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
    playground_file(fd, "above/below/file", "");
    playground_file(fd, "above/z", "");
    walk_through(disk_at(&disk, "above"), false);
    cr_assert_str_eq(story, ".; below (is a subvolume of its own, and read with the rest; a snapshot of the one above "
                            "would not hold it); below; below/file; z; ");
    story[0] = '\0';
    cr_assert(btrfs_program("snapshot", disk_at(&disk, "above"), disk_at(&disk, "copy")));
    walk_through(disk_at(&disk, "copy"), false);
    cr_assert_str_eq(story, ".; below (is a subvolume of its own, which a snapshot of the one above does not hold); "
                            "below; z; ");
}
