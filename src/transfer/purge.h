/* Deletes a filesystem from a bucket: all of its objects. Needs no key.
 *
 * The order is that of going backwards through an upload: the manifests first, so that no snapshot seems to exist whose
 * data is gone; then logs, tree, data, what a collect condemned, and whatever else lies below the filesystem's prefix;
 * the key records last: as long as the filesystem is listed at all, a purge that was cut off can be run again. */
#ifndef PURGE_H
#define PURGE_H

#include "evidence.h"
#include "progress.h"

#include <pthread.h>

struct purge_count {
    uint64_t objects, bytes; /* deleted */
    uint64_t refused;        /* still there, because the store said so */
};

enum purge_kind { PURGE_MANIFESTS, PURGE_LOGS, PURGE_TREE, PURGE_DATA, PURGE_CONDEMNED, PURGE_OTHER, PURGE_KEYS };
#define PURGE_KINDS 7
const char *purge_kind_name(enum purge_kind kind); /* "manifests", "logs", "tree" ... */

/* A manifest or a key record, and what became of it: "deleted", "refused", "absent". One call at a time. */
typedef enum sealift_status purge_each(void *context, const struct evidence_object *object, const char *outcome,
                                       const char *problem, struct sealift_error *err);

struct purge_request {
    struct uuid fs;
    size_t connections;
    struct evidence *evidence; /* begun; is settled before anything is deleted. NULL: none */
    purge_each *each;
    void *context;
};

struct purge {
    const struct world *world;
    struct store *store;
    struct progress *progress;
    const struct purge_request *request;
    struct purge_count counts[PURGE_KINDS]; /* also after a failure: what was deleted by then */
    /* the rest is purge.c's */
    pthread_mutex_t lock; /* guards the counts and the next */
    struct sealift_error first_refusal;
    enum purge_kind kind;
};

/* Begin with the first four set. */
void purge_init(struct purge *purge);
void purge_done(struct purge *purge);

/* The manifests, to be called first: while it runs, nobody may publish. Nothing is deleted unless the evidence is on
 * the disk. */
enum sealift_status purge_manifests(struct purge *purge, struct sealift_error *err);
/* All else. What is refused is told as a notice, and does not keep the rest; then the failure says how many objects
 * remain, with the status of the first, and the key records stay. CONFLICT: objects came while others went: an upload
 * is under way. */
enum sealift_status purge_rest(struct purge *purge, struct sealift_error *err);

#endif
