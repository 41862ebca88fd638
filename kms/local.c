#include "local.h"

#include "aead.h"
#include "error.h"
#include "kdf.h"
#include "local_key.h"
#include "scoped.h"
#include "text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FORM             "local:v1:"
#define FINGERPRINT_SIZE 16

struct local {
    struct kms kms;
    const struct world *world;
    char *path;
    const char *caution; /* said behind the path when the key is loaded */

    pthread_mutex_t lock; /* guards the loading; once loaded, both stay as they are */
    struct secret *wrapping_key;
    char fingerprint[2 * FINGERPRINT_SIZE + 1];
};

static const struct bytes no_salt = {0};

static struct local *
local_of(struct kms *kms)
{
    return (struct local *)kms; /* its first member */
}

/* The key file. */

static enum sealift_status
derive(struct local *local, const struct secret *key, struct sealift_error *err)
{
    uint8_t fingerprint[FINGERPRINT_SIZE];

    TRY(hkdf_sha256_public(key, no_salt, "sealift/1 local kms fingerprint", fingerprint, sizeof(fingerprint), err));
    hex_encode(BYTES_OF(fingerprint), local->fingerprint);
    return hkdf_sha256(key, no_salt, "sealift/1 local kms wrap", KEY_SIZE, &local->wrapping_key, err);
}

static enum sealift_status
load_locked(struct local *local, bool make, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;
    enum sealift_status status;

    if (local->wrapping_key != NULL)
        return SEALIFT_OK;
    status = local_key_read(local->world, local->path, &key, err);
    if (status == SEALIFT_NOT_FOUND && make) {
        TRY(local_key_make(local->world, local->path, err));
        status = local_key_read(local->world, local->path, &key, err);
    }
    if (status != SEALIFT_OK)
        return status;
    TRY(derive(local, key, err));
    world_log(local->world, LOG_WARNING, "the local KMS is insecure: whoever reads %s reads everything%s", local->path,
              local->caution);
    return SEALIFT_OK;
}

static enum sealift_status
load(struct local *local, bool make, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&local->lock);
    status = load_locked(local, make, err);
    pthread_mutex_unlock(&local->lock);
    return status;
}

/* Wrapping. */

static const struct bytes domain = {(const uint8_t *)"sealift/1 local kms", sizeof("sealift/1 local kms") - 1};

static enum sealift_status
seal(struct local *local, const struct secret *kek, struct buf *out, struct sealift_error *err)
{
    SCOPED(aead_free) struct aead *aead = NULL;
    uint8_t nonce[AEAD_NONCE_SIZE];

    local->world->entropy->fill(local->world->entropy, nonce, sizeof(nonce));
    TRY(buf_append(out, nonce, sizeof(nonce), err));
    TRY(buf_reserve(out, kek->len + AEAD_TAG_SIZE, err));
    TRY(aead_new(local->wrapping_key, &aead, err));
    TRY(aead_seal(aead, nonce, domain, secret_bytes(kek), out->data + out->len, err));
    out->len += kek->len + AEAD_TAG_SIZE;
    return SEALIFT_OK;
}

static enum sealift_status
local_wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
           struct buf *out, struct sealift_error *err)
{
    struct local *local = local_of(kms);
    SCOPED(buf_done) struct buf sealed = {0};
    struct kms_hint hint = {.type = "local", .key_version = 1};

    (void)errand;
    TRY(load(local, true, err));
    TRY(seal(local, kek, &sealed, err));
    TRY(buf_append_text(out, FORM, err));
    TRY(base64_encode(buf_bytes(&sealed), out, err));
    memcpy(hint.key_identifier, local->fingerprint, sizeof(local->fingerprint));
    *ret_hint = hint;
    return SEALIFT_OK;
}

/* Unwrapping. */

static enum sealift_status
decode(const char *wrapped_kek, struct buf *out, struct sealift_error *err)
{
    size_t form_len = strlen(FORM);

    if (strncmp(wrapped_kek, FORM, form_len) != 0 ||
        base64_decode(bytes_of_text(wrapped_kek + form_len), out, err) != SEALIFT_OK ||
        out->len != AEAD_NONCE_SIZE + KEY_SIZE + AEAD_TAG_SIZE)
        return error_set(err, SEALIFT_KEY, "the wrapped key is damaged: it is no \"%s...\" of the local KMS", FORM);
    return SEALIFT_OK;
}

static enum sealift_status
open_sealed(struct local *local, struct bytes sealed, struct secret **ret_kek, struct sealift_error *err)
{
    SCOPED(aead_free) struct aead *aead = NULL;
    SCOPED(secret_free) struct secret *kek = NULL;
    struct bytes nonce;

    TRY(secret_new(KEY_SIZE, &kek, err));
    TRY(aead_new(local->wrapping_key, &aead, err));
    if (!bytes_cut(&sealed, AEAD_NONCE_SIZE, &nonce) || sealed.len != KEY_SIZE + AEAD_TAG_SIZE)
        return error_set(err, SEALIFT_INTERNAL, "the local KMS's wrapped key lost its length");
    TRY(aead_open(aead, nonce.data, domain, sealed, kek->bytes, err));
    *ret_kek = TAKE(kek);
    return SEALIFT_OK;
}

static enum sealift_status
local_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
             struct secret **ret_kek, struct sealift_error *err)
{
    struct local *local = local_of(kms);
    SCOPED(buf_done) struct buf sealed = {0};
    enum sealift_status status = load(local, false, err);

    if (status == SEALIFT_NOT_FOUND)
        return error_hint(err, "bring the file with the local key %s from the machine that wrapped with it",
                          hint->key_identifier);
    TRY(status);
    memcpy(errand->by.key_identifier, local->fingerprint, sizeof(local->fingerprint));
    errand->by.key_version = 1;
    TRY(decode(wrapped_kek, &sealed, err));
    status = open_sealed(local, buf_bytes(&sealed), ret_kek, err);
    if (status != SEALIFT_CORRUPT)
        return status;
    if (strcmp(hint->key_identifier, local->fingerprint) == 0)
        return error_set(err, SEALIFT_KEY, "the wrapped key is damaged: it does not open under the local key %s",
                         local->fingerprint);
    return error_set(
        err, SEALIFT_KEY,
        "the key was wrapped by the local key %s, and %s holds the key %s; bring the file of the machine that "
        "wrapped it",
        hint->key_identifier, local->path, local->fingerprint);
}

/* Checking. */

static enum sealift_status
try_round(struct kms *kms, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(buf_done) struct buf wrapped = {0};
    struct kms_errand errand = {0};
    struct kms_hint hint;
    const char *text;

    TRY(secret_random(local_of(kms)->world, KEY_SIZE, &kek, err));
    TRY(local_wrap(kms, &errand, kek, &hint, &wrapped, err));
    TRY(buf_text(&wrapped, &text, err));
    TRY(local_unwrap(kms, &errand, &hint, text, &again, err));
    if (!secret_equal(kek, again))
        return error_set(err, SEALIFT_KEY, "what the local key wrapped opens to something else");
    return SEALIFT_OK;
}

static enum sealift_status
local_check(struct kms *kms, struct kms_errand *errand, kms_each_finding *each, void *context,
            struct sealift_error *err)
{
    struct local *local = local_of(kms);
    SCOPED(free_done) char *message = NULL;
    enum sealift_status status = load(local, true, err);

    (void)errand; /* nobody is asked */
    if (status != SEALIFT_OK) {
        each(context, &(struct kms_finding){.call = "read the key", .message = err->message});
        return status;
    }
    TRY(text_format(&message, "key %s in %s: insecure, for trials only", err, local->fingerprint, local->path));
    each(context, &(struct kms_finding){.call = "read the key", .ok = true, .warning = true, .message = message});

    status = try_round(kms, err);
    each(context, &(struct kms_finding){.call = "wrap and unwrap",
                                        .ok = status == SEALIFT_OK,
                                        .message = status == SEALIFT_OK ? "a random key came back" : err->message});
    return status;
}

static void
local_free(struct kms *kms)
{
    struct local *local = local_of(kms);

    secret_free(&local->wrapping_key);
    pthread_mutex_destroy(&local->lock);
    free(local->path);
    free(local);
}

static const struct kms_ops local_ops = {
    .type = "local",
    .wrap = local_wrap,
    .unwrap = local_unwrap,
    .check = local_check,
    .free = local_free,
};

#define FOR_TRIALS ", and whoever loses it has lost everything; it is for trials only"
#define TO_BE_AWAY "; keep it offline, and nowhere else"

static enum sealift_status
new_local(const struct world *world, char *path, const char *caution, struct local **ret_local,
          struct sealift_error *err)
{
    struct local *local = calloc(1, sizeof(*local));

    if (local == NULL) {
        free(path);
        return error_no_memory(err);
    }
    local->kms.ops = &local_ops;
    local->kms.world = world;
    local->kms.place = (struct kms_hint){.type = "local"};
    local->world = world;
    local->path = path;
    local->caution = caution;
    pthread_mutex_init(&local->lock, NULL);
    *ret_local = local;
    return SEALIFT_OK;
}

enum sealift_status
local_key_path(const char *home, char **ret_path, struct sealift_error *err)
{
    return text_format(ret_path, "%s/local-kms.key", err, home);
}

enum sealift_status
local_open(const struct world *world, const char *home, struct kms **ret_kms, struct sealift_error *err)
{
    struct local *local;
    char *path;

    TRY(local_key_path(home, &path, err));
    TRY(new_local(world, path, FOR_TRIALS, &local, err));
    *ret_kms = &local->kms;
    return SEALIFT_OK;
}

enum sealift_status
local_open_file(const struct world *world, const char *path, struct kms **ret_kms, struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;
    struct local *local;
    char *copy;

    TRY(text_copy(path, &copy, err));
    TRY(new_local(world, copy, TO_BE_AWAY, &local, err));
    kms = &local->kms;
    TRY(load(local, true, err));
    memcpy(kms->place.key_identifier, local->fingerprint, sizeof(local->fingerprint));
    *ret_kms = TAKE(kms);
    return SEALIFT_OK;
}

void
local_name_place(const struct world *world, const char *home, struct kms_hint *place)
{
    struct world silent = *world; /* nothing is used yet, and nothing amiss yet */
    SCOPED(kms_free) struct kms *kms = NULL;
    struct sealift_error err;

    silent.logger = NULL;
    if (local_open(&silent, home, &kms, &err) == SEALIFT_OK && load(local_of(kms), false, &err) == SEALIFT_OK)
        memcpy(place->key_identifier, local_of(kms)->fingerprint, sizeof(local_of(kms)->fingerprint));
}
