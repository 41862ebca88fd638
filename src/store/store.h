/* The contract of an object store: a flat space of write-once objects under one prefix. Real ones: s3 and directory;
 * for tests: memory, and faulty, which wraps another. Any thread may call any function at any time.
 *
 * Object names are relative to the store's prefix, use '/' between their parts, and hold only [A-Za-z0-9._-] and '/';
 * no part is empty or begins with a dot. The name of no object is a folder of another's.
 *
 * Statuses: NOT_FOUND (no such object), CONFLICT (a write-once object exists with other contents), DENIED, UNAVAILABLE
 * (after the store's own retries: do not retry again), CORRUPT (fewer or other bytes than promised), INVALID (the
 * bucket or region is wrong). */
#ifndef STORE_H
#define STORE_H

#include "buf.h"
#include "world.h"

#define STORE_NAME_MAX 256

struct store;

struct store_object {
    char name[STORE_NAME_MAX];
    uint64_t size;
    int64_t modified_ns; /* by the store's clock, since 1970 */
};

enum store_checksum {
    STORE_CHECKSUM_NONE,   /* the store keeps none that can be compared without reading the object */
    STORE_CHECKSUM_SHA256, /* of the whole object */
};

struct store_head {
    uint64_t size;
    int64_t modified_ns;
    enum store_checksum checksum;
    uint8_t sha256[32];
};

/* What a store was found able to do, by store_probe(). Kept in the configuration table as its JSON. */
enum store_conditional {
    STORE_CONDITIONAL_UNKNOWN,
    STORE_CONDITIONAL_ATOMIC,  /* of 16 racers one wins */
    STORE_CONDITIONAL_RACY,    /* refused one after the other, but several racers win */
    STORE_CONDITIONAL_IGNORED, /* the second write replaces the first */
    STORE_CONDITIONAL_REFUSED, /* the store does not know the header and refuses the request */
};

enum store_answer { STORE_ANSWER_UNKNOWN, STORE_ANSWER_NO, STORE_ANSWER_YES };

struct store_abilities {
    enum store_conditional conditional_put;
    enum store_answer verifies_checksum; /* a PUT with a wrong checksum is refused */
    enum store_answer keeps_checksum;    /* HEAD gives the SHA-256 back */
    enum store_answer deletes;           /* whether we may delete */
    enum store_answer versioning;
    enum store_answer object_lock;
};

struct store_ops {
    const char *type; /* "s3", "file", "memory" */

    /* Stores `data` under `name`, whole or not at all; `sha256` is of `data`, and the store verifies it. When
     * `if_absent`, the second belt is worn where the store has it: an object that is there already with equal contents
     * is a success (a retry whose first answer got lost), with other contents CONFLICT. */
    enum sealift_status (*put)(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32],
                               bool if_absent, struct sealift_error *err);

    /* Exactly `len` bytes from `offset` on to `out`. An object that ends before is CORRUPT. */
    enum sealift_status (*get_range)(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                                     struct sealift_error *err);

    /* A whole small object behind what *out holds; CORRUPT when it has more than `max` bytes. */
    enum sealift_status (*get)(struct store *store, const char *name, size_t max, struct buf *out,
                               struct sealift_error *err);

    enum sealift_status (*head)(struct store *store, const char *name, struct store_head *ret_head,
                                struct sealift_error *err);

    /* Calls `each` for every object whose name begins with `prefix` and sorts after `after` (NULL: from the first), in
     * byte order of the names; constant memory. It stops at the first status that is not OK, and returns it. An empty
     * listing is OK. */
    enum sealift_status (*list)(struct store *store, const char *prefix, const char *after,
                                enum sealift_status (*each)(void *context, const struct store_object *object,
                                                            struct sealift_error *err),
                                void *context, struct sealift_error *err);

    /* An object that is not there is a success. */
    enum sealift_status (*delete)(struct store *store, const char *name, struct sealift_error *err);

    /* Bucket-level facts (versioning, Object Lock); what cannot be found out stays UNKNOWN. NULL: there are none. */
    enum sealift_status (*inspect)(struct store *store, struct store_abilities *abilities, struct sealift_error *err);

    /* PUT with a checksum that is wrong on purpose: OK when the store refused it (verified), CONFLICT when it took it.
     * NULL: put() itself compares (CORRUPT). */
    enum sealift_status (*put_wrong_checksum)(struct store *store, const char *name, struct sealift_error *err);

    /* The store's clock minus ours, as far as it was noticed. NULL: it has no clock but ours. */
    int64_t (*skew_ns)(struct store *store);

    void (*free)(struct store *store);
};

/* Every implementation's struct begins with this. */
struct store {
    const struct store_ops *ops;
    char url[512]; /* for messages: s3://bucket/prefix, file:///path; never a credential */
};

void store_free(struct store **store);

bool store_name_is_valid(const char *name);

/* The vtable's functions, with names checked and errors prefixed with the object: what callers use. A listing passes
 * over what cannot be an object's name, and is CORRUPT when the store breaks the order. */
enum sealift_status store_put(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32],
                              struct sealift_error *err); /* if_absent */
/* Hashes and puts; for the small objects. */
enum sealift_status store_put_small(struct store *store, const char *name, struct bytes data,
                                    struct sealift_error *err);
/* And reads it back: CORRUPT when the store gives something else. For the few objects that all others hang on. */
enum sealift_status store_put_proven(struct store *store, const char *name, struct bytes data,
                                     struct sealift_error *err);
enum sealift_status store_get_range(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                                    struct sealift_error *err);
enum sealift_status store_get(struct store *store, const char *name, size_t max, struct buf *out,
                              struct sealift_error *err);
enum sealift_status store_head(struct store *store, const char *name, struct store_head *ret_head,
                               struct sealift_error *err);
typedef enum sealift_status store_each(void *context, const struct store_object *object, struct sealift_error *err);
enum sealift_status store_list(struct store *store, const char *prefix, const char *after, store_each *each,
                               void *context, struct sealift_error *err);
enum sealift_status store_delete(struct store *store, const char *name, struct sealift_error *err);

/* The store's clock: how old an object is follows from this and its modified_ns. */
int64_t store_now_ns(struct store *store, const struct world *world);
/* Whether what is deleted stays as an old version, and for how long it must: UNKNOWN where it cannot be found out. */
void store_inspect(struct store *store, struct store_abilities *ret_abilities);

/* Directory names by "folders": every distinct part between `prefix` (ends with '/') and the next '/', by one seek a
 * folder (list with after = prefix/part0: '0' is the byte after '/'), so that cost follows the number of folders, not
 * of objects. */
typedef enum sealift_status store_each_folder(void *context, const char *folder, struct sealift_error *err);
enum sealift_status store_list_folders(struct store *store, const char *prefix, store_each_folder *each, void *context,
                                       struct sealift_error *err);

#endif
