#include "local_key.h"

#include "error.h"
#include "io.h"
#include "scoped.h"
#include "uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sealift_status
look_at_file(const struct world *world, int fd, const char *path, struct sealift_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_errno(err, errno, "%s: cannot look at it", path);
    if (!S_ISREG(st.st_mode) || st.st_size != KEY_SIZE)
        return error_set(
            err, SEALIFT_CORRUPT,
            "%s: the local KMS's key is a file of %d bytes, and this is none; put the real one back from a "
            "backup: what it wrapped cannot be opened without it",
            path, KEY_SIZE);
    if ((st.st_mode & 077) != 0)
        world_log(world, LOG_WARNING, "%s: others may read the local KMS's key; do \"chmod 600 %s\"", path, path);
    return SEALIFT_OK;
}

enum sealift_status
local_key_read(const struct world *world, const char *path, struct secret **ret_key, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    SCOPED(secret_free) struct secret *key = NULL;
    size_t len;

    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open the local KMS's key", path);
    TRY(look_at_file(world, fd, path, err));
    TRY(secret_new(KEY_SIZE, &key, err));
    TRY(io_pread(fd, key->bytes, key->len, 0, &len, path, err));
    if (len != key->len)
        return error_set(err, SEALIFT_CORRUPT, "%s: the local KMS's key became shorter while it was read", path);
    *ret_key = TAKE(key);
    return SEALIFT_OK;
}

static enum sealift_status
write_new(const char *path, const struct secret *key, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_errno(err, errno, "%s: cannot create", path);
    TRY(io_write(fd, secret_bytes(key), path, err));
    if (fsync(fd) != 0)
        return error_errno(err, errno, "%s: cannot make durable", path);
    return SEALIFT_OK;
}

/* Written under a name of its own and then linked: link() replaces nothing, so of two processes one wins, and nobody
 * ever reads a half-written key. */
enum sealift_status
local_key_make(const struct world *world, const char *path, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(free_done) char *temporary = NULL;
    struct uuid uuid = uuid_v4(world);
    char name[UUID_TEXT_SIZE];
    enum sealift_status status;

    uuid_format(&uuid, name);
    TRY(text_format(&temporary, "%s.%s", err, path, name));
    TRY(secret_random(world, KEY_SIZE, &key, err));
    status = write_new(temporary, key, err);
    if (status == SEALIFT_OK && link(temporary, path) != 0 && errno != EEXIST)
        status = error_errno(err, errno, "%s: cannot put the local KMS's key in place", path);
    unlink(temporary);
    if (status != SEALIFT_OK)
        return status;
    return io_sync_folder_of(path, err);
}

/* --- the end of it --- */

static enum sealift_status
check_before_destroying(int fd, const char *path, struct sealift_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_errno(err, errno, "%s: cannot look at it", path);
    if (!S_ISREG(st.st_mode) || st.st_size != KEY_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "%s: is not the local KMS's key, a file of %d bytes; it is left alone",
                         path, KEY_SIZE);
    if (st.st_nlink != 1)
        return error_set(err, SEALIFT_CONFLICT,
                         "%s: the file has other names (hard links), which would be destroyed with it; it is left "
                         "alone",
                         path);
    return SEALIFT_OK;
}

enum sealift_status
local_key_destroy(const struct world *world, const char *path, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    uint8_t noise[KEY_SIZE];

    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open the local KMS's key", path);
    TRY(check_before_destroying(fd, path, err));
    world->entropy->fill(world->entropy, noise, sizeof(noise));
    TRY(io_pwrite(fd, BYTES_OF(noise), 0, path, err));
    if (fsync(fd) != 0)
        return error_errno(err, errno, "%s: cannot make durable that it is overwritten", path);
    if (unlink(path) != 0)
        return error_errno(err, errno, "%s: is overwritten, but cannot be removed", path);
    return io_sync_folder_of(path, err);
}
