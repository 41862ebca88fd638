#include "kdf.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* RFC 5869, appendix A. Its `info` is binary in test case 1 and 2; ours is always text, so those of test case 3 (empty
 * salt and info) are taken, and one with a salt that Python's cryptography computed. */

static struct sealift_error err;

static struct secret *
repeated(uint8_t byte, size_t len)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_new(len, &key, &err), SEALIFT_OK);
    memset(key->bytes, byte, len);
    return key;
}

static void
expect(struct bytes salt, const char *info, size_t len, const char *hex)
{
    SCOPED(secret_free) struct secret *key = repeated(0x0b, 22);
    SCOPED(secret_free) struct secret *derived = NULL;
    uint8_t public[64];
    char shown[129];

    cr_assert_eq(hkdf_sha256(key, salt, info, len, &derived, &err), SEALIFT_OK, "%s", err.message);
    for (size_t i = 0; i < len; i++)
        snprintf(shown + 2 * i, 3, "%02x", derived->bytes[i]);
    cr_assert_str_eq(shown, hex);
    cr_assert_eq(hkdf_sha256_public(key, salt, info, public, len, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_arr_eq(public, derived->bytes, len);
}

Test(kdf, derives_without_a_salt_as_rfc_5869_shows)
{
    expect((struct bytes){0}, "", 42,
           "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

Test(kdf, derives_with_salt_and_label)
{
    static const uint8_t salt[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    expect(BYTES_OF(salt), "sealift/1 label", 32, "45d38af3f655a1e515f3c22ca4575f8ee3a8ccd1ad4731a4479eef0e19a51d24");
}
