/* The FS key that an upload seals with: the filesystem's, or a fresh one for this snapshot alone, for a machine whose
 * rights at the KMS end with encrypting. DESIGN.md section 4.3. */
#ifndef UPLOAD_KEY_H
#define UPLOAD_KEY_H

#include "handle.h"

/* The zero value holds nothing. */
struct upload_key {
    struct envelope envelope; /* the filesystem's, as the table has it */
    struct secret *fs_key;
    struct kms *alone; /* the key is for this snapshot alone, and this KMS wraps it; NULL: it is the filesystem's */
};

void upload_key_done(struct upload_key *key);

/* Has the KMS open the filesystem's. */
enum sealift_status upload_key_open(struct sealift *sealift, const struct table_fs *fs, const struct uuid *upload,
                                    struct upload_key *ret_key, struct sealift_error *err);
/* Draws one, and has the KMS that wraps the filesystem's key wrap it: whether it does is known before hours of work.
 * What counts is the wrapping that publishing makes. */
enum sealift_status upload_key_make(struct sealift *sealift, const struct table_fs *fs, const struct uuid *upload,
                                    struct upload_key *ret_key, struct sealift_error *err);

#endif
