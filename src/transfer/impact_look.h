/* How the impact of a key looks at what there is: a wrapping, an FS key by its records, a snapshot. What its files
 * share; many threads look at once. */
#ifndef IMPACT_LOOK_H
#define IMPACT_LOOK_H

#include "impact.h"
#include "memo.h"

struct impact_look {
    const struct impact_request *request;
    struct memo *wrappings; /* struct proof */
    struct memo *keys;      /* struct impact_key */
};

/* Whether a failure is no matter of the one thing that was looked at: what ends all work, and a call that could not be
 * recorded, which `err` then tells of. */
bool impact_ends_all(const struct impact_look *look, struct sealift_error *err);

/* --- impact_wrapping.c: opened once however many carry it --- */

/* *ret_proof stays until it is released. `snapshot` (may be NULL) is whose manifest carries it. */
enum sealift_status impact_hold_proof(const struct impact_look *look, const struct envelope *envelope,
                                      const struct uuid *snapshot, const struct proof **ret_proof,
                                      struct sealift_error *err);
void impact_release_proof(const struct impact_look *look, const struct proof *proof); /* NULL: none is held */

/* Its line of the evidence, when there is any. `object`: what carries it; NULL: the table. */
enum sealift_status impact_write_wrapping(const struct impact_look *look, const char *object,
                                          const struct envelope *envelope, const struct proof *proof,
                                          struct sealift_error *err);

/* --- impact_key.c: an FS key by its records --- */

/* All of them are looked at: whoever hides one behind others must not make it count for less. */
struct impact_key {
    struct impact_tally tally;
    struct secret *fs_key; /* NULL: nothing opens */
};

/* Of the item's filesystem and bucket. *ret_key stays until it is released. */
enum sealift_status impact_hold_key(const struct impact_look *look, const struct survey_item *item,
                                    const uint8_t key_check[KEY_CHECK_SIZE], const struct impact_key **ret_key,
                                    struct sealift_error *err);
void impact_release_key(const struct impact_look *look, const struct impact_key *key); /* NULL: none is held */

/* A key that has records, whose lines of the evidence it writes. */
enum sealift_status impact_look_at_key(const struct impact_look *look, const struct survey_item *item,
                                       struct impact_finding *finding, struct sealift_error *err);

/* --- impact_snapshot.c --- */

enum sealift_status impact_look_at_snapshot(const struct impact_look *look, const struct survey_item *item,
                                            struct impact_finding *finding, struct sealift_error *err);

#endif
