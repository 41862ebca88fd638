/* The KMS connections of a process, and which of them opens an envelope: the cluster's; those before it, while a move
 * to another KMS goes on; each filesystem's own key; the local one.
 *
 * What an envelope says of its key is a hint from outside. It only chooses among the routes, so neither an address nor
 * a credential ever comes from a bucket: first who wraps exactly there, then who has the namespace. Last, whatever the
 * hint says, for a mount may have been moved, and a hint be forged: the cluster's, and the filesystem's own key. A hint
 * never leads a login of an own key out of its namespace. DESIGN.md section 3.
 *
 * Any thread may call. */
#ifndef KMS_ROUTES_H
#define KMS_ROUTES_H

#include "keyring.h"

enum kms_role { KMS_ROLE_CLUSTER, KMS_ROLE_FORMER, KMS_ROLE_OWN, KMS_ROLE_LOCAL };

struct kms_routes_options {
    const char *home;        /* of the local KMS's key file */
    struct kms_audit *audit; /* NULL: nobody listens */
    int64_t wait_seconds;    /* how long each call is repeated while its KMS is not there */
};

struct kms_routes;

/* Without a route. `world` and `options->audit` must outlive it. */
enum sealift_status kms_routes_new(const struct world *world, const struct kms_routes_options *options,
                                   struct kms_routes **ret_routes, struct sealift_error *err);
void kms_routes_free(struct kms_routes **routes);

/* Adds a route, which is opened when it is first needed. The same configuration twice is one connection, in the role
 * that came first. */
enum sealift_status kms_routes_add(struct kms_routes *routes, enum kms_role role, const struct kms_config *config,
                                   struct sealift_error *err);
/* The same in the role of an own key, and that it is this filesystem's. */
enum sealift_status kms_routes_add_own(struct kms_routes *routes, const struct uuid *fs,
                                       const struct kms_config *config, struct sealift_error *err);
/* Adds one that is open, and takes it over. */
enum sealift_status kms_routes_adopt(struct kms_routes *routes, enum kms_role role, struct kms **kms,
                                     struct sealift_error *err);

/* The connection for wrapping: of a configuration that was added (NOT_FOUND: it was not), or the first in a role. It is
 * the routes', and lives as long as they do. */
enum sealift_status kms_routes_get(struct kms_routes *routes, const struct kms_config *config, struct kms **ret_kms,
                                   struct sealift_error *err);
enum sealift_status kms_routes_first(struct kms_routes *routes, enum kms_role role, struct kms **ret_kms,
                                     struct sealift_error *err);

/* How many there are: they only become more. */
size_t kms_routes_count(struct kms_routes *routes);

/* Whether a route wraps exactly there. */
bool kms_routes_knows(struct kms_routes *routes, const struct kms_hint *hint);

/* Opens an envelope. errand->by says which key opened it. `ret_at_rest_key` may be NULL. When none does, the failure is
 * the most fitting route's; DENIED, naming namespace and key, when there is no route that could. UNAVAILABLE ends the
 * search, and says which filesystem waits for which KMS; but not that of a former KMS, or while there is another one
 * that wraps exactly there. */
enum sealift_status kms_routes_open(struct kms_routes *routes, struct kms_errand *errand,
                                    const struct envelope *envelope, struct secret **ret_fs_key,
                                    struct secret **ret_at_rest_key, struct sealift_error *err);

/* The same, but `first` is asked before all others for what a KMS of its type wrapped, whatever the hint says, and not
 * again if it is one of the routes: of two servers with a key of the same name only it can tell its own. NULL: nobody
 * is. */
enum sealift_status kms_routes_open_first(struct kms_routes *routes, struct kms *first, struct kms_errand *errand,
                                          const struct envelope *envelope, struct secret **ret_fs_key,
                                          struct secret **ret_at_rest_key, bool *ret_by_first,
                                          struct sealift_error *err);

/* From now on a KMS that was not there for one call is only tried, and not waited for, by those of the next minute: for
 * who goes through many wrappings. */
void kms_routes_be_impatient(struct kms_routes *routes);

/* kms_audit_ready() of who listens to them. */
enum sealift_status kms_routes_audit_ready(const struct kms_routes *routes, struct sealift_error *err);

/* kms_keep_alive() of those that are open. */
void kms_routes_keep_alive(struct kms_routes *routes);

#endif
