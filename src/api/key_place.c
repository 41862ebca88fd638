#include "key_place.h"

#include "error.h"
#include "local.h"
#include "scoped.h"
#include "vault_config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whoever writes to the bucket chooses claims, and each is worth a login and a look. A thousand tenants
 * have as many. */
#define MET_MAX 4096

void
key_places_done(struct key_places *places)
{
    if (places->sealift != NULL)
        pthread_mutex_destroy(&places->lock);
    buf_done(&places->met);
}

static enum sealift_status
count_former(void *context, int64_t id, const char *config, struct sealift_error *err)
{
    (void)id;
    (void)err;
    *(bool *)context |= strcmp(config, TABLE_KMS_LOCAL) != 0;
    return SEALIFT_OK;
}

/* Without any, each filesystem would be told to wait for a KMS of its own. */
static enum sealift_status
need_some_kms(const struct key_places *places, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;
    const char *home = places->sealift->home;
    bool has_former = false;

    if (places->cluster.type != KMS_NONE)
        return SEALIFT_OK;
    TRY(table_kms_former_list(places->sealift->table, count_former, &has_former, err));
    TRY(local_key_path(home, &path, err));
    if (has_former || access(path, F_OK) == 0)
        return SEALIFT_OK;
    return error_set(
        err, SEALIFT_INVALID,
        "no KMS is set, so no key of a bucket opens: set the one that wraps them first, with \"sealift kms "
        "set vault\" or \"sealift kms set kmip\"; what a trial without one wrapped opens when its "
        "local-kms.key is copied to %s",
        home);
}

enum sealift_status
key_places_begin(struct sealift *sealift, const struct own_key *given, struct key_places *places,
                 struct sealift_error *err)
{
    struct kms *ignored;
    enum sealift_status status;

    *places = (struct key_places){.sealift = sealift, .given = *given, .met = {.max = MET_MAX * (size_t)SHA256_SIZE}};
    pthread_mutex_init(&places->lock, NULL);
    TRY(handle_need_table(sealift, err));
    status = handle_cluster_config(sealift, &places->cluster, err);
    if (status != SEALIFT_NOT_FOUND)
        TRY(status);
    TRY(need_some_kms(places, err));
    TRY(handle_routes(sealift, &places->routes, err));
    kms_routes_be_impatient(places->routes);
    return given->key[0] != '\0' ? handle_own_kms(sealift, given, &ignored, err) : SEALIFT_OK;
}

/* --- the place that is claimed --- */

/* As an own key that shares the cluster's login. */
static void
make_own(const struct key_places *places, const struct kms_hint *place, struct own_key *ret_own)
{
    const struct vault_config *cluster = &places->cluster.vault;
    struct own_key own = {0};

    memcpy(own.key, place->key_identifier, sizeof(own.key));
    if (places->cluster.type == KMS_VAULT) {
        if (strcmp(place->name_space, cluster->name_space) != 0)
            memcpy(own.name_space, place->name_space, sizeof(own.name_space));
        if (place->name_space[0] == '\0' && cluster->name_space[0] != '\0')
            memcpy(own.name_space, VAULT_ROOT_NAMESPACE, sizeof(VAULT_ROOT_NAMESPACE));
        if (strcmp(place->mount, cluster->transit_path) != 0)
            memcpy(own.transit_path, place->mount, sizeof(own.transit_path));
    }
    *ret_own = own;
}

static enum sealift_status
name_claim(const struct kms_hint *claim, uint8_t ret_name[SHA256_SIZE], struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};

    TRY(buf_printf(&text, "%s\n%s\n%s", err, claim->name_space, claim->mount, claim->key_identifier));
    return sha256(buf_bytes(&text), ret_name, err);
}

/* Notes it, too. */
static enum sealift_status
is_news(struct key_places *places, const struct kms_hint *claim, bool *ret_news, struct sealift_error *err)
{
    uint8_t name[SHA256_SIZE];

    *ret_news = false;
    TRY(name_claim(claim, name, err));
    for (size_t at = 0; at < places->met.len; at += sizeof(name))
        if (memcmp(places->met.data + at, name, sizeof(name)) == 0)
            return SEALIFT_OK;
    *ret_news = places->met.len + sizeof(name) <= places->met.max;
    return *ret_news ? buf_append(&places->met, name, sizeof(name), err) : SEALIFT_OK;
}

/* In the cluster's own namespace its connection goes to any key that a wrapping claims. */
static bool
is_elsewhere(const struct key_places *places, const struct kms_hint *claim)
{
    return places->cluster.type == KMS_VAULT && strcmp(claim->type, "vault") == 0 &&
           strcmp(claim->name_space, places->cluster.vault.name_space) != 0;
}

static enum sealift_status
try_place(struct key_places *places, const struct kms_config *config, struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_errand errand = {0};
    struct kms_key_state state;

    TRY(kms_open(&places->sealift->world, config, places->sealift->home, &kms, err));
    TRY(handle_outfit_kms(places->sealift, kms, err));
    TRY(kms_key_state(kms, &errand, &state, err));
    return kms_routes_adopt(places->routes, KMS_ROLE_OWN, &kms, err);
}

static enum sealift_status
meet_locked(struct key_places *places, const struct kms_hint *claim, const struct own_key *own,
            struct sealift_error *err)
{
    struct kms_config config;
    enum sealift_status status;
    bool news;

    TRY(is_news(places, claim, &news, err));
    if (!news)
        return SEALIFT_OK;
    status = own_key_apply(&places->cluster, own, &config, err);
    if (status == SEALIFT_OK)
        status = try_place(places, &config, err);
    if (status == SEALIFT_OK || error_ends_trying(status))
        return status;
    TRY(handle_audit_ready(places->sealift, err));
    world_log(&places->sealift->world, LOG_INFO, "the cluster's login does not reach key %s/%s in namespace %s: %s",
              claim->mount, claim->key_identifier, claim->name_space, err->message);
    return SEALIFT_OK;
}

enum sealift_status
key_places_meet(void *context, const struct kms_hint *claim, struct sealift_error *err)
{
    struct key_places *places = context;
    enum sealift_status status;
    struct own_key own;

    if (!is_elsewhere(places, claim))
        return SEALIFT_OK;
    make_own(places, claim, &own);
    pthread_mutex_lock(&places->lock);
    status = meet_locked(places, claim, &own, err);
    pthread_mutex_unlock(&places->lock);
    return status;
}

/* --- the place where it opened --- */

/* An own key that is wrapped exactly there. */
struct looking {
    struct key_places *places;
    const struct kms_hint *by;
    bool found;
    struct own_key own;
};

static bool
is_there(const struct looking *looking, const struct own_key *own)
{
    struct kms_config config;
    struct kms_hint place;
    struct sealift_error ignored;

    if (own_key_apply(&looking->places->cluster, own, &config, &ignored) != SEALIFT_OK)
        return false;
    kms_config_place(&config, &place);
    return kms_is_place_of(&place, looking->by);
}

static enum sealift_status
look_at_row(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct looking *looking = context;
    struct own_key own;
    struct sealift_error ignored;

    (void)err;
    if (looking->found || row->own_key[0] == '\0' ||
        own_key_from_json(bytes_of_text(row->own_key), &own, &ignored) != SEALIFT_OK || !is_there(looking, &own))
        return SEALIFT_OK;
    looking->found = true;
    looking->own = own;
    return SEALIFT_OK;
}

bool
key_places_is_given(struct key_places *places, const struct kms_hint *claim)
{
    const struct looking looking = {.places = places, .by = claim};

    return places->given.key[0] != '\0' && is_there(&looking, &places->given);
}

/* By the credentials that were given, by those of a filesystem that has the same key, by the cluster's. */
static enum sealift_status
find_own(struct looking *looking, struct sealift_error *err)
{
    const struct own_key *given = &looking->places->given;

    if (given->key[0] != '\0' && is_there(looking, given)) {
        looking->found = true;
        looking->own = *given;
        return SEALIFT_OK;
    }
    TRY(table_fs_list(looking->places->sealift->table, look_at_row, looking, err));
    if (!looking->found) {
        make_own(looking->places, looking->by, &looking->own);
        looking->found = is_there(looking, &looking->own);
    }
    return SEALIFT_OK;
}

static bool
is_the_clusters(const struct key_places *places, const struct kms_hint *by)
{
    struct kms_hint place;

    if (places->cluster.type == KMS_NONE)
        return true;
    kms_config_place(&places->cluster, &place);
    return strcmp(place.type, by->type) != 0 || kms_is_place_of(&place, by);
}

static enum sealift_status
explain_none(const struct key_places *places, const struct kms_hint *by, struct sealift_error *ret_problem)
{
    struct kms_config config;
    struct own_key own;

    make_own(places, by, &own);
    if (own_key_apply(&places->cluster, &own, &config, ret_problem) != SEALIFT_OK)
        return error_prefix(ret_problem, "it opens with key %s, which cannot be kept as its own", by->key_identifier);
    return error_set(ret_problem, SEALIFT_INVALID, "it opens with key %s, which cannot be kept as its own",
                     by->key_identifier);
}

enum sealift_status
key_places_own_key(struct key_places *places, const struct kms_hint *by, char out[TABLE_OWN_KEY_MAX],
                   struct sealift_error *ret_problem, struct sealift_error *err)
{
    struct looking looking = {.places = places, .by = by};
    SCOPED(buf_done) struct buf json = {.max = TABLE_OWN_KEY_MAX};
    const char *text;

    out[0] = '\0';
    *ret_problem = (struct sealift_error){0};
    if (is_the_clusters(places, by))
        return SEALIFT_OK;
    TRY(find_own(&looking, err));
    if (!looking.found) {
        (void)explain_none(places, by, ret_problem);
        return SEALIFT_OK;
    }
    TRY(own_key_to_json(&looking.own, &json, err));
    TRY(buf_text(&json, &text, err));
    snprintf(out, TABLE_OWN_KEY_MAX, "%s", text);
    return SEALIFT_OK;
}
