/* Directories that the kernel encrypts (Linux fscrypt, <linux/fscrypt.h>): whether it has their key. Of those that are
 * locked it shows names, and targets of symbolic links, that it makes up. */
#ifndef FSCRYPT_LOCK_H
#define FSCRYPT_LOCK_H

#include <stdbool.h>

/* Whether the open directory is locked, or being locked: then what lies below it is unreadable as soon as nobody has it
 * open. A key of a v1 policy that lies in a user's keyring, and not with the filesystem, counts as none: others than
 * that user see made-up names all the same. Where the kernel cannot be asked nothing is locked. */
bool fscrypt_lock_is_on(int directory);

#endif
