/* The wrappings of one FS key, added up, and the verdict that follows from what was shown of them. */
#ifndef IMPACT_TALLY_H
#define IMPACT_TALLY_H

#include "proof.h"

enum impact_verdict {
    IMPACT_UNKNOWN,  /* nothing opens it here, and nothing names the condemned key */
    IMPACT_CLAIMED,  /* nothing opens it here, and a wrapping claims to be the condemned key's */
    IMPACT_DIES,     /* nothing but the condemned key was shown to open it */
    IMPACT_SURVIVES, /* something else was */
};

enum impact_wrapping { IMPACT_NOTHING, IMPACT_TABLE, IMPACT_RECORD, IMPACT_MANIFEST };

struct impact_tally {
    uint64_t wrappings, condemned, others, claimed;                       /* `claimed`: of those that did not open */
    uint64_t at_rest, at_rest_condemned, at_rest_others, at_rest_claimed; /* those with an at-rest key */
    enum impact_wrapping opened; /* what opened; of several one by another key, the newest */
    struct uuid record;          /* of a record */
    struct kms_hint by;
    struct sealift_error failure; /* of the last that did not open; one that waits outweighs others */
};

/* `record`: of a record, else NULL. Records come in the order of time, a manifest's own wrapping last. */
void impact_tally_add(struct impact_tally *tally, const struct proof *proof, enum impact_wrapping wrapping,
                      const struct uuid *record);
/* One that could not even be read. */
void impact_tally_add_unread(struct impact_tally *tally, const struct sealift_error *failure);
/* That there may be more, which could not be listed. */
void impact_tally_note_failure(struct impact_tally *tally, const struct sealift_error *failure);

/* On the FS key, ... */
enum impact_verdict impact_tally_judge(const struct impact_tally *tally);
/* ... and on the at-rest key beside it, if any of them has one: the worse of the two. */
enum impact_verdict impact_tally_judge_all(const struct impact_tally *tally);

const char *impact_verdict_name(enum impact_verdict verdict); /* "dies" ... */

#endif
