#include "at_rest.h"
#include "dir_listing.h"
#include "error.h"
#include "fscrypt.h"
#include "mount_entry.h"
#include "scoped.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is looked for. Files are known by the key that they are under, since a container sees them by another path;
 * FIFOs and devices, which are under none, and what is mapped, are known by their path. */
struct search {
    unsigned major, minor;
    char *path;   /* without links, as /proc writes it */
    char *inside; /* its path in its filesystem, wherever that is mounted */
    struct fscrypt_id id;
    ino_t namespace; /* of mounts: ours */
};

static void
search_done(struct search *search)
{
    free_done(&search->path);
    free_done(&search->inside);
}

/* The mount shows `mount.root` of the filesystem at `mount.point`. */
static enum sealift_status
find_inside(struct search *search, int fd, struct sealift_error *err)
{
    SCOPED(mount_entry_done) struct mount_entry mount = {0};
    size_t point_len, root_len;

    TRY(mount_entry_of(fd, search->path, &mount, err));
    point_len = strcmp(mount.point, "/") == 0 ? 0 : strlen(mount.point);
    root_len = strcmp(mount.root, "/") == 0 ? 0 : strlen(mount.root);
    if (strlen(search->path) < point_len)
        return error_set(err, SEALIFT_CONFLICT, "%s: was mounted elsewhere meanwhile", search->path);
    return text_format(&search->inside, "%.*s%s", err, (int)root_len, mount.root, search->path + point_len);
}

static ino_t
mount_namespace(int folder, const char *link)
{
    struct stat about;

    return fstatat(folder, link, &about, 0) == 0 ? about.st_ino : 0;
}

static enum sealift_status
search_begin(struct search *search, const char *path, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statx about;

    if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &about) != 0)
        return error_errno(err, errno, "%s: cannot look at this directory", path);
    if (fscrypt_read_policy(fd, &search->id) != 0)
        return error_set(err, SEALIFT_NOT_FOUND, "%s: is not encrypted", path);
    search->major = about.stx_dev_major;
    search->minor = about.stx_dev_minor;
    search->namespace = mount_namespace(AT_FDCWD, "/proc/self/ns/mnt");
    search->path = realpath(path, NULL);
    if (search->path == NULL)
        return error_errno(err, errno, "%s: cannot look at this directory", path);
    return find_inside(search, fd, err);
}

static bool
is_below(const char *directory, const char *path)
{
    size_t len = strlen(directory);

    return strncmp(path, directory, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* Only what opens without waiting, and means nothing to anybody, is opened. */
static bool
is_under_key(const struct search *search, int folder, const char *link, mode_t mode)
{
    SCOPED(fd_done) int fd = -1;
    struct fscrypt_id id;

    if (!S_ISREG(mode) && !S_ISDIR(mode))
        return false;
    fd = openat(folder, link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && fscrypt_read_policy(fd, &id) == 0 && fscrypt_id_equal(&id, &search->id);
}

/* One of the links of /proc/PID. No server is asked about a file: one that is away would hold us up. */
static bool
link_holds(const struct search *search, int folder, const char *link, char what[PATH_MAX])
{
    struct statx about;
    ssize_t len;

    if (statx(folder, link, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &about) != 0 ||
        about.stx_dev_major != search->major || about.stx_dev_minor != search->minor)
        return false;
    len = readlinkat(folder, link, what, PATH_MAX - 1);
    if (len < 0)
        return false;
    what[len] = '\0';
    return is_below(search->path, what) || is_under_key(search, folder, link, about.stx_mode);
}

static bool
descriptor_holds(const struct search *search, int process, char what[PATH_MAX])
{
    SCOPED(dir_listing_done) DIR *listing = dir_listing_open(process, "fd");
    const char *name;

    while (listing != NULL && (name = dir_listing_next(listing)) != NULL) {
        if (link_holds(search, dirfd(listing), name, what))
            return true;
    }
    return false;
}

static void
close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

static FILE *
open_text(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

    if (file == NULL)
        fd_done(&fd);
    return file;
}

/* "7f00-7fff r-xp 00000000 fd:00 1234     /srv/data/lib.so": only root may follow the links of map_files. */
static bool
mapping_holds(const struct search *search, int process, char what[PATH_MAX])
{
    SCOPED(close_file) FILE *file = open_text(process, "maps");
    SCOPED(free_done) char *line = NULL;
    size_t room = 0;

    while (file != NULL && getline(&line, &room, file) > 0) {
        unsigned major, minor;
        int path = 0;

        if (sscanf(line, "%*s %*s %*s %x:%x %*u %n", &major, &minor, &path) < 2 || path == 0 ||
            major != search->major || minor != search->minor)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(what, PATH_MAX, "%s", line + path);
        if (is_below(search->path, what))
            return true;
    }
    return false;
}

/* A mount of the directory, or of one below, at another place. */
static bool
shows_it(const struct search *search, const struct mount_entry *mount)
{
    return mount->major == search->major && mount->minor == search->minor && is_below(search->inside, mount->root);
}

/* Among the mounts that the process sees. What hides a directory of ours holds it as well. */
static bool
mount_holds(const struct search *search, int process, bool is_ours, char what[PATH_MAX])
{
    SCOPED(close_file) FILE *file = open_text(process, "mountinfo");
    SCOPED(free_done) char *line = NULL;
    size_t room = 0;

    while (file != NULL && getline(&line, &room, file) > 0) {
        SCOPED(mount_entry_done) struct mount_entry mount = {0};

        if (!mount_entry_parse(line, &mount))
            continue;
        snprintf(what, PATH_MAX, "%s", mount.point);
        if (shows_it(search, &mount) || (is_ours && is_below(search->path, mount.point)))
            return true;
    }
    return false;
}

/* A container that has it mounted, and nothing of it open. */
static bool
container_holds(const struct search *search, int process, char what[PATH_MAX])
{
    ino_t namespace = mount_namespace(process, "ns/mnt");

    return namespace != 0 && namespace != search->namespace && mount_holds(search, process, false, what);
}

/* Whatever cannot be looked at, because it is another user's or gone by now, holds nothing. */
static bool
process_holds(const struct search *search, int process, char what[PATH_MAX])
{
    return link_holds(search, process, "cwd", what) || link_holds(search, process, "root", what) ||
           link_holds(search, process, "exe", what) || descriptor_holds(search, process, what) ||
           mapping_holds(search, process, what) || container_holds(search, process, what);
}

static void
read_command(int process, char *out, size_t size)
{
    SCOPED(close_file) FILE *file = open_text(process, "comm");

    if (file == NULL || fgets(out, (int)size, file) == NULL)
        snprintf(out, size, "?");
    out[strcspn(out, "\n")] = '\0';
}

enum sealift_status
at_rest_holders(const char *path, at_rest_holder *each, void *context, struct sealift_error *err)
{
    SCOPED(search_done) struct search search = {0};
    SCOPED(dir_listing_done) DIR *processes = dir_listing_open(AT_FDCWD, "/proc");
    SCOPED(fd_done) int ourselves = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char what[PATH_MAX], command[64];
    const char *name;

    if (processes == NULL || ourselves < 0)
        return error_errno(err, errno, "/proc: cannot look for the processes that hold %s", path);
    TRY(search_begin(&search, path, err));
    if (mount_holds(&search, ourselves, true, what))
        each(context, 0, "mount", what);
    while ((name = dir_listing_next(processes)) != NULL) {
        SCOPED(fd_done) int process = -1;

        if (!isdigit((unsigned char)*name))
            continue;
        process = openat(dirfd(processes), name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (process < 0 || !process_holds(&search, process, what))
            continue;
        read_command(process, command, sizeof(command));
        each(context, (int)strtol(name, NULL, 10), command, what);
    }
    return SEALIFT_OK;
}
