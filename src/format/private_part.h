/* The names that only the FS key reveals: sealed in manifests and key records. docs/FORMAT.md, "Private part". */
#ifndef PRIVATE_PART_H
#define PRIVATE_PART_H

#include "key_schedule.h"

#define PRIVATE_PART_MAX_SIZE ((size_t)96 << 10) /* sealed; every byte of the texts may have been escaped */
#define SELECTION_MAX         ((size_t)16384) /* of what was left out, as JSON, with its NUL; here and in the table */

/* Text is UTF-8. */
struct private_part {
    char filesystem[256];
    char snapshot[256]; /* empty in a key record, unless its key is for one snapshot alone */
    char path[4096];    /* of the filesystem */
    char source[4096];  /* what was read instead (--from), or empty */
    char host[256];
    uint64_t generation; /* of the filesystem's FS key in force: 1, and one more for each rekey */
    bool encrypted;      /* the filesystem is encrypted at rest, and its snapshots never land in the clear unasked */
    char selection[SELECTION_MAX]; /* JSON, an object: what was left out (selection.h); empty: nothing, as "{}" */
};

/* Appends AES-256-GCM under key_for_private(object), AAD "sealift/1 private" NUL, fs uuid, object uuid; the tag stands
 * behind the ciphertext. The nonce is zero: an object's private part is sealed once, as the object is written once.
 * INVALID when a text is not UTF-8; INTERNAL without a generation. */
enum sealift_status private_part_seal(const struct private_part *part, const struct secret *fs_key,
                                      const struct uuid *fs, const struct uuid *object, struct buf *out,
                                      struct sealift_error *err);
enum sealift_status private_part_open(struct bytes sealed, const struct secret *fs_key, const struct uuid *fs,
                                      const struct uuid *object, struct private_part *ret_part,
                                      struct sealift_error *err);

#endif
