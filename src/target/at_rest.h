/* Encryption at rest, by the kernel: Linux fscrypt, v2 policies, AES-256-XTS for contents and AES-256-CTS for names
 * (<linux/fscrypt.h>, Documentation/filesystems/fscrypt.rst). The key goes to the kernel by ioctl and nowhere else.
 *
 * What the kernel calls "master key" is our at-rest key, 64 bytes. It answers with an identifier, which HKDF-SHA512
 * makes of the key: public, the name under which the key is asked for, taken away, and found in a
 * directory's policy. */
#ifndef AT_REST_H
#define AT_REST_H

#include "secret.h"

#define AT_REST_ID_SIZE 33 /* 32 hexadecimal digits and a NUL */

/* The identifier that the kernel will answer for this key. */
enum sealift_status at_rest_identify(const struct secret *key, char ret_id[AT_REST_ID_SIZE], struct sealift_error *err);

/* `path` is a directory, `id` an identifier as at_rest_identify() writes it, in all that follows. */

/* Whether the directory (which need not exist yet: then its nearest ancestor that does is asked) can be made an
 * encrypted one, without changing anything. INVALID says what is in the way and what to do: the kind of filesystem
 * (ext4, F2FS ... have it), the feature that is off (tune2fs -O encrypt), a filesystem's root (a subdirectory), a
 * kernel without it; CONFLICT: it is not empty, or encrypted already; DENIED: somebody else's; IO: read-only. */
enum sealift_status at_rest_check(const char *path, struct sealift_error *err);

/* Checks, makes the directory where it does not exist (with its parents, 0700 itself), hands the key to the kernel and
 * makes the directory an encrypted one. The policy is read back and must name the identifier of this key. After a
 * failure the kernel does not keep the key. */
enum sealift_status at_rest_encrypt(const char *path, const struct secret *key, struct sealift_error *err);

/* Under which key the directory is encrypted, and all below it; empty: under none that has an identifier. */
enum sealift_status at_rest_find(const char *path, char ret_id[AT_REST_ID_SIZE], struct sealift_error *err);

enum at_rest_state {
    AT_REST_MISSING, /* there is no such directory (not mounted?), or it is not encrypted under this key */
    AT_REST_LOCKED,  /* names and contents are unreadable */
    AT_REST_BUSY,    /* the key was taken away, but files were open: they, and only they, still are readable */
    AT_REST_UNLOCKED,
};
enum sealift_status at_rest_state(const char *path, const char *id, enum at_rest_state *ret_state,
                                  struct sealift_error *err);

/* Gives the key to the kernel. KEY: `path` is encrypted under another one, whatever the table says; NOT_FOUND: there is
 * no such directory, or it is not encrypted. Unlocked already: nothing to do. */
enum sealift_status at_rest_unlock(const char *path, const char *id, const struct secret *key,
                                   struct sealift_error *err);

/* Takes it away, for all users where this user may; errors as above. *ret_state: LOCKED; BUSY: files are still open
 * (at_rest_holders), try again when they are not; UNLOCKED: another user gave the key to the kernel too, so it stays,
 * until that user or root takes it away. Locked already: nothing to do. */
enum sealift_status at_rest_lock(const char *path, const char *id, enum at_rest_state *ret_state,
                                 struct sealift_error *err);

/* What holds something of the directory, as far as this user may look (/proc): one call for each process that has a
 * file of it open or mapped, works in it, or has it as its root, or mounted in a container, and one with the PID 0 and
 * the command "mount" when it, or a part of it, is mounted elsewhere, or something else on a part of it. `what`: one
 * thing that is held, by the path that /proc says. */
typedef void at_rest_holder(void *context, int pid, const char *command, const char *what);
enum sealift_status at_rest_holders(const char *path, at_rest_holder *each, void *context, struct sealift_error *err);

#endif
