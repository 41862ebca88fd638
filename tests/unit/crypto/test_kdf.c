#include "kdf.h"

#include "scoped.h"
#include "vector_file.h"

#include <criterion/criterion.h>

static struct sealift_error err;

Test(kdf, agrees_with_the_vectors_of_rfc_5869)
{
    SCOPED(vector_file_done) struct vector_file vectors;
    size_t count = 0;

    vector_file_open(&vectors, TEST_VECTORS "/crypto/rfc5869-hkdf-sha256.txt");
    for (; vector_file_next(&vectors, "OKM", NULL); count++) {
        struct bytes salt = vector_file_bytes(&vectors, "salt"), okm = vector_file_bytes(&vectors, "OKM");
        SCOPED(secret_free) struct secret *ikm = NULL, *derived = NULL;
        SCOPED(buf_done) struct buf label = {0};
        const char *info;
        uint8_t out[82];

        cr_assert_eq(secret_copy(vector_file_bytes(&vectors, "IKM"), &ikm, &err), SEALIFT_OK);
        cr_assert_eq(buf_append_bytes(&label, vector_file_bytes(&vectors, "info"), &err), SEALIFT_OK);
        cr_assert_eq(buf_text(&label, &info, &err), SEALIFT_OK);
        cr_assert_eq(hkdf_sha256(ikm, salt, info, okm.len, &derived, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(bytes_equal(secret_bytes(derived), okm));
        cr_assert_eq(hkdf_sha256_public(ikm, salt, info, out, okm.len, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(bytes_equal((struct bytes){out, okm.len}, okm));
    }
    cr_assert_eq(count, 3);
}

Test(kdf, agrees_with_the_known_answers_for_sha_512)
{
    SCOPED(vector_file_done) struct vector_file vectors;
    size_t count = 0;

    vector_file_open(&vectors, TEST_VECTORS "/crypto/hkdf-sha512.txt");
    for (; vector_file_next(&vectors, "OKM", NULL); count++) {
        struct bytes salt = vector_file_bytes(&vectors, "salt"), info = vector_file_bytes(&vectors, "info");
        struct bytes okm = vector_file_bytes(&vectors, "OKM");
        SCOPED(secret_free) struct secret *ikm = NULL;
        uint8_t out[82];

        cr_assert_eq(secret_copy(vector_file_bytes(&vectors, "IKM"), &ikm, &err), SEALIFT_OK);
        cr_assert_eq(hkdf_sha512_public(ikm, salt, info, out, okm.len, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(bytes_equal((struct bytes){out, okm.len}, okm));
    }
    cr_assert_eq(count, 3);
}

Test(kdf, gives_another_key_for_another_label_or_salt)
{
    SCOPED(secret_free) struct secret *key = NULL, *a = NULL, *b = NULL, *c = NULL;

    cr_assert_eq(secret_copy(bytes_of_text("some key"), &key, &err), SEALIFT_OK);
    cr_assert_eq(hkdf_sha256(key, bytes_of_text("salt"), "a", KEY_SIZE, &a, &err), SEALIFT_OK);
    cr_assert_eq(hkdf_sha256(key, bytes_of_text("salt"), "b", KEY_SIZE, &b, &err), SEALIFT_OK);
    cr_assert_eq(hkdf_sha256(key, bytes_of_text("tlas"), "a", KEY_SIZE, &c, &err), SEALIFT_OK);
    cr_assert_not(secret_equal(a, b));
    cr_assert_not(secret_equal(a, c));
}

Test(kdf, refuses_more_than_hkdf_can_give)
{
    SCOPED(secret_free) struct secret *key = NULL, *derived = NULL;

    cr_assert_eq(secret_copy(bytes_of_text("some key"), &key, &err), SEALIFT_OK);
    cr_assert_eq(hkdf_sha256(key, (struct bytes){0}, "a", 255 * 32 + 1, &derived, &err), SEALIFT_INTERNAL);
    cr_assert_null(derived);
}
