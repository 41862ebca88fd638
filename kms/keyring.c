#include "keyring.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

static enum sealift_status
explain(const struct envelope *envelope, struct sealift_error *err)
{
    const struct kms_hint *hint = &envelope->kms;
    char fs[UUID_TEXT_SIZE];

    uuid_format(&envelope->fs, fs);
    return error_prefix(err, "the key of filesystem %s, wrapped by %s key %s%s%s%s%s%s", fs, hint->type, hint->mount,
                        hint->mount[0] != '\0' ? "/" : "", hint->key_identifier,
                        hint->name_space[0] != '\0' ? " (namespace " : "", hint->name_space,
                        hint->name_space[0] != '\0' ? ")" : "");
}

enum sealift_status
keyring_open(struct kms *kms, const struct envelope *envelope, struct secret **ret_fs_key,
             struct secret **ret_at_rest_key, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;

    if (kms_unwrap(kms, &envelope->kms, envelope->wrapped_kek, &kek, err) != SEALIFT_OK ||
        envelope_open(envelope, kek, ret_fs_key, ret_at_rest_key, err) != SEALIFT_OK)
        return explain(envelope, err);
    return SEALIFT_OK;
}

static enum sealift_status
wrap_kek(struct kms *kms, const struct secret *kek, struct envelope *envelope, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf wrapped = {0};
    const char *text;

    TRY(kms_wrap(kms, kek, &envelope->kms, &wrapped, err));
    TRY(buf_text(&wrapped, &text, err));
    memcpy(envelope->wrapped_kek, text, wrapped.len + 1); /* kms_wrap() holds it to WRAPPED_KEK_MAX */
    return SEALIFT_OK;
}

static bool
same_key(const struct secret *a, const struct secret *b)
{
    return a == NULL || b == NULL ? a == b : secret_equal(a, b);
}

/* Through the KMS and back, as somebody with nothing but the envelope would have to do it. */
static enum sealift_status
prove(struct kms *kms, const struct envelope *envelope, const struct secret *fs_key, const struct secret *at_rest_key,
      struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key_again = NULL;
    SCOPED(secret_free) struct secret *at_rest_key_again = NULL;

    if (keyring_open(kms, envelope, &fs_key_again, &at_rest_key_again, err) != SEALIFT_OK)
        return error_prefix(err, "a fresh wrap does not open again and is not used");
    if (!same_key(fs_key, fs_key_again) || !same_key(at_rest_key, at_rest_key_again))
        return error_set(err, SEALIFT_KEY, "a fresh wrap opens to another key and is not used");
    return SEALIFT_OK;
}

enum sealift_status
keyring_seal(const struct world *world, struct kms *kms, const struct uuid *fs, const struct secret *fs_key,
             const struct secret *at_rest_key, struct envelope *ret_envelope, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;
    struct envelope envelope = {.fs = *fs};

    TRY(secret_random(world, KEY_SIZE, &kek, err));
    TRY(envelope_seal(&envelope, kek, fs_key, at_rest_key, err));
    TRY(wrap_kek(kms, kek, &envelope, err));
    TRY(prove(kms, &envelope, fs_key, at_rest_key, err));
    *ret_envelope = envelope;
    return SEALIFT_OK;
}
