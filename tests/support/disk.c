#include "disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define IMAGE_SIZE ((off_t)512 << 20) /* sparse; mkfs.xfs takes nothing below 300 MB */
#define MAX_WORDS  16

bool
disk_run(const char *const *words)
{
    char *copy[MAX_WORDS] = {0};
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        for (size_t i = 0; words[i] != NULL && i + 1 < MAX_WORDS; i++)
            copy[i] = strdup(words[i]);
        execvp(copy[0], copy);
        perror(copy[0]);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
make_image(const char *image, const char *const *make)
{
    const char *words[MAX_WORDS] = {0};
    size_t count = 0;
    int fd = open(image, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool sized = fd >= 0 && ftruncate(fd, IMAGE_SIZE) == 0;

    close(fd);
    while (make[count] != NULL && count + 2 < MAX_WORDS) {
        words[count] = make[count];
        count++;
    }
    words[count] = image;
    return sized && disk_run(words);
}

static void
reach_system_programs(void)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s:/usr/sbin:/sbin", getenv("PATH") != NULL ? getenv("PATH") : "/usr/bin:/bin");
    setenv("PATH", path, 1);
}

bool
disk_make(struct disk *disk, const char *const *make)
{
    char image[PATH_MAX + 16];
    const char *const mount[] = {"mount", "-o", "loop", image, disk->mount, NULL};

    if (geteuid() != 0) {
        fputs("this test needs the right to mount a loop device\n", stderr);
        return false;
    }
    reach_system_programs();
    playground_make(&disk->playground);
    snprintf(image, sizeof(image), "%s/image", disk->playground.path);
    snprintf(disk->mount, sizeof(disk->mount), "%s/disk", disk->playground.path);
    playground_directory(disk->playground.fd, "disk");
    if (make_image(image, make) && disk_run(mount))
        return true;
    fprintf(stderr, "this test needs %s, loop devices, and a kernel that mounts what it makes\n", make[0]);
    return false;
}

bool
disk_make_encryptable(struct disk *disk)
{
    static const char *const make[] = {"mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "encrypt", NULL};

    if (access("/sys/fs/ext4/features/encryption", F_OK) == 0)
        return disk_make(disk, make);
    fputs("this test needs a kernel with ext4 and fscrypt (CONFIG_FS_ENCRYPTION)\n", stderr);
    return false;
}

void
disk_done(struct disk *disk)
{
    if (disk->playground.path[0] != '\0')
        playground_remove(&disk->playground);
}

void
disk_make_read_only(struct disk *disk)
{
    if (mount(NULL, disk->mount, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0) {
        perror(disk->mount);
        abort();
    }
}

const char *
disk_at(const struct disk *disk, const char *name)
{
    static char paths[8][2 * PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", disk->mount, name);
    return path;
}
