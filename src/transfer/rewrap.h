/* Moving a filesystem's keys to where they should be wrapped: the one core of rewrap, of a change of key or tenant, and
 * of a change of KMS. DESIGN.md sections 3 and 4.3.
 *
 * Of each FS key that has a record in the bucket, older ones first and the one in force last, the newest wrapping that
 * opens is found. Where it is wrapped as it should be, that wrapping is taken; else a new one is made at the target,
 * shown to open to the same key, and its record is put. Nothing old is removed, and the table is the caller's: it
 * changes last. So a process that is killed anywhere leaves what opens, and running it again goes on: what was done is
 * found, and not done again. */
#ifndef REWRAP_H
#define REWRAP_H

#include "key_records.h"
#include "kms_routes.h"

struct rewrap_request {
    const struct world *world;
    struct kms_routes *routes; /* what opens the wrappings that there are */
    struct kms *target;        /* what wraps anew */
    bool newest;               /* also what the target wrapped already, under an older version of its key */
    struct store *store;       /* NULL: the filesystem is in no bucket */
    struct uuid fs;
    const struct envelope *in_force;  /* the table's; NULL: the table does not know the filesystem */
    const struct uuid *key_record;    /* of that one */
    const struct private_part *names; /* the table's; NULL: those of the record that is followed */
    bool dry_run;                     /* nothing is wrapped and nothing put */
};

struct rewrap_outcome {
    struct envelope
        envelope; /* of the FS key in force, as it is to stand in the table; of a dry run the one that is there */
    struct uuid key_record;
    bool changed;     /* the table's is another one */
    uint64_t keys;    /* FS keys that were looked at */
    uint64_t records; /* that were put, or would be */
};

/* A key that opens nowhere fails the filesystem, after all others were done: what is lost for one snapshot is not lost
 * for the rest. Its status is that of the first failure, and the message names the FS key. */
enum sealift_status rewrap(const struct rewrap_request *request, struct rewrap_outcome *ret_outcome,
                           struct sealift_error *err);

#endif
