#include "kms.h"

#include "error.h"
#include "kmip.h"
#include "local.h"
#include "patience.h"
#include "scoped.h"
#include "vault.h"

#include <stdio.h>
#include <string.h>

static enum sealift_status
open_type(const struct world *world, const struct kms_config *config, const char *home, struct kms **ret_kms,
          struct sealift_error *err)
{
    switch (config->type) {
    case KMS_NONE:
        return error_set(err, SEALIFT_INVALID,
                         "no KMS is configured; set one with \"sealift kms set vault\" or \"sealift kms set kmip\", "
                         "or, for a trial, "
                         "use the insecure local one with --allow-no-kms");
    case KMS_LOCAL:
        return local_open(world, home, ret_kms, err);
    case KMS_VAULT:
        return vault_open(world, config, ret_kms, err);
    case KMS_KMIP:
        return kmip_open(world, config, NULL, ret_kms, err);
    }
    return error_set(err, SEALIFT_INTERNAL, "a KMS of an unknown type");
}

enum sealift_status
kms_open(const struct world *world, const struct kms_config *config, const char *home, struct kms **ret_kms,
         struct sealift_error *err)
{
    struct kms_config checked = *config;

    TRY(kms_config_check(&checked, err));
    TRY(open_type(world, &checked, home, ret_kms, err));
    kms_config_place(&checked, &(*ret_kms)->place);
    if (checked.type == KMS_LOCAL)
        local_name_place(world, home, &(*ret_kms)->place);
    return SEALIFT_OK;
}

void
kms_free(struct kms **kms)
{
    if (*kms != NULL)
        (*kms)->ops->free(*kms);
    *kms = NULL;
}

/* What goes into an envelope must be readable from one, so a KMS's answer is held to the envelope's own rules. */
static enum sealift_status
check_wrapped(const struct kms *kms, struct bytes wrapped, struct sealift_error *err)
{
    for (size_t i = 0; i < wrapped.len; i++) {
        if (wrapped.data[i] < 0x20 || wrapped.data[i] > 0x7e)
            return error_set(err, SEALIFT_CORRUPT, "%s: the wrapped key holds something else than printable ASCII",
                             kms->ops->type);
    }
    if (wrapped.len == 0 || wrapped.len > WRAPPED_KEK_MAX)
        return error_set(err, SEALIFT_CORRUPT, "%s: the wrapped key has %zu bytes; 1 to %d are possible",
                         kms->ops->type, wrapped.len, WRAPPED_KEK_MAX);
    return SEALIFT_OK;
}

void
kms_errand_note(struct kms_errand *errand, const char *request_id)
{
    size_t have = strlen(errand->request_ids), len = strlen(request_id);

    if (len == 0 || have + 1 + len >= sizeof(errand->request_ids))
        return;
    for (size_t i = 0; i < len; i++)
        if (request_id[i] <= ' ' || request_id[i] > '~' || request_id[i] == '"' || request_id[i] == '\\')
            return;
    if (have > 0)
        errand->request_ids[have++] = ' ';
    memcpy(errand->request_ids + have, request_id, len + 1);
}

bool
kms_is_place_of(const struct kms_hint *place, const struct kms_hint *hint)
{
    return strcmp(place->type, hint->type) == 0 && strcmp(place->name_space, hint->name_space) == 0 &&
           strcmp(place->mount, hint->mount) == 0 && strcmp(place->key_identifier, hint->key_identifier) == 0;
}

/* --- Calls: each may be repeated while the KMS is not there, and is told to the audit log once, as it ended --- */

struct call {
    struct kms *kms;
    struct kms_errand *errand;
    const char *operation;
    struct patience patience;
};

static enum sealift_status
audit_ready(const struct kms *kms, struct sealift_error *err)
{
    return kms->audit != NULL && kms->audit->ready != NULL ? kms->audit->ready(kms->audit, err) : SEALIFT_OK;
}

/* Who waits for what, when somebody does. */
static void
introduce(const struct kms *kms, const struct uuid *fs, struct patience *patience)
{
    const struct kms_hint *place = &kms->place;
    char text[UUID_TEXT_SIZE];

    if (uuid_is_zero(fs))
        return;
    uuid_format(fs, text);
    snprintf(patience->who, sizeof(patience->who), "filesystem %s, with %s key %s%s%s%s%s%s,", text, place->type,
             place->mount, place->mount[0] != '\0' ? "/" : "", place->key_identifier,
             place->name_space[0] != '\0' ? " (namespace " : "", place->name_space,
             place->name_space[0] != '\0' ? ")" : "");
}

static struct call
call_begin(struct kms *kms, struct kms_errand *errand, const char *operation)
{
    struct call call = {kms, errand, operation, patience_begin(kms->world, kms->wait_seconds)};

    errand->request_ids[0] = '\0';
    errand->by = kms->place;
    if (kms->wait_seconds > 0)
        introduce(kms, &errand->fs, &call.patience);
    return call;
}

static bool
call_again(struct call *call, enum sealift_status status, struct sealift_error *err)
{
    return status == SEALIFT_UNAVAILABLE && patience_lasts(&call->patience, err);
}

#define IMPATIENCE_NS (60 * NS_PER_S)

static int64_t
now_ns(const struct kms *kms)
{
    return kms->world->clock->mono_ns(kms->world->clock);
}

static enum sealift_status
call_refuse(const struct call *call, struct sealift_error *err)
{
    const struct kms *kms = call->kms;

    TRY(audit_ready(kms, err));
    if (!kms->impatient || now_ns(kms) >= atomic_load(&kms->away_until_ns))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_UNAVAILABLE,
                     "the %s KMS (key %s) was not there a moment ago, and is not waited for once more", kms->ops->type,
                     kms->place.key_identifier);
}

static enum sealift_status
call_end(const struct call *call, enum sealift_status status, const struct sealift_error *err)
{
    const struct kms_event event = {
        .operation = call->operation,
        .type = call->kms->ops->type,
        .errand = call->errand,
        .status = status,
        .message = status == SEALIFT_OK ? NULL : err->message,
    };

    atomic_store(&call->kms->away_until_ns, status == SEALIFT_UNAVAILABLE ? now_ns(call->kms) + IMPATIENCE_NS : 0);
    if (call->kms->audit != NULL)
        call->kms->audit->note(call->kms->audit, &event);
    return status;
}

static enum sealift_status
wrap_once(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
          struct buf *out, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint = {0};

    TRY(kms->ops->wrap(kms, errand, kek, &hint, &wrapped, err));
    TRY(check_wrapped(kms, buf_bytes(&wrapped), err));
    TRY(buf_append_bytes(out, buf_bytes(&wrapped), err));
    *ret_hint = errand->by = hint;
    return SEALIFT_OK;
}

enum sealift_status
kms_wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
         struct buf *out, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "wrap");
    enum sealift_status status;

    TRY(call_refuse(&call, err));
    do
        status = wrap_once(kms, errand, kek, ret_hint, out, err);
    while (call_again(&call, status, err));
    return call_end(&call, status, err);
}

static enum sealift_status
rewrap_once(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek, struct kms_hint *ret_hint,
            struct buf *out, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint = {0};

    TRY(kms->ops->rewrap(kms, errand, wrapped_kek, &hint, &wrapped, err));
    TRY(check_wrapped(kms, buf_bytes(&wrapped), err));
    TRY(buf_append_bytes(out, buf_bytes(&wrapped), err));
    *ret_hint = errand->by = hint;
    return SEALIFT_OK;
}

bool
kms_can_rewrap(const struct kms *kms)
{
    return kms->ops->rewrap != NULL;
}

enum sealift_status
kms_rewrap(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek, struct kms_hint *ret_hint,
           struct buf *out, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "rewrap");
    enum sealift_status status;

    if (!kms_can_rewrap(kms))
        return error_set(err, SEALIFT_INVALID, "a KMS of type \"%s\" cannot rewrap", kms->ops->type);
    TRY(call_refuse(&call, err));
    do
        status = rewrap_once(kms, errand, wrapped_kek, ret_hint, out, err);
    while (call_again(&call, status, err));
    return call_end(&call, status, err);
}

static enum sealift_status
unwrap_once(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
            struct secret **ret_kek, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;

    TRY(kms->ops->unwrap(kms, errand, hint, wrapped_kek, &kek, err));
    if (kek->len != KEY_SIZE)
        return error_set(err, SEALIFT_KEY, "%s: the unwrapped KEK has %zu bytes instead of %d", kms->ops->type,
                         kek->len, KEY_SIZE);
    *ret_kek = TAKE(kek);
    return SEALIFT_OK;
}

enum sealift_status
kms_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
           struct secret **ret_kek, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "unwrap");
    enum sealift_status status;

    if (strcmp(hint->type, kms->ops->type) != 0)
        return error_set(
            err, SEALIFT_DENIED,
            "the key is wrapped by a KMS of type \"%s\" (key \"%s\"), and the one that is configured here is "
            "of type \"%s\"; configure the other one with \"sealift kms set\"",
            hint->type, hint->key_identifier, kms->ops->type);
    TRY(call_refuse(&call, err));
    do
        status = unwrap_once(kms, errand, hint, wrapped_kek, ret_kek, err);
    while (call_again(&call, status, err));
    return call_end(&call, status, err);
}

enum sealift_status
kms_key_state(struct kms *kms, struct kms_errand *errand, struct kms_key_state *ret_state, struct sealift_error *err)
{
    struct call call = call_begin(kms, errand, "read-key");
    enum sealift_status status;

    *ret_state = (struct kms_key_state){0};
    if (kms->ops->key_state == NULL)
        return SEALIFT_OK;
    TRY(call_refuse(&call, err));
    do
        status = kms->ops->key_state(kms, errand, ret_state, err);
    while (call_again(&call, status, err));
    return call_end(&call, status, err);
}

enum sealift_status
kms_check(struct kms *kms, kms_each_finding *each, void *context, struct sealift_error *err)
{
    struct kms_errand errand = {0};
    struct call call = call_begin(kms, &errand, "check");

    TRY(audit_ready(kms, err));
    return call_end(&call, kms->ops->check(kms, &errand, each, context, err), err);
}

void
kms_learned(struct kms *kms, struct kms_config *config)
{
    if (kms->ops->learned != NULL)
        kms->ops->learned(kms, config);
}

void
kms_keep_alive(struct kms *kms)
{
    if (kms->ops->keep_alive != NULL)
        kms->ops->keep_alive(kms);
}
