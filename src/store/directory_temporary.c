#include "directory_temporary.h"

#include "io.h"
#include "scoped.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER ".tmp"

void
directory_temporary_done(struct directory_temporary *temporary)
{
    if (temporary->name[0] != '\0')
        unlinkat(temporary->folder, temporary->name, 0);
    temporary->name[0] = '\0';
    fd_done(&temporary->fd);
    fd_done(&temporary->folder);
}

static enum sealift_status
open_folder(const struct directory_root *root, int *ret_folder, struct sealift_error *err)
{
    int folder;

    if (mkdirat(root->fd, FOLDER, root->mode) != 0 && errno != EEXIST)
        return directory_root_explain(root, errno, "make the folder " FOLDER, err);
    folder = directory_root_descend(root, FOLDER, O_RDONLY | O_DIRECTORY);
    if (folder < 0)
        return directory_root_explain(root, errno, "open the folder " FOLDER, err);
    *ret_folder = folder;
    return SEALIFT_OK;
}

enum sealift_status
directory_temporary_create(const struct directory_root *root, const struct world *world,
                           struct directory_temporary *ret_temporary, struct sealift_error *err)
{
    SCOPED(fd_done) int folder = -1;
    uint8_t random[(sizeof(ret_temporary->name) - 1) / 2];
    char name[sizeof(ret_temporary->name)];
    int fd;

    TRY(open_folder(root, &folder, err));
    world->entropy->fill(world->entropy, random, sizeof(random));
    hex_encode(BYTES_OF(random), name);
    fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, root->mode & 0666);
    if (fd < 0)
        return directory_root_explain(root, errno, "create a file in the folder " FOLDER, err);
    flock(fd, LOCK_EX); /* where there are no locks, nobody sweeps */

    memcpy(ret_temporary->name, name, sizeof(name));
    ret_temporary->fd = fd;
    ret_temporary->folder = folder;
    folder = -1;
    return SEALIFT_OK;
}

/* Space is asked for first: a full disk is found before anything is written, and a segment lies in one piece. */
enum sealift_status
directory_temporary_fill(const struct directory_root *root, const struct directory_temporary *temporary,
                         struct bytes data, struct sealift_error *err)
{
    if (data.len > 0 && fallocate(temporary->fd, 0, 0, (off_t)data.len) != 0 && (errno == ENOSPC || errno == EDQUOT))
        return directory_root_explain(root, errno, "write", err);
    if (io_write(temporary->fd, data, temporary->name, err) != SEALIFT_OK)
        return directory_root_explain(root, errno, "write", err);
    if (fsync(temporary->fd) != 0)
        return directory_root_explain(root, errno, "make it durable", err);
    return SEALIFT_OK;
}

static void
remove_if_abandoned(int folder, const char *name)
{
    SCOPED(fd_done) int fd = directory_root_step(folder, name, O_RDWR); /* over NFS, a lock needs the right to write */

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
}

void
directory_temporary_sweep(const struct directory_root *root)
{
    SCOPED(directory_root_read_done) DIR *dir = directory_root_read(root, FOLDER);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.')
            remove_if_abandoned(dirfd(dir), entry->d_name);
    }
}
