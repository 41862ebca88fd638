/* The blast radius of a key: what would be lost if it, or its older versions, went. Every wrapping of every FS key that
 * there is, of the table, of key records and of manifests, is opened (proof.h), and the verdict on what hangs on it
 * follows from what was shown.
 *
 * What a bucket says of a key never makes a key look unneeded: only something else that opened counts as something
 * else. */
#ifndef IMPACT_H
#define IMPACT_H

#include "evidence.h"
#include "impact_tally.h"
#include "survey.h"

struct impact_finding {
    enum impact_verdict verdict;
    struct impact_tally tally;
    bool has_key_check;
    uint8_t key_check[KEY_CHECK_SIZE];
    char filesystem[256], snapshot[256]; /* of a snapshot that opened: its own names for itself */
    struct sealift_error problem;        /* why it could not be looked at, or shown; OK: there is none */
    uint64_t fetched;                    /* of a snapshot: its manifest's bytes */
};

struct impact_request {
    const struct world *world;
    struct kms_routes *routes;
    const struct condemned *condemned;
    struct evidence *evidence; /* NULL: none is wanted */
    struct progress *progress;
    size_t threads;
    /* As in struct survey. */
    enum sealift_status (*plan)(void *context, struct survey_run *run, struct sealift_error *err);
    void (*name)(void *context, const struct uuid *fs, char out[256]);
    void *plan_context;
    /* As survey->tell; `finding` is NULL of a store, which could not be gone through. */
    enum sealift_status (*each)(void *context, const struct survey_item *item, const struct impact_finding *finding,
                                struct sealift_error *err);
    void *context;
};

struct impact_outcome {
    uint64_t dies, survives, claimed, unknown; /* a store that could not be gone through is unknown */
    uint64_t fetched;
    uint64_t touched; /* that have a wrapping which the condemned key opens, or which names it */
    /* The first that could not be asked for now, or a store that could not be gone through; OK: all could. */
    struct sealift_error waiting;
};

enum sealift_status impact_run(const struct impact_request *request, struct impact_outcome *ret_outcome,
                               struct sealift_error *err);

#endif
