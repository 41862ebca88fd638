#include "aead.h"

#include "scoped.h"
#include "vector_file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;
static const uint8_t nonce[AEAD_NONCE_SIZE] = {1};

static struct secret *
secret_of(struct bytes bytes)
{
    struct secret *secret = NULL;

    cr_assert_eq(secret_copy(bytes, &secret, &err), SEALIFT_OK, "%s", err.message);
    return secret;
}

static struct secret *
key_of(uint8_t byte)
{
    uint8_t bytes[KEY_SIZE];

    memset(bytes, byte, sizeof(bytes));
    return secret_of(BYTES_OF(bytes));
}

static struct aead *
aead_of(const struct secret *key)
{
    struct aead *aead = NULL;

    cr_assert_eq(aead_new(key, &aead, &err), SEALIFT_OK, "%s", err.message);
    return aead;
}

static void
check_refused_case(struct vector_file *vectors, struct aead *aead, struct bytes sealed)
{
    uint8_t out[64], zeros[64] = {0};

    memset(out, 'x', sizeof(out));
    cr_assert_eq(
        aead_open(aead, vector_file_bytes(vectors, "IV").data, vector_file_bytes(vectors, "AAD"), sealed, out, &err),
        SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "does not authenticate");
    cr_assert_eq(memcmp(out, zeros, sealed.len - AEAD_TAG_SIZE), 0, "plaintext was left in the open");
}

static void
check_accepted_case(struct vector_file *vectors, struct aead *aead, struct bytes sealed)
{
    struct bytes iv = vector_file_bytes(vectors, "IV"), aad = vector_file_bytes(vectors, "AAD");
    struct bytes plain = vector_file_bytes(vectors, "PT");
    uint8_t out[64 + AEAD_TAG_SIZE];

    cr_assert_eq(aead_open(aead, iv.data, aad, sealed, out, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(bytes_equal((struct bytes){out, sealed.len - AEAD_TAG_SIZE}, plain));
    cr_assert_eq(aead_seal(aead, iv.data, aad, plain, out, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(bytes_equal((struct bytes){out, sealed.len}, sealed));
}

Test(aead, agrees_with_the_vectors_of_nist)
{
    SCOPED(vector_file_done) struct vector_file vectors;
    SCOPED(buf_done) struct buf sealed = {0};
    size_t accepted = 0, refused = 0;

    vector_file_open(&vectors, TEST_VECTORS "/crypto/nist-gcm-decrypt-256.rsp");
    while (vector_file_next(&vectors, "PT", "FAIL")) {
        SCOPED(secret_free) struct secret *key = secret_of(vector_file_bytes(&vectors, "Key"));
        SCOPED(aead_free) struct aead *aead = aead_of(key);

        buf_clear(&sealed);
        cr_assert_eq(buf_append_bytes(&sealed, vector_file_bytes(&vectors, "CT"), &err), SEALIFT_OK);
        cr_assert_eq(buf_append_bytes(&sealed, vector_file_bytes(&vectors, "Tag"), &err), SEALIFT_OK);
        if (vector_file_has(&vectors, "FAIL")) {
            check_refused_case(&vectors, aead, buf_bytes(&sealed));
            refused++;
        } else {
            check_accepted_case(&vectors, aead, buf_bytes(&sealed));
            accepted++;
        }
    }
    cr_assert_eq(accepted, 52);
    cr_assert_eq(refused, 48);
}

Test(aead, seals_and_opens_in_place_with_one_context)
{
    SCOPED(secret_free) struct secret *key = key_of(7);
    SCOPED(aead_free) struct aead *aead = aead_of(key);
    uint8_t memory[5 + AEAD_TAG_SIZE] = "hello";
    struct bytes aad = bytes_of_text("header");

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(aead_seal(aead, nonce, aad, (struct bytes){memory, 5}, memory, &err), SEALIFT_OK);
        cr_assert_neq(memcmp(memory, "hello", 5), 0);
        cr_assert_eq(aead_open(aead, nonce, aad, BYTES_OF(memory), memory, &err), SEALIFT_OK, "%s", err.message);
        cr_assert_arr_eq(memory, "hello", 5);
    }
}

Test(aead, carries_a_whole_frame)
{
    SCOPED(secret_free) struct secret *key = key_of(7);
    SCOPED(aead_free) struct aead *aead = aead_of(key);
    size_t size = (size_t)1 << 20;
    SCOPED(free_done) uint8_t *memory = malloc(size + AEAD_TAG_SIZE);

    memset(memory, 'x', size);
    cr_assert_eq(aead_seal(aead, nonce, (struct bytes){0}, (struct bytes){memory, size}, memory, &err), SEALIFT_OK);
    cr_assert_eq(aead_open(aead, nonce, (struct bytes){0}, (struct bytes){memory, size + AEAD_TAG_SIZE}, memory, &err),
                 SEALIFT_OK);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(memory[i], 'x');
}

Test(aead, changes_its_key)
{
    SCOPED(secret_free) struct secret *first = key_of(1), *second = key_of(2);
    SCOPED(aead_free) struct aead *aead = aead_of(first), *fresh = aead_of(second);
    uint8_t by_changed[16 + AEAD_TAG_SIZE], by_fresh[16 + AEAD_TAG_SIZE];
    uint8_t plain[16] = {0};

    cr_assert_eq(aead_seal(aead, nonce, (struct bytes){0}, BYTES_OF(plain), by_changed, &err), SEALIFT_OK);
    cr_assert_eq(aead_set_key(aead, second, &err), SEALIFT_OK);
    cr_assert_eq(aead_seal(aead, nonce, (struct bytes){0}, BYTES_OF(plain), by_changed, &err), SEALIFT_OK);
    cr_assert_eq(aead_seal(fresh, nonce, (struct bytes){0}, BYTES_OF(plain), by_fresh, &err), SEALIFT_OK);
    cr_assert_arr_eq(by_changed, by_fresh, sizeof(by_fresh));
}

Test(aead, goes_on_after_something_that_did_not_authenticate)
{
    SCOPED(secret_free) struct secret *key = key_of(7);
    SCOPED(aead_free) struct aead *aead = aead_of(key);
    uint8_t sealed[5 + AEAD_TAG_SIZE], out[5];

    cr_assert_eq(aead_seal(aead, nonce, (struct bytes){0}, bytes_of_text("hello"), sealed, &err), SEALIFT_OK);
    sealed[0] ^= 1;
    cr_assert_eq(aead_open(aead, nonce, (struct bytes){0}, BYTES_OF(sealed), out, &err), SEALIFT_CORRUPT);
    sealed[0] ^= 1;
    cr_assert_eq(aead_open(aead, nonce, (struct bytes){0}, BYTES_OF(sealed), out, &err), SEALIFT_OK);
    cr_assert_arr_eq(out, "hello", 5);
}

Test(aead, notices_every_flipped_bit)
{
    SCOPED(secret_free) struct secret *key = key_of(7);
    SCOPED(aead_free) struct aead *aead = aead_of(key);
    uint8_t sealed[5 + AEAD_TAG_SIZE], aad[3] = "abc", other_nonce[AEAD_NONCE_SIZE] = {1}, out[5];

    cr_assert_eq(aead_seal(aead, nonce, BYTES_OF(aad), bytes_of_text("hello"), sealed, &err), SEALIFT_OK);
    for (size_t bit = 0; bit < 8 * (sizeof(sealed) + sizeof(aad) + sizeof(other_nonce)); bit++) {
        size_t at = bit / 8;
        uint8_t *byte = at < sizeof(sealed)                 ? &sealed[at]
                        : at < sizeof(sealed) + sizeof(aad) ? &aad[at - sizeof(sealed)]
                                                            : &other_nonce[at - sizeof(sealed) - sizeof(aad)];

        *byte ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(aead_open(aead, other_nonce, BYTES_OF(aad), BYTES_OF(sealed), out, &err), SEALIFT_CORRUPT);
        *byte ^= (uint8_t)(1 << bit % 8);
    }
    cr_assert_eq(aead_open(aead, other_nonce, BYTES_OF(aad), BYTES_OF(sealed), out, &err), SEALIFT_OK);
}

Test(aead, refuses_what_is_shorter_than_a_tag)
{
    SCOPED(secret_free) struct secret *key = key_of(7);
    SCOPED(aead_free) struct aead *aead = aead_of(key);
    uint8_t sealed[AEAD_TAG_SIZE] = {0}, out[1];

    for (size_t len = 0; len < sizeof(sealed); len++)
        cr_assert_eq(aead_open(aead, nonce, (struct bytes){0}, (struct bytes){sealed, len}, out, &err),
                     SEALIFT_CORRUPT);
}

Test(aead, refuses_keys_of_another_length)
{
    SCOPED(secret_free) struct secret *key = secret_of(bytes_of_text("sixteen bytes..."));
    SCOPED(aead_free) struct aead *aead = NULL;

    cr_assert_eq(aead_new(key, &aead, &err), SEALIFT_INVALID);
    cr_assert_null(aead);
}

Test(aead, seals_a_secret_and_opens_it_again)
{
    SCOPED(secret_free) struct secret *kek = key_of(1), *key = key_of(2), *opened = NULL;
    SCOPED(buf_done) struct buf sealed = {0};
    struct bytes aad = bytes_of_text("whose it is"), behind;

    cr_assert_eq(buf_append_text(&sealed, "head", &err), SEALIFT_OK);
    cr_assert_eq(aead_seal_secret(kek, aad, key, &sealed, &err), SEALIFT_OK);
    cr_assert_eq(sealed.len, 4 + KEY_SIZE + AEAD_TAG_SIZE);
    behind = (struct bytes){sealed.data + 4, sealed.len - 4};
    cr_assert_eq(aead_open_secret(kek, aad, behind, &opened, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(opened, key));
}

Test(aead, does_not_open_a_secret_with_another_key_or_for_another)
{
    SCOPED(secret_free) struct secret *kek = key_of(1), *other_kek = key_of(3), *key = key_of(2), *opened = NULL;
    SCOPED(buf_done) struct buf sealed = {0};
    struct bytes aad = bytes_of_text("mine");

    cr_assert_eq(aead_seal_secret(kek, aad, key, &sealed, &err), SEALIFT_OK);
    cr_assert_eq(aead_open_secret(other_kek, aad, buf_bytes(&sealed), &opened, &err), SEALIFT_CORRUPT);
    cr_assert_eq(aead_open_secret(kek, bytes_of_text("his"), buf_bytes(&sealed), &opened, &err), SEALIFT_CORRUPT);
    sealed.len = AEAD_TAG_SIZE - 1;
    cr_assert_eq(aead_open_secret(kek, aad, buf_bytes(&sealed), &opened, &err), SEALIFT_CORRUPT);
    cr_assert_null(opened);
}
