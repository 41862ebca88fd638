#include "at_rest.h"

#include "envelope.h"
#include "error.h"
#include "fscrypt.h"
#include "kdf.h"
#include "scoped.h"
#include "target_root.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Keys and their names. */

/* The label of identifiers among what the kernel derives from a key (fs/crypto): "fscrypt", a NUL, and a number. */
static const uint8_t identifier_label[] = {'f', 's', 'c', 'r', 'y', 'p', 't', 0, 1};

static enum sealift_status
identify(const struct secret *key, struct fscrypt_id *ret_id, struct sealift_error *err)
{
    if (key->len != AT_REST_KEY_SIZE)
        return error_set(err, SEALIFT_KEY, "an at-rest key has %d bytes, this one has %zu", AT_REST_KEY_SIZE, key->len);
    return hkdf_sha512_public(key, (struct bytes){0}, BYTES_OF(identifier_label), ret_id->bytes, sizeof(ret_id->bytes),
                              err);
}

enum sealift_status
at_rest_identify(const struct secret *key, char ret_id[AT_REST_ID_SIZE], struct sealift_error *err)
{
    struct fscrypt_id id;

    TRY(identify(key, &id, err));
    hex_encode(BYTES_OF(id.bytes), ret_id);
    return SEALIFT_OK;
}

static enum sealift_status
parse_id(const char *text, struct fscrypt_id *ret_id, struct sealift_error *err)
{
    if (!hex_decode(text, ret_id->bytes, sizeof(ret_id->bytes)))
        return error_set(err, SEALIFT_INVALID, "\"%s\" is no identifier of an at-rest key: it has 32 digits", text);
    return SEALIFT_OK;
}

/* Any other answer than the identifier that we know would be a kernel that derives differently. */
static enum sealift_status
give_key(const char *path, int fd, const struct secret *key, const struct fscrypt_id *id, struct sealift_error *err)
{
    struct fscrypt_id answered;
    int error_number = fscrypt_add_key(fd, key, &answered);

    if (error_number == EDQUOT)
        return error_set(err, SEALIFT_NO_MEMORY,
                         "%s: the kernel takes no more keys from this user; see keyrings(7) about "
                         "/proc/sys/kernel/keys/maxkeys",
                         path);
    if (error_number != 0)
        return error_errno(err, error_number, "%s: the kernel does not take the at-rest key", path);
    if (!fscrypt_id_equal(&answered, id))
        return error_set(err, SEALIFT_INTERNAL, "%s: the kernel calls the at-rest key by another name than we do",
                         path);
    return SEALIFT_OK;
}

/* Making a directory an encrypted one. */

/* The identifier says which key; that this kernel has the ciphers shows only when a file is made: one
 * without a name. */
static enum sealift_status
prove(const char *path, int fd, const struct fscrypt_id *id, struct sealift_error *err)
{
    SCOPED(fd_done) int file = -1;
    struct fscrypt_id found;
    int error_number = fscrypt_read_policy(fd, &found);

    if (error_number != 0)
        return error_errno(err, error_number, "%s: was encrypted, and does not say so", path);
    if (!fscrypt_id_equal(&found, id))
        return error_set(err, SEALIFT_CONFLICT, "%s: was encrypted by somebody else meanwhile", path);
    file = openat(fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
    if (file < 0 && errno == ENOPKG)
        return error_set(err, SEALIFT_INVALID,
                         "%s: this kernel lacks AES-256-XTS or AES-256-CTS; load its modules xts and cts, remove this "
                         "directory, which is empty and useless now, and try again",
                         path);
    return SEALIFT_OK;
}

static enum sealift_status
set_policy(const char *path, int fd, const struct fscrypt_id *id, struct sealift_error *err)
{
    int error_number = fscrypt_set_policy(fd, id);

    if (error_number != 0)
        return error_errno(err, error_number, "%s: cannot make this an encrypted directory", path);
    if (fsync(fd) != 0)
        return error_errno(err, errno, "%s: cannot make durable", path);
    return prove(path, fd, id, err);
}

enum sealift_status
at_rest_encrypt(const char *path, const struct secret *key, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct fscrypt_id id;
    uint32_t flags;

    TRY(identify(key, &id, err));
    TRY(at_rest_check(path, err));
    TRY(target_root_make(path, err));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open this directory", path);
    TRY(give_key(path, fd, key, &id, err));
    if (set_policy(path, fd, &id, err) != SEALIFT_OK) {
        fscrypt_remove_key(fd, &id, &flags);
        return err->status;
    }
    return SEALIFT_OK;
}

/* Locked and unlocked. */

static bool
is_not_encrypted(int error_number)
{
    return error_number == ENODATA || error_number == EOPNOTSUPP || error_number == ENOTTY;
}

/* Directories by a v1 policy name their key otherwise, and cannot be asked about. */
enum sealift_status
at_rest_find(const char *path, char ret_id[AT_REST_ID_SIZE], struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    static const struct fscrypt_id none;
    struct fscrypt_id found;
    int error_number;

    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open this directory", path);
    error_number = fscrypt_read_policy(fd, &found);
    if (error_number != 0 && !is_not_encrypted(error_number))
        return error_errno(err, error_number, "%s: the kernel does not say how it is encrypted", path);
    ret_id[0] = '\0';
    if (error_number == 0 && !fscrypt_id_equal(&found, &none))
        hex_encode(BYTES_OF(found.bytes), ret_id);
    return SEALIFT_OK;
}

static enum sealift_status
read_state(const char *path, int fd, const struct fscrypt_id *id, enum at_rest_state *ret_state,
           struct sealift_error *err)
{
    uint32_t status;
    int error_number = fscrypt_key_status(fd, id, &status);

    if (error_number != 0)
        return error_errno(err, error_number, "%s: the kernel does not say whether it has the at-rest key", path);
    *ret_state = status == FSCRYPT_KEY_STATUS_ABSENT                 ? AT_REST_LOCKED
                 : status == FSCRYPT_KEY_STATUS_INCOMPLETELY_REMOVED ? AT_REST_BUSY
                                                                     : AT_REST_UNLOCKED;
    return SEALIFT_OK;
}

/* The encrypted directory itself: NOT_FOUND when there is none, KEY when it is under another key. */
static enum sealift_status
open_encrypted(const char *path, const struct fscrypt_id *id, int *ret_fd, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fscrypt_id found;
    int error_number;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return error_set(err, SEALIFT_NOT_FOUND, "%s: there is no such directory; is its filesystem mounted?", path);
    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open this directory", path);
    error_number = fscrypt_read_policy(fd, &found);
    if (is_not_encrypted(error_number))
        return error_set(err, SEALIFT_NOT_FOUND, "%s: is not encrypted; is its filesystem mounted?", path);
    if (error_number != 0)
        return error_errno(err, error_number, "%s: the kernel does not say how it is encrypted", path);
    if (!fscrypt_id_equal(&found, id))
        return error_set(err, SEALIFT_KEY, "%s: is encrypted under another key; is the right filesystem mounted?",
                         path);
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}

enum sealift_status
at_rest_state(const char *path, const char *id, enum at_rest_state *ret_state, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct fscrypt_id wanted;
    enum sealift_status status;

    TRY(parse_id(id, &wanted, err));
    status = open_encrypted(path, &wanted, &fd, err);
    if (status == SEALIFT_OK)
        return read_state(path, fd, &wanted, ret_state, err);
    if (status != SEALIFT_NOT_FOUND && status != SEALIFT_KEY)
        return status;
    *ret_state = AT_REST_MISSING;
    return SEALIFT_OK;
}

/* Adding a key that the kernel has already changes nothing, and one that is being taken away comes back. */
enum sealift_status
at_rest_unlock(const char *path, const char *id, const struct secret *key, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct fscrypt_id wanted, of_key;

    TRY(parse_id(id, &wanted, err));
    TRY(identify(key, &of_key, err));
    if (!fscrypt_id_equal(&wanted, &of_key))
        return error_set(err, SEALIFT_KEY, "%s: this is not the at-rest key that it is encrypted under", path);
    TRY(open_encrypted(path, &wanted, &fd, err));
    return give_key(path, fd, key, &wanted, err);
}

/* An open directory is in use, and what is in use stays readable: the kernel is asked by way of the one above. Where
 * the directory is a mount of its own that one is of another filesystem; then the mount holds it in any case. */
static enum sealift_status
step_out(const char *path, int *fd, struct sealift_error *err)
{
    SCOPED(fd_done) int above = openat(*fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat here, there;

    if (above < 0)
        return error_errno(err, errno, "%s: cannot open the directory above", path);
    if (fstat(*fd, &here) != 0 || fstat(above, &there) != 0)
        return error_errno(err, errno, "%s: cannot look at this directory", path);
    if (here.st_dev != there.st_dev)
        return SEALIFT_OK;
    close(*fd);
    *fd = above;
    above = -1;
    return SEALIFT_OK;
}

/* ENOKEY: somebody else took it away just now, or only others have claims to it. Removing begins with a sync and with
 * forgetting every name that the kernel keeps; who looked a name up meanwhile makes one file busy, so a second time is
 * worth it. */
static enum sealift_status
take_key(const char *path, int fd, const struct fscrypt_id *id, struct sealift_error *err)
{
    uint32_t flags = FSCRYPT_KEY_REMOVAL_STATUS_FLAG_FILES_BUSY;

    for (int tries = 0; tries < 2 && (flags & FSCRYPT_KEY_REMOVAL_STATUS_FLAG_FILES_BUSY) != 0; tries++) {
        int error_number = fscrypt_remove_key(fd, id, &flags);

        if (error_number == ENOKEY)
            return SEALIFT_OK;
        if (error_number != 0)
            return error_errno(err, error_number, "%s: the kernel does not give up the at-rest key", path);
    }
    return SEALIFT_OK;
}

enum sealift_status
at_rest_lock(const char *path, const char *id, enum at_rest_state *ret_state, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;
    struct fscrypt_id wanted;

    TRY(parse_id(id, &wanted, err));
    TRY(open_encrypted(path, &wanted, &fd, err));
    TRY(step_out(path, &fd, err));
    TRY(take_key(path, fd, &wanted, err));
    return read_state(path, fd, &wanted, ret_state, err);
}
