/* Finds a wrapping of one FS key that opens, among its key records in the bucket and one that is at hand. DESIGN.md
 * section 3.
 *
 * In this order: the key records whose hint names a KMS of ours exactly, the newest first; the other ones, the newest
 * first; the one at hand. So whatever a second KMS wrapped later costs no call that fails, and however much of it there
 * is, it is not in the way. Of an FS key's records the KEY_RECORDS_MAX newest are read, and KEY_RECORDS_ASKED_MAX are
 * tried.
 *
 * A wrapping that does not open (a garbled record, a key version that was retired, one that holds another key: somebody
 * may have put it there) is told in the log, and the next one is tried; what ends the search is a KMS or a store that
 * is not there. */
#ifndef KEY_SEARCH_H
#define KEY_SEARCH_H

#include "key_records.h"
#include "kms_routes.h"

/* What came of one wrapping. */
struct key_attempt {
    const char *where; /* the record's name, or the fallback's; that of all records, which could not be listed */
    const struct key_record *record;     /* NULL: it is the fallback, or could not be read */
    const struct kms_hint *by;           /* the key that opened it; NULL: it does not open, ... */
    const struct sealift_error *failure; /* ... and this is why */
};
typedef enum sealift_status key_search_each(void *context, const struct key_attempt *attempt,
                                            struct sealift_error *err);

struct key_search {
    struct store *store;       /* NULL: there is nothing but the fallback */
    struct kms_routes *routes; /* NULL: only `first` is asked */
    struct kms *first; /* asked before them for what a KMS of its type wrapped: of two servers with a key of the same
                          name only it can tell its own; NULL: none is */
    struct uuid fs;
    const uint8_t *key_check;        /* of the FS key */
    struct uuid snapshot;            /* for the audit log; zero: the record's, if it is for one alone */
    const struct envelope *fallback; /* the wrapping at hand, tried last; NULL: there is none */
    const char *fallback_name;       /* where it is, for messages */
    const struct kms_hint *at;       /* only records that name exactly this place; NULL: all */
    const struct uuid *without;      /* as if this record were not there; NULL: all are */
    const struct secret *fs_key;     /* the FS key, when it is known; NULL: any that has the check value */
    bool whole; /* the names and, of an encrypted filesystem, the at-rest key are wanted, too: a record that opens and
                   has lost them is told in the log, and serves only when there is no better one; of the fallback, the
                   at-rest key */
    bool all;   /* do not stop at the first that serves */
    key_search_each *each; /* hears of every wrapping that is tried; NULL: nobody does */
    void *context;
};

struct key_found {
    struct secret *fs_key;
    struct secret *at_rest_key; /* with `whole`; NULL: it is not encrypted, or the wrapping has it not */
    struct envelope envelope;   /* the first that serves, ... */
    struct kms_hint by;         /* ... the key that opened it, ... */
    bool by_first;              /* ... whether it was `first`, ... */
    struct uuid record;         /* ... and the record it is from; zero: it is the fallback */
    struct uuid snapshot;       /* the record says that the key is for this one alone; zero: it does not */
    bool has_names;             /* with `whole`, of a record */
    struct private_part names;
    uint64_t opened;    /* wrappings that open; with `all`, of all */
    struct uuid newest; /* of all records of the FS key, whether they open or not; zero: there are none */
};

void key_found_done(struct key_found *found);

/* When none opens, the failure is that of the first that was tried. NOT_FOUND: there is none. */
enum sealift_status key_search_run(const struct world *world, const struct key_search *search,
                                   struct key_found *ret_found, struct sealift_error *err);

#endif
