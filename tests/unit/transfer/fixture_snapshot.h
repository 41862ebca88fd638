/* A filesystem with a key of its own, a local KMS, and a store: what a transfer needs, without a table. */
#ifndef FIXTURE_SNAPSHOT_H
#define FIXTURE_SNAPSHOT_H

#include "download.h"
#include "publish.h"
#include "scratch_folder.h"
#include "store_memory.h"
#include "upload.h"

#include <pthread.h>

struct fixture {
    struct scratch_folder scratch; /* the KMS's home, and whatever a test makes */
    struct cancel cancel;
    struct logger logger;
    pthread_mutex_t lock; /* guards the log */
    char log[8192];       /* the warnings, a line each */
    struct world world;
    struct store *store;       /* in memory */
    struct kms_routes *routes; /* to the one that follows, and it is theirs */
    struct kms *kms;
    struct kms_audit audit; /* hears of their calls, ... */
    bool log_is_full;       /* ... and cannot record them; to be set before they are made */
    atomic_bool lacks_line; /* one was not recorded */
    struct uuid fs;
    struct secret *fs_key;
    struct envelope envelope;
    struct progress *progress;
    uint64_t sequence;
    uint64_t missing, changed, other; /* notices heard */
    char last_notice[1024];           /* "path: reason" */
};

void fixture_init(struct fixture *fixture);
void fixture_done(struct fixture *fixture);

/* A path below the fixture's folder. The texts live in a ring of eight. */
const char *fixture_path(struct fixture *fixture, const char *below);
void fixture_write(struct fixture *fixture, const char *below, struct bytes contents);
void fixture_write_text(struct fixture *fixture, const char *below, const char *text);
void fixture_write_noise(struct fixture *fixture, const char *below, size_t len); /* random bytes */
void fixture_make_folder(struct fixture *fixture, const char *below);

/* A key record of the filesystem's FS key, newer than any before. */
struct uuid fixture_put_key_record(struct fixture *fixture, const struct envelope *envelope);

/* Uploads and publishes what lies below the folder. */
enum sealift_status fixture_upload(struct fixture *fixture, struct store *store, const char *below,
                                   struct locator *ret_locator, struct upload_outcome *ret_outcome,
                                   struct sealift_error *err);
enum sealift_status fixture_upload_with(struct fixture *fixture, struct store *store, struct upload_request *request,
                                        struct locator *ret_locator, struct upload_outcome *ret_outcome,
                                        struct sealift_error *err);

/* Manifest, key, tree and all contents, as a download reads them: *ret_digest is a sum over every entry and every
 * piece, in whatever order they came. */
enum sealift_status fixture_read(struct fixture *fixture, struct store *store, const struct locator *locator,
                                 uint64_t *ret_digest, struct sealift_error *err);
enum sealift_status fixture_download(struct fixture *fixture, struct store *store, const struct locator *locator,
                                     const char *below, struct download_outcome *ret_outcome,
                                     struct sealift_error *err);
/* The keyless verification, by reading. */
enum sealift_status fixture_verify_objects(struct fixture *fixture, struct store *store, const struct locator *locator,
                                           struct sealift_error *err);

/* True when rsync sees no difference between two directories below the folder: contents, attributes, links, times. */
bool fixture_trees_are_equal(struct fixture *fixture, const char *a, const char *b);

#endif
