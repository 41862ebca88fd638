#include "kms.h"

#include "error.h"
#include "kmip.h"
#include "local.h"
#include "scoped.h"
#include "vault.h"

#include <string.h>

enum sealift_status
kms_open(const struct world *world, const struct kms_config *config, const char *home, struct kms **ret_kms,
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

enum sealift_status
kms_wrap(struct kms *kms, const struct secret *kek, struct kms_hint *ret_hint, struct buf *out,
         struct sealift_error *err)
{
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_hint hint = {0};

    TRY(kms->ops->wrap(kms, kek, &hint, &wrapped, err));
    TRY(check_wrapped(kms, buf_bytes(&wrapped), err));
    TRY(buf_append_bytes(out, buf_bytes(&wrapped), err));
    *ret_hint = hint;
    return SEALIFT_OK;
}

enum sealift_status
kms_unwrap(struct kms *kms, const struct kms_hint *hint, const char *wrapped_kek, struct secret **ret_kek,
           struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;

    if (strcmp(hint->type, kms->ops->type) != 0)
        return error_set(
            err, SEALIFT_DENIED,
            "the key is wrapped by a KMS of type \"%s\" (key \"%s\"), and the one that is configured here is "
            "of type \"%s\"; configure the other one with \"sealift kms set\"",
            hint->type, hint->key_identifier, kms->ops->type);
    TRY(kms->ops->unwrap(kms, hint, wrapped_kek, &kek, err));
    if (kek->len != KEY_SIZE)
        return error_set(err, SEALIFT_KEY, "%s: the unwrapped KEK has %zu bytes instead of %d", kms->ops->type,
                         kek->len, KEY_SIZE);
    *ret_kek = TAKE(kek);
    return SEALIFT_OK;
}

enum sealift_status
kms_check(struct kms *kms, kms_each_finding *each, void *context, struct sealift_error *err)
{
    return kms->ops->check(kms, each, context, err);
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
