/* The inside of a `struct sealift`: the world it runs in, its table, and the KMS connections that were opened. */
#ifndef HANDLE_H
#define HANDLE_H

#include "audit.h"
#include "kms_move.h"
#include "kms_routes.h"
#include "own_key.h"
#include "store.h"
#include "table.h"

#include <pthread.h>
#include <sealift/sealift.h>

struct sealift {
    struct cancel cancel;
    struct logger logger;
    struct world world;
    struct sealift_options options;
    char *home;
    char *command;                /* NULL: nothing is said */
    char *audit_path;             /* NULL: in the home */
    bool no_audit;                /* nobody wants it */
    struct table *table;          /* opened when first needed: what a bucket holds can be told without one */
    pthread_mutex_t kms_lock;     /* guards the next, which a transfer keeps alive on a thread of its own */
    struct kms_routes *routes;    /* made when first needed */
    struct audit *audit;          /* opened when a KMS is first needed; NULL: not yet, or there is none */
    struct kms_config kms_config; /* what sealift_kms_get() shows */
    struct kms_move kms_move;
    char kms_credential[CREDENTIAL_TEXT_SIZE], kms_client_key[CREDENTIAL_TEXT_SIZE];
};

/* Opens home and table, or makes them; to be called by whatever uses sealift->table. */
enum sealift_status handle_need_table(struct sealift *sealift, struct sealift_error *err);

/* The connections that the table knows of: the cluster's KMS, those before it while a move goes on, each filesystem's
 * own key, the local KMS. An own key that cannot be used is a warning in the log. */
enum sealift_status handle_routes(struct sealift *sealift, struct kms_routes **ret_routes, struct sealift_error *err);
/* How the cluster's KMS is reached. NOT_FOUND: none is set. */
enum sealift_status handle_cluster_config(struct sealift *sealift, struct kms_config *ret_config,
                                          struct sealift_error *err);
/* What another process has changed since they were made joins them: a KMS that has come into force, filesystems' own
 * keys. None is taken away, for a transfer may be using it. */
enum sealift_status handle_follow_kms(struct sealift *sealift, struct sealift_error *err);
/* The KMS that new keys are wrapped with: the one that is configured at this moment; with `allow_none`, the local one
 * where none is. */
enum sealift_status handle_kms(struct sealift *sealift, bool allow_none, struct kms **ret_kms,
                               struct sealift_error *err);
/* The one that a filesystem's keys are wrapped with: at its own key, else handle_kms(). */
enum sealift_status handle_fs_kms(struct sealift *sealift, const struct table_fs *row, bool allow_none,
                                  struct kms **ret_kms, struct sealift_error *err);
/* The one at an own key, which no filesystem need have yet; without one the cluster's. INVALID: the cluster's KMS has
 * no place for it. */
enum sealift_status handle_own_kms(struct sealift *sealift, const struct own_key *own, struct kms **ret_kms,
                                   struct sealift_error *err);
/* kms_routes_open() of them. */
enum sealift_status handle_open_envelope(struct sealift *sealift, struct kms_errand *errand,
                                         const struct envelope *envelope, struct secret **ret_fs_key,
                                         struct secret **ret_at_rest_key, struct sealift_error *err);
/* Renews what the KMS lends us for a time, if there is a connection; any thread. */
void handle_keep_kms_alive(struct sealift *sealift);
/* Gives a connection that is none of the routes' what those have: who hears of its calls, and the patience. To be
 * called before the KMS is asked anything; a failure is that of the audit log. */
enum sealift_status handle_outfit_kms(struct sealift *sealift, struct kms *kms, struct sealift_error *err);
/* kms_audit_ready() of the audit log. */
enum sealift_status handle_audit_ready(const struct sealift *sealift, struct sealift_error *err);
/* The audit log tells of this filesystem by its name, which the table does not have yet. */
enum sealift_status handle_introduce(struct sealift *sealift, const struct table_fs *row, struct sealift_error *err);
/* Forgets the connections, after a configuration has changed. */
void handle_forget_kms(struct sealift *sealift);

/* INVALID when the caller left out what must be given: NULL or empty. */
enum sealift_status handle_need(const char *text, const char *what, struct sealift_error *err);

/* A store by the name of a row, or by URL. */
enum sealift_status handle_open_obs(struct sealift *sealift, const struct sealift_obs_spec *spec,
                                    struct store **ret_store, struct sealift_error *err);

/* A path that means the same wherever the next command runs. Links are kept: what they point to may change, and is
 * meant to (a Kubernetes token is rotated by swapping one). The caller frees it. */
enum sealift_status handle_absolute_path(const char *path, char **ret_path, struct sealift_error *err);

/* An absolute path of an existing directory, valid UTF-8, without links. The caller frees it. */
enum sealift_status handle_directory(const char *path, char **ret_path, struct sealift_error *err);

#endif
