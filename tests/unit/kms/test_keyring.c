#include "keyring.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;
static struct cancel cancel;
static struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static const struct uuid fs = {{1, 2, 3}};
static struct kms_errand errand = {.fs = {{1, 2, 3}}};

/* A KMS that wraps by writing down, so that it can be made to misbehave. */
struct toy {
    struct kms kms;
    uint8_t kek[KEY_SIZE];
    enum sealift_status unwrap_fails;
    bool forgets;
    unsigned wraps;
};

static enum sealift_status
toy_wrap(struct kms *kms, struct kms_errand *of, const struct secret *kek, struct kms_hint *ret_hint, struct buf *out,
         struct sealift_error *error)
{
    struct toy *toy = (struct toy *)kms;

    (void)of;
    toy->wraps++;
    memcpy(toy->kek, kek->bytes, kek->len);
    *ret_hint = (struct kms_hint){.type = "toy", .name_space = "team", .mount = "shelf", .key_identifier = "box"};
    return buf_append_text(out, "toy:1", error);
}

static enum sealift_status
toy_unwrap(struct kms *kms, struct kms_errand *of, const struct kms_hint *hint, const char *wrapped_kek,
           struct secret **ret_kek, struct sealift_error *error)
{
    struct toy *toy = (struct toy *)kms;

    (void)of;
    (void)hint;
    cr_assert_str_eq(wrapped_kek, "toy:1");
    if (toy->unwrap_fails != SEALIFT_OK) {
        *error = (struct sealift_error){toy->unwrap_fails, "the box is stuck"};
        return toy->unwrap_fails;
    }
    if (toy->forgets)
        toy->kek[0] ^= 1;
    return secret_copy(BYTES_OF(toy->kek), ret_kek, error);
}

static const struct kms_ops toy_ops = {.type = "toy", .wrap = toy_wrap, .unwrap = toy_unwrap};

static struct secret *
random_key(size_t len)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_random(&world, len, &key, &err), SEALIFT_OK);
    return key;
}

Test(keyring, opens_what_it_sealed)
{
    struct toy toy = {.kms = {.ops = &toy_ops, .world = &world}};
    SCOPED(secret_free) struct secret *fs_key = random_key(FS_KEY_SIZE);
    SCOPED(secret_free) struct secret *at_rest_key = random_key(AT_REST_KEY_SIZE);
    SCOPED(secret_free) struct secret *fs_key_again = NULL;
    SCOPED(secret_free) struct secret *at_rest_key_again = NULL;
    struct envelope envelope;

    cr_assert_eq(keyring_seal(&toy.kms, &errand, fs_key, at_rest_key, &envelope, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(uuid_equal(&envelope.fs, &fs));
    cr_assert_str_eq(envelope.kms.key_identifier, "box");
    cr_assert_eq(keyring_open(&toy.kms, &errand, &envelope, &fs_key_again, &at_rest_key_again, &err), SEALIFT_OK);
    cr_assert(secret_equal(fs_key, fs_key_again));
    cr_assert(secret_equal(at_rest_key, at_rest_key_again));
}

Test(keyring, draws_a_fresh_kek_for_each_envelope)
{
    struct toy toy = {.kms = {.ops = &toy_ops, .world = &world}};
    SCOPED(secret_free) struct secret *fs_key = random_key(FS_KEY_SIZE);
    struct envelope envelope;
    uint8_t first[KEY_SIZE];

    cr_assert_eq(keyring_seal(&toy.kms, &errand, fs_key, NULL, &envelope, &err), SEALIFT_OK);
    memcpy(first, toy.kek, sizeof(first));
    cr_assert_eq(keyring_seal(&toy.kms, &errand, fs_key, NULL, &envelope, &err), SEALIFT_OK);
    cr_assert_eq(toy.wraps, 2);
    cr_assert_arr_neq(first, toy.kek, sizeof(first));
}

Test(keyring, counts_a_wrap_only_when_it_opens)
{
    struct toy stuck = {.kms = {.ops = &toy_ops, .world = &world}, .unwrap_fails = SEALIFT_DENIED};
    struct toy forgetful = {.kms = {.ops = &toy_ops, .world = &world}, .forgets = true};
    SCOPED(secret_free) struct secret *fs_key = random_key(FS_KEY_SIZE);
    struct envelope envelope = {.wrapped_kek = "untouched"};

    cr_assert_eq(keyring_seal(&stuck.kms, &errand, fs_key, NULL, &envelope, &err), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "does not open again"));
    cr_assert_eq(keyring_seal(&forgetful.kms, &errand, fs_key, NULL, &envelope, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(envelope.wrapped_kek, "untouched");
}

Test(keyring, names_the_filesystem_and_the_kms_key)
{
    struct toy toy = {.kms = {.ops = &toy_ops, .world = &world}};
    SCOPED(secret_free) struct secret *fs_key = random_key(FS_KEY_SIZE);
    SCOPED(secret_free) struct secret *again = NULL;
    struct envelope envelope;

    cr_assert_eq(keyring_seal(&toy.kms, &errand, fs_key, NULL, &envelope, &err), SEALIFT_OK);
    toy.unwrap_fails = SEALIFT_UNAVAILABLE;
    cr_assert_eq(keyring_open(&toy.kms, &errand, &envelope, &again, NULL, &err), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(err.message, "the key of filesystem 01020300-0000-0000-0000-000000000000, wrapped by toy key "
                                  "shelf/box (namespace team): the box is stuck");
}

Test(keyring, does_not_ask_a_kms_of_another_type)
{
    struct toy toy = {.kms = {.ops = &toy_ops, .world = &world}};
    struct envelope envelope = {.fs = fs, .kms = {.type = "vault", .key_identifier = "k"}, .wrapped_kek = "vault:v1:A"};
    SCOPED(secret_free) struct secret *fs_key = NULL;

    cr_assert_eq(keyring_open(&toy.kms, &errand, &envelope, &fs_key, NULL, &err), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "\"vault\""));
    cr_assert_not_null(strstr(err.message, "\"toy\""));
}

/* --- without the right to decrypt --- */

static enum sealift_status
toy_wrap_versioned(struct kms *kms, struct kms_errand *of, const struct secret *kek, struct kms_hint *ret_hint,
                   struct buf *out, struct sealift_error *error)
{
    TRY(toy_wrap(kms, of, kek, ret_hint, out, error));
    ret_hint->key_version = 3;
    return SEALIFT_OK;
}

static int64_t toy_minimum;

static enum sealift_status
toy_state(struct kms *kms, struct kms_errand *of, struct kms_key_state *ret_state, struct sealift_error *error)
{
    (void)kms;
    (void)of;
    (void)error;
    *ret_state = (struct kms_key_state){.latest_version = 9, .min_decryption_version = toy_minimum};
    return SEALIFT_OK;
}

static const struct kms_ops versioned_ops = {
    .type = "toy", .wrap = toy_wrap_versioned, .unwrap = toy_unwrap, .key_state = toy_state};

Test(keyring, seals_blindly_without_a_single_unwrap)
{
    struct toy toy = {.kms = {.ops = &versioned_ops, .world = &world}, .unwrap_fails = SEALIFT_DENIED};
    SCOPED(secret_free) struct secret *fs_key = random_key(FS_KEY_SIZE);
    SCOPED(secret_free) struct secret *again = NULL;
    struct envelope envelope;

    toy_minimum = 3;
    cr_assert_eq(keyring_seal_blind(&toy.kms, &errand, fs_key, &envelope, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(!envelope.has_at_rest_key);
    toy.unwrap_fails = SEALIFT_OK; /* somebody who may */
    cr_assert_eq(keyring_open(&toy.kms, &errand, &envelope, &again, NULL, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(fs_key, again));
}

Test(keyring, does_not_seal_blindly_under_a_version_that_opens_no_more)
{
    struct toy toy = {.kms = {.ops = &versioned_ops, .world = &world}};
    SCOPED(secret_free) struct secret *fs_key = random_key(FS_KEY_SIZE);
    struct envelope envelope = {.wrapped_kek = "untouched"};

    toy_minimum = 4;
    cr_assert_eq(keyring_seal_blind(&toy.kms, &errand, fs_key, &envelope, &err), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "version 3"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "version 4"), "%s", err.message);
    cr_assert_str_eq(envelope.wrapped_kek, "untouched");
}
