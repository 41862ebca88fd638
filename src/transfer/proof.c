#include "proof.h"

#include "at_rest.h"
#include "error.h"
#include "scoped.h"
#include "vault_transit.h"

#include <string.h>
#include <strings.h>

#define PATH_MAX_SIZE (sizeof(((struct kms_hint *)0)->name_space) + sizeof(((struct kms_hint *)0)->mount) + 1)

/* --- names --- */

/* A namespace may also be said as the beginning of a mount's path, and slashes be doubled. */
static void
join_path(const struct kms_hint *place, char out[PATH_MAX_SIZE])
{
    const char *const parts[] = {place->name_space, "/", place->mount};
    size_t len = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (const char *at = parts[i]; *at != '\0'; at++)
            if (*at != '/' || (len > 0 && out[len - 1] != '/'))
                out[len++] = *at;
    while (len > 0 && out[len - 1] == '/')
        len--;
    out[len] = '\0';
}

static bool
same_path(const struct kms_hint *a, const struct kms_hint *b)
{
    char path_a[PATH_MAX_SIZE], path_b[PATH_MAX_SIZE];

    join_path(a, path_a);
    join_path(b, path_b);
    return strcmp(path_a, path_b) == 0;
}

static bool
is_type(const struct kms_hint *place, const char *type)
{
    return strcmp(place->type, type) == 0;
}

/* What a KMIP server calls a key may be compared by it without regard to case. A machine has one local key, whose name
 * is not known before it has opened something. */
static bool
same_key(const struct kms_hint *condemned, const struct kms_hint *by)
{
    if (strcmp(condemned->type, by->type) != 0)
        return false;
    if (is_type(condemned, "kmip"))
        return strcasecmp(condemned->key_identifier, by->key_identifier) == 0;
    if (is_type(condemned, "local"))
        return condemned->key_identifier[0] == '\0' || strcmp(condemned->key_identifier, by->key_identifier) == 0;
    return strcmp(condemned->key_identifier, by->key_identifier) == 0;
}

/* Version 0, which is not known, is below all of them. */
static bool
is_below(const struct condemned *condemned, int64_t version)
{
    return condemned->below_version == 0 || version < condemned->below_version;
}

bool
condemned_is(const struct condemned *condemned, const struct kms_hint *by)
{
    return same_key(&condemned->place, by) && same_path(&condemned->place, by) && is_below(condemned, by->key_version);
}

/* A mount may have been moved since, so its path does not matter. */
bool
condemned_is_claimed(const struct condemned *condemned, const struct envelope *envelope)
{
    const struct kms_hint *hint = &envelope->kms;

    if (!same_key(&condemned->place, hint))
        return false;
    if (is_type(hint, "vault") && strcmp(hint->name_space, condemned->place.name_space) != 0 &&
        !same_path(&condemned->place, hint))
        return false;
    return is_below(condemned, hint->key_version) ||
           (is_type(hint, "vault") && is_below(condemned, vault_transit_version(envelope->wrapped_kek)));
}

/* --- opening --- */

/* What is found out of one wrapping. */
struct finding_proof {
    struct kms_routes *routes;
    const struct condemned *condemned;
    const struct envelope *envelope;
    struct uuid snapshot;
};

struct opened {
    struct secret *fs_key, *at_rest_key;
    struct kms_hint by;
};

static void
opened_done(struct opened *opened)
{
    secret_free(&opened->fs_key);
    secret_free(&opened->at_rest_key);
}

static enum sealift_status
open_by_routes(const struct finding_proof *finding, struct opened *opened, struct sealift_error *err)
{
    struct kms_errand errand = {.fs = finding->envelope->fs, .snapshot = finding->snapshot};

    TRY(kms_routes_open(finding->routes, &errand, finding->envelope, &opened->fs_key, &opened->at_rest_key, err));
    opened->by = errand.by;
    return SEALIFT_OK;
}

/* With a hint that names the condemned key itself, it asks for no other. */
static enum sealift_status
open_by_condemned(const struct finding_proof *finding, struct opened *opened, struct sealift_error *err)
{
    struct kms_errand errand = {.fs = finding->envelope->fs, .snapshot = finding->snapshot};
    struct envelope envelope = *finding->envelope;

    envelope.kms = finding->condemned->place;
    memcpy(envelope.kms.details, finding->envelope->kms.details, sizeof(envelope.kms.details));
    TRY(keyring_open(finding->condemned->kms, &errand, &envelope, &opened->fs_key, &opened->at_rest_key, err));
    opened->by = errand.by;
    return SEALIFT_OK;
}

static enum sealift_status
accept(const struct condemned *condemned, struct opened *opened, struct proof *proof, struct sealift_error *err)
{
    proof->opens = true;
    proof->by = opened->by;
    proof->condemned = condemned_is(condemned, &opened->by);
    proof->has_at_rest_key = opened->at_rest_key != NULL;
    if (opened->at_rest_key != NULL)
        TRY(at_rest_identify(opened->at_rest_key, proof->at_rest, err));
    proof->fs_key = TAKE(opened->fs_key);
    return SEALIFT_OK;
}

/* Opened by a key that only the bucket names: is that another one, or the condemned under another name? */
static enum sealift_status
tell_apart(const struct finding_proof *finding, struct opened *opened, struct proof *proof, struct sealift_error *err)
{
    SCOPED(opened_done) struct opened again = {0};
    enum sealift_status status;

    if (condemned_is(finding->condemned, &opened->by) || kms_routes_knows(finding->routes, &opened->by) ||
        strcmp(opened->by.type, finding->condemned->place.type) != 0)
        return accept(finding->condemned, opened, proof, err);
    status = open_by_condemned(finding, &again, err);
    if (status == SEALIFT_OK)
        return accept(finding->condemned, &again, proof, err);
    if (error_ends_all(status))
        return status;
    TRY(kms_routes_audit_ready(finding->routes, err));
    if (status == SEALIFT_KEY || status == SEALIFT_CORRUPT || status == SEALIFT_NOT_FOUND)
        return accept(finding->condemned, opened, proof, err); /* that one was asked, and does not open it */
    proof->failure = *err;
    proof->failure.status = error_prefix(&proof->failure,
                                         "key %s opens it, which only the bucket names, and whether that is the "
                                         "condemned key under another name could not be shown",
                                         opened->by.key_identifier);
    return SEALIFT_OK;
}

static enum sealift_status
find(const struct finding_proof *finding, struct proof *proof, struct sealift_error *err)
{
    SCOPED(opened_done) struct opened opened = {0};
    struct sealift_error ignored;
    enum sealift_status status = open_by_routes(finding, &opened, err);

    if (status == SEALIFT_OK)
        return tell_apart(finding, &opened, proof, err);
    if (error_ends_all(status))
        return status;
    TRY(kms_routes_audit_ready(finding->routes, err));
    proof->failure = *err;
    if (status == SEALIFT_UNAVAILABLE)
        return SEALIFT_OK;
    status = open_by_condemned(finding, &opened, &ignored);
    if (status == SEALIFT_OK)
        return accept(finding->condemned, &opened, proof, err);
    if (error_ends_all(status)) {
        *err = ignored;
        return status;
    }
    if (status == SEALIFT_UNAVAILABLE)
        proof->failure = ignored;
    return kms_routes_audit_ready(finding->routes, err);
}

void
proof_done(struct proof *proof)
{
    secret_free(&proof->fs_key);
}

enum sealift_status
proof_find(struct kms_routes *routes, const struct condemned *condemned, const struct envelope *envelope,
           const struct uuid *snapshot, struct proof *ret_proof, struct sealift_error *err)
{
    SCOPED(proof_done)
    struct proof proof = {
        .claimed = condemned_is_claimed(condemned, envelope),
        .has_at_rest_key = envelope->has_at_rest_key,
    };
    struct finding_proof finding = {routes, condemned, envelope, {{0}}};

    if (snapshot != NULL)
        finding.snapshot = *snapshot;
    TRY(find(&finding, &proof, err));
    *ret_proof = proof;
    proof = (struct proof){0};
    return SEALIFT_OK;
}
