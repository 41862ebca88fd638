#include "playground.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static void
insist(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    abort();
}

/* The one that is in use. A test that is skipped or fails does not come to its end: it is removed on the way out. */
static struct playground *in_use;

static void
remove_at_exit(void)
{
    if (in_use != NULL)
        playground_remove(in_use);
}

void
playground_make(struct playground *playground)
{
    const char *folder = getenv("TMPDIR");

    snprintf(playground->path, sizeof(playground->path), "%s/sealift-test.XXXXXX", folder != NULL ? folder : "/tmp");
    insist(mkdtemp(playground->path) != NULL, playground->path);
    insist(chmod(playground->path, 0755) == 0, playground->path);
    playground->fd = open(playground->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    insist(playground->fd >= 0, playground->path);
    in_use = playground;
    atexit(remove_at_exit);
}

static void
run(char *const *words)
{
    pid_t pid = fork();

    if (pid == 0) {
        execvp(words[0], words);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static void
unmount_below(const char *path)
{
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    const struct mntent *mount;

    insist(mounts != NULL, "/proc/self/mounts");
    while ((mount = getmntent(mounts)) != NULL) {
        if (strncmp(mount->mnt_dir, path, strlen(path)) == 0)
            umount2(mount->mnt_dir, MNT_DETACH);
    }
    endmntent(mounts);
}

void
playground_remove(struct playground *playground)
{
    char *thaw[] = {"chattr", "-R", "-f", "-ia", playground->path, NULL};
    char *unlock[] = {"chmod", "-R", "u+rwx", playground->path, NULL};
    char *remove[] = {"rm", "-rf", playground->path, NULL};

    close(playground->fd);
    playground->fd = -1;
    in_use = NULL;
    unmount_below(playground->path);
    if (geteuid() == 0)
        run(thaw);
    else
        run(unlock);
    run(remove);
}

void
playground_file(int directory, const char *name, const char *text)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    insist(fd >= 0, name);
    insist(write(fd, text, strlen(text)) == (ssize_t)strlen(text), name);
    insist(close(fd) == 0, name);
}

void
playground_directory(int directory, const char *name)
{
    insist(mkdirat(directory, name, 0755) == 0, name);
}

static void
become_ordinary(void)
{
    if (geteuid() != 0)
        return;
    insist(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0, "become nobody");
}

int
playground_as_ordinary_user(int (*act)(void *argument), void *argument)
{
    pid_t pid;
    int status = -1;

    fflush(NULL);
    pid = fork();
    insist(pid >= 0, "fork");
    if (pid == 0) {
        int result;

        become_ordinary();
        result = act(argument);
        fflush(NULL);
        _exit(result);
    }
    insist(waitpid(pid, &status, 0) == pid, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
playground_say(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: as an ordinary user: %s does not hold\n", file, line, condition);
    return 1;
}

bool
playground_mount(int directory, const char *name, size_t size, bool read_only)
{
    char place[64 + NAME_MAX];
    char options[32];

    snprintf(place, sizeof(place), "/proc/self/fd/%d/%s", directory, name);
    snprintf(options, sizeof(options), "size=%zu", size);
    if (mount("sealift-test", place, "tmpfs", read_only ? MS_RDONLY : 0, options) == 0)
        return true;
    perror("this test needs the right to mount a tmpfs");
    return false;
}

void
playground_unmount(int directory, const char *name)
{
    char place[64 + NAME_MAX];

    snprintf(place, sizeof(place), "/proc/self/fd/%d/%s", directory, name);
    insist(umount2(place, MNT_DETACH) == 0, name);
}

size_t
playground_count_descriptors(void)
{
    DIR *listing = opendir("/proc/self/fd");
    size_t count = 0;

    insist(listing != NULL, "/proc/self/fd");
    while (readdir(listing) != NULL)
        count++;
    closedir(listing);
    return count - 3; /* ".", "..", and the listing's own */
}
