/* What no snapshot uses: uploads that left objects in the bucket, and that no manifest of the filesystem names, by the
 * logs' own word. Needs no key. DESIGN.md section 4.3.
 *
 * An upload counts as a whole: of one that a snapshot still uses in part, nothing is told. */
#ifndef UNUSED_H
#define UNUSED_H

#include "names.h"
#include "store.h"

/* A log whose newest record is younger, by the store's clock, keeps alive what it names: its upload may be under way,
 * on any machine. */
#define UNUSED_GRACE_NS (7 * 24 * 3600 * NS_PER_S)

enum unused_state {
    UNUSED_FREE,      /* nothing uses it */
    UNUSED_UNDER_WAY, /* its log is young */
    UNUSED_UNKNOWN,   /* what some snapshot uses could not be read */
};
const char *unused_state_name(enum unused_state state); /* "unused", "under-way", "unknown" */

struct unused_upload {
    struct uuid upload;
    enum unused_state state;
    uint64_t objects, bytes; /* of log, tree and data */
    int64_t newest_ns;       /* of its log's newest record; 0: it has none */
};
typedef enum sealift_status unused_each(void *context, const struct unused_upload *upload, struct sealift_error *err);

struct unused_request {
    struct uuid fs;
    size_t connections;
    const struct uuid *removed; /* an upload whose manifest was just removed: its log keeps nothing; NULL: none */
    const uint8_t *key_check;   /* of an FS key of which it is asked, too, whether a manifest names it; NULL: of none */
};

struct unused_answer {
    struct sealift_error problem; /* what could not be read, so that none is called unused; OK: nothing */
    bool key_is_used; /* a manifest names the FS key that was asked for; not known where there is a problem */
};

/* In the order of time. Memory is a few bytes an upload. */
enum sealift_status unused_list(const struct world *world, struct store *store, const struct unused_request *request,
                                unused_each *each, void *context, struct unused_answer *ret_answer,
                                struct sealift_error *err);

#endif
