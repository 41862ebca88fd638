#include "digest.h"

#include "scoped.h"
#include "vector_file.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

/* In the files of NIST and RFC 1321 the empty message stands as one zero byte with the length 0. */
static struct bytes
message_of(struct vector_file *vectors)
{
    struct bytes message = vector_file_bytes(vectors, "Msg");

    message.len = vector_file_number(vectors, "Len") / 8;
    return message;
}

Test(digest, agrees_with_the_sha256_vectors_of_nist)
{
    SCOPED(vector_file_done) struct vector_file vectors;
    size_t count = 0;

    vector_file_open(&vectors, TEST_VECTORS "/crypto/nist-sha256-short.rsp");
    for (; vector_file_next(&vectors, "MD", NULL); count++) {
        uint8_t out[SHA256_SIZE];

        cr_assert_eq(sha256(message_of(&vectors), out, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(bytes_equal(BYTES_OF(out), vector_file_bytes(&vectors, "MD")));
    }
    cr_assert_eq(count, 65);
}

Test(digest, agrees_with_the_md5_vectors_of_rfc_1321)
{
    SCOPED(vector_file_done) struct vector_file vectors;
    size_t count = 0;

    vector_file_open(&vectors, TEST_VECTORS "/crypto/rfc1321-md5.txt");
    for (; vector_file_next(&vectors, "MD", NULL); count++) {
        uint8_t out[MD5_SIZE];

        cr_assert_eq(md5(message_of(&vectors), out, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(bytes_equal(BYTES_OF(out), vector_file_bytes(&vectors, "MD")));
    }
    cr_assert_eq(count, 7);
}

Test(digest, agrees_with_the_hmac_vectors_of_rfc_4231)
{
    SCOPED(vector_file_done) struct vector_file vectors;
    size_t count = 0;

    vector_file_open(&vectors, TEST_VECTORS "/crypto/rfc4231-hmac-sha256.txt");
    for (; vector_file_next(&vectors, "MD", NULL); count++) {
        struct bytes key = vector_file_bytes(&vectors, "Key");
        uint8_t out[SHA256_SIZE];

        cr_assert_eq(hmac_sha256(key, message_of(&vectors), out, &err), SEALIFT_OK, "%s", err.message);
        cr_assert(bytes_equal(BYTES_OF(out), vector_file_bytes(&vectors, "MD")));
    }
    cr_assert_eq(count, 6);
}

Test(digest, takes_an_empty_hmac_key_and_message)
{
    static const uint8_t expected[] = "\xb6\x13\x67\x9a\x08\x14\xd9\xec\x77\x2f\x95\xd7\x78\xc3\x5f\xc5"
                                      "\xff\x16\x97\xc4\x93\x71\x56\x53\xc6\xc7\x12\x14\x42\x92\xc5\xad";
    uint8_t out[SHA256_SIZE];

    cr_assert_eq(hmac_sha256((struct bytes){0}, (struct bytes){0}, out, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_arr_eq(out, expected, sizeof(out));
}

Test(digest, hashes_a_million_letters_in_uneven_pieces_and_starts_over)
{
    /* FIPS 180-2, appendix B.3 */
    static const uint8_t expected[] = "\xcd\xc7\x6e\x5c\x99\x14\xfb\x92\x81\xa1\xc7\xe2\x84\xd7\x3e\x67"
                                      "\xf1\x80\x9a\x48\xa4\x97\x20\x0e\x04\x6d\x39\xcc\xc7\x11\x2c\xd0";
    SCOPED(sha256_stream_free) struct sha256_stream *stream = NULL;
    uint8_t letters[1009], out[SHA256_SIZE];

    memset(letters, 'a', sizeof(letters));
    cr_assert_eq(sha256_stream_new(&stream, &err), SEALIFT_OK);
    for (int round = 0; round < 2; round++) {
        size_t left = 1000000;

        while (left > 0) {
            size_t len = left < sizeof(letters) ? left : sizeof(letters);

            cr_assert_eq(sha256_stream_add(stream, (struct bytes){letters, len}, &err), SEALIFT_OK);
            cr_assert_eq(sha256_stream_add(stream, (struct bytes){0}, &err), SEALIFT_OK);
            left -= len;
        }
        cr_assert_eq(sha256_stream_end(stream, out, &err), SEALIFT_OK);
        cr_assert_arr_eq(out, expected, sizeof(out));
    }
}

Test(digest, uses_a_mac_key_again_and_again)
{
    SCOPED(vector_file_done) struct vector_file vectors;
    size_t count = 0;

    vector_file_open(&vectors, TEST_VECTORS "/crypto/rfc4231-hmac-sha256.txt");
    for (; vector_file_next(&vectors, "MD", NULL); count++) {
        SCOPED(secret_free) struct secret *key = NULL;
        SCOPED(mac_free) struct mac *mac = NULL;
        uint8_t out[SHA256_SIZE];

        cr_assert_eq(secret_copy(vector_file_bytes(&vectors, "Key"), &key, &err), SEALIFT_OK);
        cr_assert_eq(mac_new(key, &mac, &err), SEALIFT_OK);
        for (int round = 0; round < 3; round++) {
            cr_assert_eq(mac_compute(mac, bytes_of_text("something else"), out, &err), SEALIFT_OK);
            cr_assert_eq(mac_compute(mac, message_of(&vectors), out, &err), SEALIFT_OK);
            cr_assert(bytes_equal(BYTES_OF(out), vector_file_bytes(&vectors, "MD")));
        }
    }
    cr_assert_eq(count, 6);
}

Test(digest, compares)
{
    cr_assert(digest_equal((const uint8_t *)"abc", (const uint8_t *)"abd", 2));
    cr_assert_not(digest_equal((const uint8_t *)"abc", (const uint8_t *)"abd", 3));
}
