#include "kms_routes.h"

#include "error.h"
#include "local.h"
#include "scoped.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Of the routes that a hint chooses among other filesystems' own keys so many are asked, for whoever writes hints must
 * not make us ask a hundred; and so many of those that need no hint. */
#define ASKED_MAX 8

/* There may be thousands, most of which are never opened: so it keeps its configuration as text, which is short. */
struct route {
    struct route *next;
    enum kms_role role;
    struct buf json; /* of the configuration: what makes two the same; empty: an open one was adopted */
    uint64_t json_hash;
    struct kms_hint place;
    struct buf owners; /* struct uuid, of the filesystems whose own key it is */
    struct kms *kms;   /* NULL: not opened */
};

struct kms_routes {
    const struct world *world;
    char *home;
    struct kms_audit *audit;
    int64_t wait_seconds;
    bool impatient;

    pthread_mutex_t lock; /* guards what follows, and is held while a connection is opened, which asks no server */
    struct route *first;  /* in the order in which they were added; none is ever taken away */
};

enum sealift_status
kms_routes_new(const struct world *world, const struct kms_routes_options *options, struct kms_routes **ret_routes,
               struct sealift_error *err)
{
    SCOPED(kms_routes_free) struct kms_routes *routes = calloc(1, sizeof(*routes));

    if (routes == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&routes->lock, NULL);
    routes->world = world;
    routes->audit = options->audit;
    routes->wait_seconds = options->wait_seconds;
    TRY(text_copy(options->home, &routes->home, err));
    *ret_routes = TAKE(routes);
    return SEALIFT_OK;
}

static void
route_free(struct route **route)
{
    if (*route == NULL)
        return;
    kms_free(&(*route)->kms);
    buf_done(&(*route)->json);
    buf_done(&(*route)->owners);
    free(*route);
    *route = NULL;
}

void
kms_routes_free(struct kms_routes **routes)
{
    if (*routes == NULL)
        return;
    for (struct route *route = (*routes)->first, *next; route != NULL; route = next) {
        next = route->next;
        route_free(&route);
    }
    pthread_mutex_destroy(&(*routes)->lock);
    free((*routes)->home);
    free(*routes);
    *routes = NULL;
}

/* --- Adding --- */

/* FNV-1a: most configurations begin alike, and are told apart by this first. */
static uint64_t
hash_of(struct bytes text)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ text.data[i]) * 0x100000001b3;
    return hash;
}

/* Where the route of this configuration is, or would be. */
static struct route **
find_locked(struct kms_routes *routes, struct bytes json, uint64_t hash)
{
    struct route **at = &routes->first;

    while (*at != NULL && (json.len == 0 || (*at)->json_hash != hash || !bytes_equal(buf_bytes(&(*at)->json), json)))
        at = &(*at)->next;
    return at;
}

static bool
is_owned_by(const struct route *route, const struct uuid *fs)
{
    const struct uuid *owners = (const void *)route->owners.data;

    for (size_t i = 0; i < route->owners.len / sizeof(*owners); i++)
        if (uuid_equal(&owners[i], fs))
            return true;
    return false;
}

/* `owner` may be NULL. */
static enum sealift_status
append(struct kms_routes *routes, struct route *route, const struct uuid *owner, struct sealift_error *err)
{
    enum sealift_status status = SEALIFT_OK;
    struct route **at;

    pthread_mutex_lock(&routes->lock);
    at = find_locked(routes, buf_bytes(&route->json), route->json_hash);
    if (*at == NULL)
        *at = TAKE(route);
    if (owner != NULL && !is_owned_by(*at, owner))
        status = buf_append(&(*at)->owners, owner, sizeof(*owner), err);
    pthread_mutex_unlock(&routes->lock);
    route_free(&route);
    return status;
}

static enum sealift_status
add(struct kms_routes *routes, enum kms_role role, const struct kms_config *config, const struct uuid *owner,
    struct sealift_error *err)
{
    SCOPED(route_free) struct route *route = calloc(1, sizeof(*route));
    struct kms_config checked = *config;

    if (route == NULL)
        return error_no_memory(err);
    route->role = role;
    TRY(kms_config_check(&checked, err));
    TRY(kms_config_to_json(&checked, &route->json, err));
    route->json_hash = hash_of(buf_bytes(&route->json));
    kms_config_place(&checked, &route->place);
    if (checked.type == KMS_LOCAL)
        local_name_place(routes->world, routes->home, &route->place);
    return append(routes, TAKE(route), owner, err);
}

enum sealift_status
kms_routes_add(struct kms_routes *routes, enum kms_role role, const struct kms_config *config,
               struct sealift_error *err)
{
    return add(routes, role, config, NULL, err);
}

enum sealift_status
kms_routes_add_own(struct kms_routes *routes, const struct uuid *fs, const struct kms_config *config,
                   struct sealift_error *err)
{
    return add(routes, KMS_ROLE_OWN, config, fs, err);
}

static void
outfit(const struct kms_routes *routes, struct kms *kms)
{
    kms->audit = routes->audit;
    kms->wait_seconds = routes->wait_seconds;
    kms->impatient = routes->impatient;
}

enum sealift_status
kms_routes_adopt(struct kms_routes *routes, enum kms_role role, struct kms **kms, struct sealift_error *err)
{
    struct route *route = calloc(1, sizeof(*route));

    if (route == NULL)
        return error_no_memory(err);
    route->role = role;
    route->kms = TAKE(*kms);
    route->place = route->kms->place;
    outfit(routes, route->kms);
    return append(routes, route, NULL, err);
}

/* --- Opening connections --- */

static enum sealift_status
connect_locked(struct kms_routes *routes, struct route *route, struct kms **ret_kms, struct sealift_error *err)
{
    struct kms_config config;

    if (route->kms == NULL) {
        TRY(kms_config_from_json(buf_bytes(&route->json), &config, err));
        TRY(kms_open(routes->world, &config, routes->home, &route->kms, err));
        outfit(routes, route->kms);
    }
    *ret_kms = route->kms;
    return SEALIFT_OK;
}

static enum sealift_status
connect_route(struct kms_routes *routes, struct route *route, struct kms **ret_kms, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&routes->lock);
    status = connect_locked(routes, route, ret_kms, err);
    pthread_mutex_unlock(&routes->lock);
    return status;
}

enum sealift_status
kms_routes_get(struct kms_routes *routes, const struct kms_config *config, struct kms **ret_kms,
               struct sealift_error *err)
{
    SCOPED(buf_done) struct buf json = {0};
    struct route *route;

    TRY(kms_config_to_json(config, &json, err));
    pthread_mutex_lock(&routes->lock);
    route = *find_locked(routes, buf_bytes(&json), hash_of(buf_bytes(&json)));
    pthread_mutex_unlock(&routes->lock);
    if (route == NULL)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no connection to this KMS");
    return connect_route(routes, route, ret_kms, err);
}

enum sealift_status
kms_routes_first(struct kms_routes *routes, enum kms_role role, struct kms **ret_kms, struct sealift_error *err)
{
    struct route *route;

    pthread_mutex_lock(&routes->lock);
    for (route = routes->first; route != NULL && route->role != role; route = route->next)
        continue;
    pthread_mutex_unlock(&routes->lock);
    if (route == NULL)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no KMS in this role");
    return connect_route(routes, route, ret_kms, err);
}

/* --- Choosing --- */

/* A hint only says who is asked first: nobody authenticates it, so that the cluster's and the filesystem's own key are
 * asked whatever it says. Another filesystem's own key is asked only where the hint leads. */
enum fitness { WRAPS_THERE, HAS_NAMESPACE, IS_THE_CLUSTERS, IS_ITS_OWN, UNFIT };

static enum fitness
fitness_of(const struct route *route, const struct kms_hint *hint, bool is_its_own)
{
    const struct kms_hint *place = &route->place;

    if (strcmp(place->type, hint->type) != 0)
        return UNFIT;
    if (kms_is_place_of(place, hint))
        return WRAPS_THERE;
    if (strcmp(place->name_space, hint->name_space) == 0)
        return HAS_NAMESPACE;
    if (route->role != KMS_ROLE_OWN)
        return IS_THE_CLUSTERS;
    return is_its_own ? IS_ITS_OWN : UNFIT;
}

size_t
kms_routes_count(struct kms_routes *routes)
{
    size_t count = 0;

    pthread_mutex_lock(&routes->lock);
    for (const struct route *route = routes->first; route != NULL; route = route->next)
        count++;
    pthread_mutex_unlock(&routes->lock);
    return count;
}

bool
kms_routes_knows(struct kms_routes *routes, const struct kms_hint *hint)
{
    bool knows = false;

    pthread_mutex_lock(&routes->lock);
    for (const struct route *route = routes->first; route != NULL && !knows; route = route->next)
        knows = kms_is_place_of(&route->place, hint);
    pthread_mutex_unlock(&routes->lock);
    return knows;
}

struct candidates {
    struct route *route[2 * ASKED_MAX];
    size_t count, exact; /* the first of them wrap exactly there */
    size_t others;       /* own keys of other filesystems */
};

static void
consider(struct candidates *candidates, struct route *route, bool is_its_own)
{
    const bool is_another = route->role == KMS_ROLE_OWN && !is_its_own;
    const size_t ours = candidates->count - candidates->others;

    if ((is_another ? candidates->others : ours) == ASKED_MAX)
        return;
    candidates->others += is_another;
    candidates->route[candidates->count++] = route;
}

/* Of those that are equally fit, the filesystem's own comes first: others may have a login that does less. */
static void
choose_locked(struct kms_routes *routes, const struct envelope *envelope, enum fitness wanted,
              struct candidates *candidates)
{
    for (int turn = 0; turn < 2; turn++)
        for (struct route *route = routes->first; route != NULL; route = route->next) {
            const bool is_its_own = is_owned_by(route, &envelope->fs);

            if (is_its_own == (turn == 0) && fitness_of(route, &envelope->kms, is_its_own) == wanted)
                consider(candidates, route, is_its_own);
        }
}

static struct candidates
choose(struct kms_routes *routes, const struct envelope *envelope)
{
    struct candidates candidates = {0};

    pthread_mutex_lock(&routes->lock);
    for (enum fitness wanted = WRAPS_THERE; wanted < UNFIT; wanted++) {
        choose_locked(routes, envelope, wanted, &candidates);
        if (wanted == WRAPS_THERE)
            candidates.exact = candidates.count;
    }
    pthread_mutex_unlock(&routes->lock);
    return candidates;
}

/* A KMS of that type is none of the cluster's, and only there could the filesystem have a key of its own. */
static enum sealift_status
explain_none(const struct envelope *envelope, struct sealift_error *err)
{
    const struct kms_hint *hint = &envelope->kms;
    const bool has_mounts = hint->mount[0] != '\0';
    char fs[UUID_TEXT_SIZE];

    uuid_format(&envelope->fs, fs);
    return error_set(err, SEALIFT_DENIED,
                     "the key of filesystem %s is wrapped by %s key %s%s%s%s%s, for which there are no credentials "
                     "here: set that KMS (\"sealift kms set\")",
                     fs, hint->type, hint->mount, has_mounts ? "/" : "", hint->key_identifier,
                     hint->name_space[0] != '\0' ? " in namespace " : (has_mounts ? " in no namespace" : ""),
                     hint->name_space);
}

/* When a KMS is away, or we are told to stop, another route would do no better. But while a move goes on, two may have
 * a key of that name, and only one of them wrapped this; and one that is moved away from may be gone for good, with all
 * it had in the other one. */
static bool
ends_the_search(enum sealift_status status, const struct candidates *candidates, size_t i)
{
    if (status == SEALIFT_UNAVAILABLE)
        return i + 1 >= candidates->exact && candidates->route[i]->role != KMS_ROLE_FORMER;
    return status == SEALIFT_OK || error_ends_all(status);
}

static enum sealift_status
ask(struct kms_routes *routes, struct route *route, struct kms_errand *errand, const struct envelope *envelope,
    struct secret **ret_fs_key, struct secret **ret_at_rest_key, struct sealift_error *err)
{
    struct kms *kms;

    TRY(connect_route(routes, route, &kms, err));
    return keyring_open(kms, errand, envelope, ret_fs_key, ret_at_rest_key, err);
}

/* Who is away is told before all others; else the most fitting one, which comes first, and beside it a former one that
 * has a key of that name: it is the likelier of the two. */
static void
note_failure(struct sealift_error *told, const struct sealift_error *failure, bool is_likely)
{
    if (told->status == SEALIFT_OK || (failure->status == SEALIFT_UNAVAILABLE && told->status != SEALIFT_UNAVAILABLE))
        *told = *failure;
    else if (is_likely)
        (void)error_hint(told, "nor through the KMS before: %s", failure->message);
}

/* What was asked already, and how it failed. */
struct asked {
    const struct kms *kms; /* NULL: nobody was */
    struct sealift_error failure;
};

static enum sealift_status
ask_candidates(struct kms_routes *routes, const struct asked *asked, struct kms_errand *errand,
               const struct envelope *envelope, struct secret **ret_fs_key, struct secret **ret_at_rest_key,
               struct sealift_error *err)
{
    struct candidates candidates = choose(routes, envelope);
    struct sealift_error told = {0};

    if (candidates.count == 0)
        return explain_none(envelope, err);
    for (size_t i = 0; i < candidates.count; i++) {
        struct route *route = candidates.route[i];

        if (asked->kms != NULL && route->kms == asked->kms) {
            *err = asked->failure;
        } else {
            enum sealift_status status = ask(routes, route, errand, envelope, ret_fs_key, ret_at_rest_key, err);

            if (ends_the_search(status, &candidates, i))
                return status;
        }
        note_failure(&told, err, i < candidates.exact && route->role == KMS_ROLE_FORMER);
    }
    *err = told;
    return err->status;
}

enum sealift_status
kms_routes_open_first(struct kms_routes *routes, struct kms *first, struct kms_errand *errand,
                      const struct envelope *envelope, struct secret **ret_fs_key, struct secret **ret_at_rest_key,
                      bool *ret_by_first, struct sealift_error *err)
{
    struct asked asked = {0};

    errand->fs = envelope->fs;
    *ret_by_first = false;
    if (first != NULL && strcmp(first->ops->type, envelope->kms.type) == 0) {
        enum sealift_status status = keyring_open(first, errand, envelope, ret_fs_key, ret_at_rest_key, err);

        *ret_by_first = status == SEALIFT_OK;
        if (status == SEALIFT_OK || error_ends_trying(status))
            return status;
        asked = (struct asked){first, *err};
    }
    return ask_candidates(routes, &asked, errand, envelope, ret_fs_key, ret_at_rest_key, err);
}

enum sealift_status
kms_routes_open(struct kms_routes *routes, struct kms_errand *errand, const struct envelope *envelope,
                struct secret **ret_fs_key, struct secret **ret_at_rest_key, struct sealift_error *err)
{
    bool ignored;

    return kms_routes_open_first(routes, NULL, errand, envelope, ret_fs_key, ret_at_rest_key, &ignored, err);
}

void
kms_routes_be_impatient(struct kms_routes *routes)
{
    pthread_mutex_lock(&routes->lock);
    routes->impatient = true;
    for (struct route *route = routes->first; route != NULL; route = route->next)
        if (route->kms != NULL)
            route->kms->impatient = true;
    pthread_mutex_unlock(&routes->lock);
}

enum sealift_status
kms_routes_audit_ready(const struct kms_routes *routes, struct sealift_error *err)
{
    return kms_audit_ready(routes->audit, err);
}

/* Routes are only ever added, so one that was seen stays. */
static struct route *
step(struct kms_routes *routes, struct route *route, struct kms **ret_kms)
{
    pthread_mutex_lock(&routes->lock);
    route = route != NULL ? route->next : routes->first;
    *ret_kms = route != NULL ? route->kms : NULL;
    pthread_mutex_unlock(&routes->lock);
    return route;
}

void
kms_routes_keep_alive(struct kms_routes *routes)
{
    struct kms *kms = NULL;

    for (struct route *route = step(routes, NULL, &kms); route != NULL; route = step(routes, route, &kms))
        if (kms != NULL)
            kms_keep_alive(kms);
}
