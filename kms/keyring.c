#include "keyring.h"

#include "error.h"
#include "scoped.h"

#include <inttypes.h>
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
keyring_open(struct kms *kms, struct kms_errand *errand, const struct envelope *envelope, struct secret **ret_fs_key,
             struct secret **ret_at_rest_key, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;

    if (kms_unwrap(kms, errand, &envelope->kms, envelope->wrapped_kek, &kek, err) != SEALIFT_OK ||
        envelope_open(envelope, kek, ret_fs_key, ret_at_rest_key, err) != SEALIFT_OK)
        return explain(envelope, err);
    return SEALIFT_OK;
}

/* --- Sealing --- */

static enum sealift_status
take_wrapped(struct buf *wrapped, struct envelope *envelope, struct sealift_error *err)
{
    const char *text;

    TRY(buf_text(wrapped, &text, err));
    memcpy(envelope->wrapped_kek, text, wrapped->len + 1); /* kms.c holds it to WRAPPED_KEK_MAX */
    return SEALIFT_OK;
}

static enum sealift_status
seal(struct kms *kms, struct kms_errand *errand, const struct secret *fs_key, const struct secret *at_rest_key,
     struct envelope *envelope, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(buf_done) struct buf wrapped = {0};

    TRY(secret_random(kms->world, KEY_SIZE, &kek, err));
    TRY(envelope_seal(envelope, kek, fs_key, at_rest_key, err));
    TRY(kms_wrap(kms, errand, kek, &envelope->kms, &wrapped, err));
    return take_wrapped(&wrapped, envelope, err);
}

static bool
same_key(const struct secret *a, const struct secret *b)
{
    return a == NULL || b == NULL ? a == b : secret_equal(a, b);
}

/* Through the KMS and back, as somebody with nothing but the envelope would have to do it. */
static enum sealift_status
prove(struct kms *kms, struct kms_errand *errand, const struct envelope *envelope, const struct secret *fs_key,
      const struct secret *at_rest_key, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key_again = NULL;
    SCOPED(secret_free) struct secret *at_rest_key_again = NULL;

    if (keyring_open(kms, errand, envelope, &fs_key_again, &at_rest_key_again, err) != SEALIFT_OK)
        return error_prefix(err, "a fresh wrap does not open again and is not used");
    if (!same_key(fs_key, fs_key_again) || !same_key(at_rest_key, at_rest_key_again))
        return error_set(err, SEALIFT_KEY, "a fresh wrap opens to another key and is not used");
    return SEALIFT_OK;
}

enum sealift_status
keyring_seal(struct kms *kms, struct kms_errand *errand, const struct secret *fs_key, const struct secret *at_rest_key,
             struct envelope *ret_envelope, struct sealift_error *err)
{
    struct envelope envelope = {.fs = errand->fs};

    TRY(seal(kms, errand, fs_key, at_rest_key, &envelope, err));
    TRY(prove(kms, errand, &envelope, fs_key, at_rest_key, err));
    *ret_envelope = envelope;
    return SEALIFT_OK;
}

enum sealift_status
keyring_seal_blind(struct kms *kms, struct kms_errand *errand, const struct secret *fs_key,
                   struct envelope *ret_envelope, struct sealift_error *err)
{
    struct envelope envelope = {.fs = errand->fs};
    struct kms_key_state state;

    TRY(seal(kms, errand, fs_key, NULL, &envelope, err));
    TRY(kms_key_state(kms, errand, &state, err));
    if (envelope.kms.key_version < state.min_decryption_version)
        return error_set(err, SEALIFT_KEY,
                         "the KMS wrapped with version %" PRId64 " of key %s, and opens nothing below version %" PRId64
                         ": have its minimum lowered, or its encryption version raised",
                         envelope.kms.key_version, envelope.kms.key_identifier, state.min_decryption_version);
    *ret_envelope = envelope;
    return SEALIFT_OK;
}

/* --- Rewrapping --- */

static enum sealift_status
rewrap_inside(struct kms *kms, struct kms_errand *errand, const struct envelope *envelope,
              struct envelope *ret_envelope, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf wrapped = {0};
    struct envelope newer = *envelope;

    TRY(kms_rewrap(kms, errand, envelope->wrapped_kek, &newer.kms, &wrapped, err));
    TRY(take_wrapped(&wrapped, &newer, err));
    *ret_envelope = newer;
    return SEALIFT_OK;
}

enum sealift_status
keyring_rewrap(struct kms *kms, struct kms_errand *errand, const struct envelope *envelope, const struct secret *fs_key,
               const struct secret *at_rest_key, struct envelope *ret_envelope, struct sealift_error *err)
{
    struct envelope newer = {.fs = errand->fs};

    if (kms_can_rewrap(kms) && kms_is_place_of(&kms->place, &envelope->kms))
        TRY(rewrap_inside(kms, errand, envelope, &newer, err));
    else
        TRY(seal(kms, errand, fs_key, at_rest_key, &newer, err));
    TRY(prove(kms, errand, &newer, fs_key, at_rest_key, err));
    *ret_envelope = newer;
    return SEALIFT_OK;
}
