/* The drill: can every FS key, and every uploaded snapshot, still be opened? Kilobytes of each, nothing of which is
 * kept: a filesystem's own wrapping in the table; of an FS key of a bucket one of its key records; of a snapshot its
 * key, its manifest's HMAC, its names, and the first frame of its tree. What opened an FS key is remembered for a
 * while, so the KMS is asked once for each, and not for each snapshot. */
#ifndef DRILL_H
#define DRILL_H

#include "kms_routes.h"
#include "survey.h"

enum drill_wrapping { DRILL_NOTHING, DRILL_TABLE, DRILL_RECORD, DRILL_MANIFEST };

struct drill_finding {
    struct sealift_error failure; /* OK: it opens. UNAVAILABLE: it waits for a KMS or a store */
    enum drill_wrapping wrapping; /* what opened */
    struct uuid record;           /* of a record */
    struct kms_hint by;           /* the key that opened it: proven */
    bool has_key_check;
    uint8_t key_check[KEY_CHECK_SIZE];
    char filesystem[256], snapshot[256]; /* what opened has these names for itself; empty: it does not say */
    uint64_t fetched;                    /* of a snapshot: bytes that came from the store */
};

struct drill_request {
    const struct world *world;
    struct kms_routes *routes;
    struct progress *progress;
    size_t threads;
    /* As in struct survey. */
    enum sealift_status (*plan)(void *context, struct survey_run *run, struct sealift_error *err);
    void (*name)(void *context, const struct uuid *fs, char out[256]);
    void *plan_context;
    /* As survey->tell; `finding` is NULL of a store, which failed. */
    enum sealift_status (*each)(void *context, const struct survey_item *item, const struct drill_finding *finding,
                                struct sealift_error *err);
    void *context;
};

struct drill_outcome {
    uint64_t filesystems, keys, snapshots;
    uint64_t opened, waiting, failed;
    uint64_t fetched;
    struct sealift_error first_failure;
};

/* What does not open is told and counted, and no failure. */
enum sealift_status drill_run(const struct drill_request *request, struct drill_outcome *ret_outcome,
                              struct sealift_error *err);

#endif
