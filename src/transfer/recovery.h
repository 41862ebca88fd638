/* What a bucket tells of a filesystem to whoever lost the table: which of its FS keys is in force, with the names and
 * the at-rest key, and which of its snapshots are authentic. What anybody may have written counts for nothing: only
 * what opens through the KMS, and authenticates. DESIGN.md sections 3 and 4. */
#ifndef RECOVERY_H
#define RECOVERY_H

#include "key_search.h"
#include "manifest.h"

struct recovery {
    const struct world *world;
    struct store *store;
    struct kms_routes *routes;
    struct uuid fs;
    size_t threads; /* that read at once */
    /* Hears where a wrapping claims to be from before it is tried, and may add a route; any thread.
     * NULL: nobody does. */
    enum sealift_status (*meet)(void *context, const struct kms_hint *claim, struct sealift_error *err);
    void *context;
};

/* The FS key of the highest generation that has a record; of two, that of the newer record. Of a key whose records
 * disagree the lowest generation counts: it may be one that leaked. Keys for one snapshot alone do not count.
 * *ret_found is whole. *ret_claim, also of a failure: where the key claims to be wrapped that was found, or is missing.
 *
 * A key none of whose wrappings opens may be the one in force, as far as it has the newest record of all: then its
 * failure is that of the filesystem, unless `skip_unopened`. What is no wrapping of a key of this filesystem, whatever
 * its name says, is told in the log. NOT_FOUND: there is no key. */
enum sealift_status recovery_key(const struct recovery *recovery, bool skip_unopened, struct key_found *ret_found,
                                 struct kms_hint *ret_claim, struct sealift_error *err);

/* Where a newer record says that this FS key is wrapped, when that is another place than the one where it opened: it
 * may have been moved there, out of reach of the credentials at hand. Without a type: no record says so. Of records
 * that are sealed with the key (without `opened->fs_key` of all) the newest counts that is of the same type of KMS, for
 * own keys are at the cluster's; without one the newest of another type, to which a whole cluster may have gone, but
 * not back to the local KMS. It is a hint, which nobody vouches for, and may be of a second KMS. */
enum sealift_status recovery_moved(const struct recovery *recovery, const struct key_found *opened,
                                   struct kms_hint *ret_claim, struct sealift_error *err);

/* Each snapshot that is authentic, in the order of time, on one thread. `known`: a key that was found already; NULL:
 * none. Others are told in the log, and *ret_passed_over counts them. */
typedef enum sealift_status recovery_each(void *context, const struct manifest *manifest,
                                          const struct private_part *names, struct sealift_error *err);
enum sealift_status recovery_snapshots(const struct recovery *recovery, const struct key_found *known,
                                       recovery_each *each, void *context, uint64_t *ret_passed_over,
                                       struct sealift_error *err);

#endif
