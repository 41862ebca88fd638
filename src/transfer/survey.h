/* A survey goes through everything that has a key: filesystems of the table, and, of buckets, every FS key that has a
 * record and every snapshot. Several threads look, one tells, in the order of the table and the listings.
 *
 *     plan (table, listings) ─ look (N threads) ─ tell (in order)
 *
 * Constant memory: the listing waits for those who look, and they for the one who tells. */
#ifndef SURVEY_H
#define SURVEY_H

#include "key_records.h"
#include "progress.h"
#include "store.h"

enum survey_kind {
    SURVEY_STORE,      /* one that could not be gone through, or not to its end: `failure` says why */
    SURVEY_FILESYSTEM, /* of the table */
    SURVEY_KEY,        /* an FS key that has key records in a bucket */
    SURVEY_SNAPSHOT,   /* that has a manifest in a bucket */
};

/* A filesystem, as the table has it. */
struct survey_fs {
    char name[256];
    struct uuid uuid;
    char at_rest[33]; /* the at-rest key's identifier; empty: it is not encrypted at rest */
    struct envelope envelope;
};

struct survey_item {
    enum survey_kind kind;
    char url[512];                     /* of the store; empty: of the table */
    struct store *store;               /* NULL: of the table, or it could not be opened */
    struct uuid fs;                    /* of all but a store */
    char filesystem[256];              /* its name, when the table knows it */
    struct survey_fs *table;           /* of a filesystem */
    uint8_t key_check[KEY_CHECK_SIZE]; /* of a key */
    struct uuid upload;                /* of a snapshot */
    uint64_t size;                     /* of its manifest, as it is listed */
    struct sealift_error failure;      /* of a store */
    void *finding;                     /* what was found out: survey->finding_size bytes, zeroed at first */
};

struct survey_run;

struct survey {
    const struct world *world;
    struct progress *progress;
    const char *stage;
    size_t threads;
    size_t finding_size;
    /* Hands in what there is, by the functions below, on a thread of its own: the only one that uses a table then. */
    enum sealift_status (*plan)(void *context, struct survey_run *run, struct sealift_error *err);
    /* The name of a filesystem of a bucket, when the table knows it; the same thread. */
    void (*name)(void *context, const struct uuid *fs, char out[256]);
    void *plan_context; /* of these two */
    /* Fills in the finding (not of a store); any thread. That something does not open is a finding; a failure ends the
     * survey. */
    enum sealift_status (*look)(void *context, struct survey_item *item, struct sealift_error *err);
    /* One thread. */
    enum sealift_status (*tell)(void *context, const struct survey_item *item, struct sealift_error *err);
    void *context;
};

enum sealift_status survey_run(const struct survey *survey, struct sealift_error *err);

enum sealift_status survey_filesystem(struct survey_run *run, const struct survey_fs *fs, struct sealift_error *err);
/* Everything in it; the store is the survey's from now on, whatever the outcome. */
enum sealift_status survey_bucket(struct survey_run *run, struct store **store, struct sealift_error *err);
/* A store that cannot be gone through. */
enum sealift_status survey_missing(struct survey_run *run, const char *url, const struct sealift_error *failure,
                                   struct sealift_error *err);

#endif
