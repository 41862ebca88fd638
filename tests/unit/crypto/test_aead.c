#include "aead.h"

#include "error.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;
static const uint8_t nonce[AEAD_NONCE_SIZE] = {1};

static struct secret *
key_of(uint8_t byte)
{
    struct secret *key;

    cr_assert_eq(secret_new(KEY_SIZE, &key, &err), SEALIFT_OK, "%s", err.message);
    memset(key->bytes, byte, KEY_SIZE);
    return key;
}

static struct aead *
aead_of(uint8_t byte)
{
    SCOPED(secret_free) struct secret *key = key_of(byte);
    struct aead *aead;

    cr_assert_eq(aead_new(key, &aead, &err), SEALIFT_OK, "%s", err.message);
    return aead;
}

Test(aead, seals_and_opens_in_place_with_one_context)
{
    SCOPED(aead_free) struct aead *aead = aead_of(7);
    uint8_t memory[5 + AEAD_TAG_SIZE] = "hello";
    struct bytes aad = bytes_of_text("header");

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(aead_seal(aead, nonce, aad, (struct bytes){memory, 5}, memory, &err), SEALIFT_OK);
        cr_assert_neq(memcmp(memory, "hello", 5), 0);
        cr_assert_eq(aead_open(aead, nonce, aad, BYTES_OF(memory), memory, &err), SEALIFT_OK, "%s", err.message);
        cr_assert_arr_eq(memory, "hello", 5);
    }
}
