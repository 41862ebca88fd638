/* Linux fscrypt by its ioctls (<linux/fscrypt.h>): the door to the kernel. Each takes a file or directory of the
 * filesystem, open for reading, and answers 0 or an errno number: sentences are the caller's. */
#ifndef FSCRYPT_H
#define FSCRYPT_H

#include "secret.h"

/* What the kernel calls a v2 key by. */
struct fscrypt_id {
    uint8_t bytes[16];
};

bool fscrypt_id_equal(const struct fscrypt_id *a, const struct fscrypt_id *b);

/* Under which key `fd` is encrypted; zeros when it is by a v1 policy, whose keys have no identifier. ENODATA: it is
 * not; EOPNOTSUPP: the filesystem's feature is off, or the kernel was built without; ENOTTY: this kind of filesystem
 * has no fscrypt, or Linux is older than 5.4. */
int fscrypt_read_policy(int fd, struct fscrypt_id *ret_id);
/* Makes an empty directory an encrypted one: AES-256-XTS, AES-256-CTS, names padded to multiples of 32 bytes. The key
 * must have been added before. */
int fscrypt_set_policy(int fd, const struct fscrypt_id *id);

/* *ret_id: what the kernel calls this key from now on. ENOMEM: no protected memory is left for the copy. */
int fscrypt_add_key(int fd, const struct secret *key, struct fscrypt_id *ret_id);

/* For all users where this one may (CAP_SYS_ADMIN), else this one's claim. *ret_flags:
 * FSCRYPT_KEY_REMOVAL_STATUS_FLAG_*. ENOKEY: it is not there, or only others have claims to it. */
int fscrypt_remove_key(int fd, const struct fscrypt_id *id, uint32_t *ret_flags);

/* *ret_status: FSCRYPT_KEY_STATUS_*. */
int fscrypt_key_status(int fd, const struct fscrypt_id *id, uint32_t *ret_status);

#endif
