/* Moving a filesystem's keys to where they should be wrapped: the one core of rewrap, of a change of key or tenant, and
 * of a change of KMS. DESIGN.md sections 3 and 4.3.
 *
 * Of each FS key that has a record in the bucket, the key in force last, the newest wrapping that opens is found. Where
 * it is wrapped as it should be, that wrapping is taken; else a new one is made at the target, shown to open to the
 * same key, and its record is put. Nothing old is removed, and the table is the caller's: it changes last. So a process
 * that is killed anywhere leaves what opens, and running it again goes on: what was done is found, and not done again.
 *
 * What a KMS of the target's type wrapped is tried at the target first, whatever place it names, and only what opens
 * there is where it should be: two servers may have a key of the same name each. So the target alone is enough for a
 * KMS that was restored elsewhere: the one that is gone is not asked.
 *
 * An FS key costs one call to the KMS when it is where it should be; else three (open, wrap anew, show that it opens),
 * or four from one KMS to another of its type, and one record, however many snapshots it has. */
#ifndef REWRAP_H
#define REWRAP_H

#include "key_records.h"
#include "kms_routes.h"

/* What came of one FS key. */
struct rewrap_settled {
    const uint8_t *key_check;
    bool in_force;
    bool put;                            /* the record is new; of a dry run: it would be */
    const struct uuid *record;           /* zero: there is none, or (a dry run, a failure) none yet */
    const struct uuid *snapshot;         /* the key is for this one alone; zero: it is not, or that is not known */
    const struct kms_hint *by;           /* what it was shown to open with; NULL: it does not, ... */
    const struct sealift_error *failure; /* ... and this is why */
};
typedef enum sealift_status rewrap_each(void *context, const struct rewrap_settled *settled, struct sealift_error *err);

struct rewrap_request {
    const struct world *world;
    struct kms_routes *routes; /* what opens the wrappings that there are */
    struct kms *target;        /* what wraps anew */
    /* Of the target's key: what an older one wrapped is wrapped anew. kms_key_state() tells the newest; 0: none is too
     * old. */
    int64_t least_version;
    /* The target is a further one, which may open the keys, too: where it has a wrapping already, that is enough,
     * however many others are newer. The table does not hear of it: the outcome's envelope is not for it. */
    bool beside;
    struct store *store; /* NULL: the filesystem is in no bucket */
    struct uuid fs;
    const struct envelope *in_force;  /* the table's; NULL: the table does not know the filesystem */
    const struct uuid *key_record;    /* of that one */
    const struct private_part *names; /* the table's, with `in_force` */
    bool dry_run;                     /* nothing is wrapped and nothing put */
    rewrap_each *each;                /* hears of every FS key; NULL: nobody does */
    void *context;
};

struct rewrap_outcome {
    /* Of the FS key in force, as it is to stand in the table; of a dry run the one that was found. */
    struct envelope envelope;
    struct uuid key_record;
    struct kms_hint proven;       /* the key that this envelope was just shown to open with */
    bool changed;                 /* there is another wrapping of the key in force than before */
    uint64_t keys;                /* FS keys that were looked at */
    uint64_t records;             /* that were put, or would be */
    uint64_t failed;              /* of the other FS keys: those that stay as they were, ... */
    struct sealift_error failure; /* ... and why the first of them does */
};

/* What is lost for one snapshot is not lost for the rest: an older FS key, or a snapshot's own, that opens nowhere is
 * counted and told. A failure is one of the key in force, or of the bucket; also then, running it again goes on. */
enum sealift_status rewrap(const struct rewrap_request *request, struct rewrap_outcome *ret_outcome,
                           struct sealift_error *err);

#endif
