/* The KMS connections of a cluster. */
#include "error.h"
#include "handle.h"
#include "scoped.h"

void
handle_keep_kms_alive(struct sealift *sealift)
{
    struct kms_routes *routes;

    pthread_mutex_lock(&sealift->kms_lock);
    routes = sealift->routes;
    pthread_mutex_unlock(&sealift->kms_lock);
    if (routes != NULL) /* they stay while a transfer runs: only a new configuration takes them away */
        kms_routes_keep_alive(routes);
}

void
handle_forget_kms(struct sealift *sealift)
{
    pthread_mutex_lock(&sealift->kms_lock);
    kms_routes_free(&sealift->routes);
    pthread_mutex_unlock(&sealift->kms_lock);
}

/* --- who hears of it --- */

/* The table makes the home, which the log is in. */
static enum sealift_status
need_audit(struct sealift *sealift, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;

    if (sealift->audit != NULL || sealift->no_audit)
        return SEALIFT_OK;
    if (sealift->audit_path != NULL)
        return audit_open(&sealift->world, sealift->audit_path, sealift->command, &sealift->audit, err);
    TRY(handle_need_table(sealift, err));
    TRY(text_format(&path, "%s/audit.log", err, sealift->home));
    return audit_open(&sealift->world, path, sealift->command, &sealift->audit, err);
}

static struct kms_audit *
ear_of(const struct sealift *sealift)
{
    return sealift->audit != NULL ? audit_ear(sealift->audit) : NULL;
}

enum sealift_status
handle_audit_ready(const struct sealift *sealift, struct sealift_error *err)
{
    return kms_audit_ready(ear_of(sealift), err);
}

enum sealift_status
handle_outfit_kms(struct sealift *sealift, struct kms *kms, struct sealift_error *err)
{
    TRY(need_audit(sealift, err));
    kms->audit = ear_of(sealift);
    kms->wait_seconds = sealift->options.kms_wait_seconds;
    return SEALIFT_OK;
}

enum sealift_status
handle_introduce(struct sealift *sealift, const struct table_fs *row, struct sealift_error *err)
{
    TRY(need_audit(sealift, err));
    return sealift->audit != NULL ? audit_know(sealift->audit, &row->uuid, row->name, err) : SEALIFT_OK;
}

/* --- what the table knows --- */

enum sealift_status
handle_cluster_config(struct sealift *sealift, struct kms_config *ret_config, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};

    TRY(handle_need_table(sealift, err));
    TRY(table_kms_get(sealift->table, &text, err));
    return kms_config_from_json(buf_bytes(&text), ret_config, err);
}

/* Whose KMS a filesystem's own key may be at: the cluster's and, while a move goes on, those before it. */
struct making {
    struct sealift *sealift;
    struct kms_routes *routes;
    struct buf clusters; /* struct kms_config, the one in force first */
};

static void
making_done(struct making *making)
{
    buf_done(&making->clusters);
}

static enum sealift_status
add_cluster(struct making *making, struct sealift_error *err)
{
    struct kms_config config;
    enum sealift_status status = handle_cluster_config(making->sealift, &config, err);

    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    TRY(status);
    TRY(buf_append(&making->clusters, &config, sizeof(config), err));
    return kms_routes_add(making->routes, KMS_ROLE_CLUSTER, &config, err);
}

static enum sealift_status
add_former(void *context, int64_t id, const char *text, struct sealift_error *err)
{
    struct making *making = context;
    struct sealift_error problem;
    struct kms_config config;

    (void)id;
    if (kms_config_from_json(bytes_of_text(text), &config, &problem) != SEALIFT_OK) {
        world_log(&making->sealift->world, LOG_WARNING, "a former KMS is passed over: %s", problem.message);
        return SEALIFT_OK;
    }
    if (config.type == KMS_LOCAL) /* there is always one, in its own role */
        return SEALIFT_OK;
    TRY(buf_append(&making->clusters, &config, sizeof(config), err));
    return kms_routes_add(making->routes, KMS_ROLE_FORMER, &config, err);
}

/* The filesystem's, at each KMS that it fits; the failure at the one in force when there is none. */
static enum sealift_status
add_own_key(struct making *making, const struct uuid *fs, const struct own_key *own, struct sealift_error *err)
{
    const struct kms_config *clusters = (const void *)making->clusters.data;
    size_t count = making->clusters.len / sizeof(*clusters), fits = 0;
    struct sealift_error misfit = {0};

    for (size_t i = 0; i < count; i++) {
        struct kms_config config;
        struct sealift_error problem;

        if (own_key_apply(&clusters[i], own, &config, &problem) == SEALIFT_OK) {
            TRY(kms_routes_add_own(making->routes, fs, &config, err));
            fits++;
        } else if (i == 0) {
            misfit = problem;
        }
    }
    if (fits > 0)
        return SEALIFT_OK;
    if (count == 0)
        return error_set(err, SEALIFT_INVALID, "no KMS is set, and its key is at one");
    *err = misfit;
    return err->status;
}

/* One filesystem whose key is nowhere does not keep the others from theirs. */
static enum sealift_status
add_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct making *making = context;
    struct own_key own;

    TRY(handle_introduce(making->sealift, row, err));
    if (row->own_key[0] == '\0')
        return SEALIFT_OK;
    if (own_key_from_json(bytes_of_text(row->own_key), &own, err) == SEALIFT_OK &&
        add_own_key(making, &row->uuid, &own, err) == SEALIFT_OK)
        return SEALIFT_OK;
    if (err->status == SEALIFT_NO_MEMORY)
        return err->status;
    world_log(&making->sealift->world, LOG_WARNING, "filesystem %s: its own key cannot be used: %s", row->name,
              err->message);
    return SEALIFT_OK;
}

static enum sealift_status
add_known(struct making *making, struct sealift_error *err)
{
    struct table *table;

    TRY(add_cluster(making, err));
    table = making->sealift->table;
    TRY(table_kms_former_list(table, add_former, making, err));
    return table_fs_list(table, add_fs, making, err);
}

static enum sealift_status
make_routes(struct sealift *sealift, struct kms_routes **ret_routes, struct sealift_error *err)
{
    SCOPED(kms_routes_free) struct kms_routes *routes = NULL;
    struct kms_routes_options options = {.home = sealift->home, .wait_seconds = sealift->options.kms_wait_seconds};
    const struct kms_config local = {.type = KMS_LOCAL};
    SCOPED(making_done) struct making making = {.sealift = sealift};

    TRY(need_audit(sealift, err));
    options.audit = ear_of(sealift);
    TRY(kms_routes_new(&sealift->world, &options, &routes, err));
    making.routes = routes;
    TRY(add_known(&making, err));
    TRY(kms_routes_add(routes, KMS_ROLE_LOCAL, &local, err));
    *ret_routes = TAKE(routes);
    return SEALIFT_OK;
}

enum sealift_status
handle_routes(struct sealift *sealift, struct kms_routes **ret_routes, struct sealift_error *err)
{
    struct kms_routes *routes;

    if (sealift->routes == NULL) {
        TRY(make_routes(sealift, &routes, err));
        pthread_mutex_lock(&sealift->kms_lock);
        sealift->routes = routes;
        pthread_mutex_unlock(&sealift->kms_lock);
    }
    *ret_routes = sealift->routes;
    return SEALIFT_OK;
}

enum sealift_status
handle_follow_kms(struct sealift *sealift, struct sealift_error *err)
{
    SCOPED(making_done) struct making making = {.sealift = sealift, .routes = sealift->routes};

    return making.routes != NULL ? add_known(&making, err) : SEALIFT_OK;
}

/* --- who wraps --- */

enum sealift_status
handle_kms(struct sealift *sealift, bool allow_none, struct kms **ret_kms, struct sealift_error *err)
{
    struct kms_config config;
    struct kms_routes *routes;
    enum sealift_status status;

    TRY(handle_routes(sealift, &routes, err));
    status = handle_cluster_config(sealift, &config, err);
    if (status == SEALIFT_OK) {
        TRY(kms_routes_add(routes, KMS_ROLE_CLUSTER, &config, err)); /* one that is there already stays */
        return kms_routes_get(routes, &config, ret_kms, err);
    }
    if (status != SEALIFT_NOT_FOUND)
        return status;
    if (allow_none)
        return kms_routes_first(routes, KMS_ROLE_LOCAL, ret_kms, err);
    return error_set(err, SEALIFT_INVALID,
                     "no KMS is set: set one with \"sealift kms set vault\" or \"sealift kms set kmip\"");
}

enum sealift_status
handle_own_kms(struct sealift *sealift, const struct own_key *own, struct kms **ret_kms, struct sealift_error *err)
{
    struct kms_config cluster = {.type = KMS_NONE}, config;
    struct kms_routes *routes;
    enum sealift_status status;

    if (own->key[0] == '\0')
        return handle_kms(sealift, false, ret_kms, err);
    TRY(handle_routes(sealift, &routes, err));
    status = handle_cluster_config(sealift, &cluster, err);
    if (status != SEALIFT_NOT_FOUND)
        TRY(status);
    TRY(own_key_apply(&cluster, own, &config, err));
    TRY(kms_routes_add(routes, KMS_ROLE_OWN, &config, err)); /* one that is there already stays */
    return kms_routes_get(routes, &config, ret_kms, err);
}

enum sealift_status
handle_fs_kms(struct sealift *sealift, const struct table_fs *row, bool allow_none, struct kms **ret_kms,
              struct sealift_error *err)
{
    struct own_key own;

    if (row->own_key[0] == '\0')
        return handle_kms(sealift, allow_none, ret_kms, err);
    if (own_key_from_json(bytes_of_text(row->own_key), &own, err) != SEALIFT_OK ||
        handle_own_kms(sealift, &own, ret_kms, err) != SEALIFT_OK)
        return error_prefix(err, "filesystem %s, which has a key of its own", row->name);
    return SEALIFT_OK;
}

enum sealift_status
handle_open_envelope(struct sealift *sealift, struct kms_errand *errand, const struct envelope *envelope,
                     struct secret **ret_fs_key, struct secret **ret_at_rest_key, struct sealift_error *err)
{
    struct kms_routes *routes;

    TRY(handle_routes(sealift, &routes, err));
    return kms_routes_open(routes, errand, envelope, ret_fs_key, ret_at_rest_key, err);
}
