#include "kmip_crypt.h"

#include "made_answer.h"
#include "scoped.h"
#include "text.h"

#include <string.h>

static struct sealift_error err;

typedef void write_function(struct ttlv_writer *writer, const struct kmip_crypt_request *request);

static void
assert_writes(write_function *write, const struct kmip_crypt_request *request, const char *expected)
{
    SCOPED(buf_done) struct buf out = {.wipe = true};
    struct ttlv_writer writer;
    char hex[2000];

    ttlv_writer_init(&writer, &out);
    write(&writer, request);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    cr_assert_lt(2 * out.len, sizeof(hex));
    hex_encode(buf_bytes(&out), hex);
    cr_assert_str_eq(hex, expected);
}

#define UID_1   "42009407000000013100000000000000"
#define DATA_AB "4200c20800000002abcd000000000000"

static const uint8_t ab[] = {0xab, 0xcd}, iv[] = {1, 2, 3, 4, 5, 6, 7, 8};

Test(kmip_crypt, leaves_out_what_is_not_given)
{
    const struct kmip_crypt_request request = {.uid = "1", .data = BYTES_OF(ab)};

    assert_writes(kmip_encrypt_write, &request, UID_1 DATA_AB);
    assert_writes(kmip_decrypt_write, &request, UID_1 DATA_AB);
}

Test(kmip_crypt, writes_parameters_in_the_order_of_the_specification)
{
    const struct kmip_crypt_request request = {
        .uid = "1",
        .parameters = {.block_cipher_mode = KMIP_MODE_CBC,
                       .padding_method = KMIP_PADDING_PKCS5,
                       .algorithm = KMIP_ALGORITHM_AES,
                       .random_iv = true,
                       .tag_length = 16},
        .data = BYTES_OF(ab),
    };

    assert_writes(kmip_encrypt_write, &request,
                  UID_1 "42002b0100000050"
                        "42001105000000040000000100000000"
                        "42005f05000000040000000300000000"
                        "42002805000000040000000300000000"
                        "4200c506000000080000000000000001"
                        "4200ce02000000040000001000000000" DATA_AB);
}

Test(kmip_crypt, writes_one_parameter_alone)
{
    struct kmip_crypt_request request = {.uid = "1", .data = BYTES_OF(ab)};

    request.parameters = (struct kmip_parameters){.block_cipher_mode = KMIP_MODE_GCM};
    assert_writes(kmip_encrypt_write, &request, UID_1 "42002b010000001042001105000000040000000900000000" DATA_AB);
    request.parameters = (struct kmip_parameters){.padding_method = KMIP_PADDING_PKCS5};
    assert_writes(kmip_encrypt_write, &request, UID_1 "42002b010000001042005f05000000040000000300000000" DATA_AB);
    request.parameters = (struct kmip_parameters){.algorithm = KMIP_ALGORITHM_AES};
    assert_writes(kmip_encrypt_write, &request, UID_1 "42002b010000001042002805000000040000000300000000" DATA_AB);
    request.parameters = (struct kmip_parameters){.random_iv = true};
    assert_writes(kmip_encrypt_write, &request, UID_1 "42002b01000000104200c506000000080000000000000001" DATA_AB);
    request.parameters = (struct kmip_parameters){.tag_length = 16};
    assert_writes(kmip_encrypt_write, &request, UID_1 "42002b01000000104200ce02000000040000001000000000" DATA_AB);
}

Test(kmip_crypt, writes_iv_additional_data_and_tag_behind_the_data)
{
    const struct kmip_crypt_request request = {
        .uid = "1",
        .data = BYTES_OF(ab),
        .has_iv = true,
        .has_additional_data = true,
        .has_tag = true,
        .iv = BYTES_OF(iv),
        .additional_data = BYTES_OF(ab),
        .tag = BYTES_OF(iv),
    };

    /* Encrypt has no tag to send. */
    assert_writes(kmip_encrypt_write, &request,
                  UID_1 DATA_AB "42003d08000000080102030405060708"
                                "4200fe0800000002abcd000000000000");
    assert_writes(kmip_decrypt_write, &request,
                  UID_1 DATA_AB "42003d08000000080102030405060708"
                                "4200fe0800000002abcd000000000000"
                                "4200ff08000000080102030405060708");
}

Test(kmip_crypt, writes_fields_that_are_there_and_empty)
{
    const struct kmip_crypt_request request = {
        .uid = "1", .has_iv = true, .has_additional_data = true, .has_tag = true};

    assert_writes(kmip_decrypt_write, &request,
                  UID_1 "4200c20800000000"
                        "42003d0800000000"
                        "4200fe0800000000"
                        "4200ff0800000000");
}

Test(kmip_crypt, reads_data_iv_and_tag)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_crypt_result result;

    made_answer_begin(&made, KMIP_1_4, KMIP_ENCRYPT);
    ttlv_put_text(&made.writer, KMIP_TAG_UNIQUE_IDENTIFIER, "1");
    ttlv_put_bytes(&made.writer, KMIP_TAG_DATA, BYTES_OF(ab));
    ttlv_put_bytes(&made.writer, 0x540001, BYTES_OF(iv));
    ttlv_put_bytes(&made.writer, KMIP_TAG_IV_COUNTER_NONCE, BYTES_OF(iv));
    ttlv_put_bytes(&made.writer, KMIP_TAG_AUTHENTICATED_ENCRYPTION_TAG, BYTES_OF(ab));
    made_answer_end(&made);
    cr_assert_eq(kmip_crypt_read(&made.answer, &result, &err), SEALIFT_OK);
    cr_assert(bytes_equal(result.data, BYTES_OF(ab)));
    cr_assert(result.has_iv && bytes_equal(result.iv, BYTES_OF(iv)));
    cr_assert(result.has_tag && bytes_equal(result.tag, BYTES_OF(ab)));
}

Test(kmip_crypt, tells_an_empty_field_from_one_that_is_not_there)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_crypt_result result;

    made_answer_begin(&made, KMIP_1_4, KMIP_DECRYPT);
    ttlv_put_bytes(&made.writer, KMIP_TAG_DATA, (struct bytes){0});
    ttlv_put_bytes(&made.writer, KMIP_TAG_IV_COUNTER_NONCE, (struct bytes){0});
    made_answer_end(&made);
    cr_assert_eq(kmip_crypt_read(&made.answer, &result, &err), SEALIFT_OK);
    cr_assert_eq(result.data.len, 0);
    cr_assert(result.has_iv && result.iv.len == 0);
    cr_assert_not(result.has_tag);
}

/* KMIP 2.0: an enumeration for the ID placeholder, an integer for an item of the same batch. */
Test(kmip_crypt, does_not_mind_how_the_key_is_named)
{
    SCOPED(made_answer_done) struct made_answer enumeration;
    SCOPED(made_answer_done) struct made_answer integer;
    struct kmip_crypt_result result;

    made_answer_begin(&enumeration, KMIP_2_1, KMIP_ENCRYPT);
    ttlv_put_enumeration(&enumeration.writer, KMIP_TAG_UNIQUE_IDENTIFIER, 1);
    ttlv_put_bytes(&enumeration.writer, KMIP_TAG_DATA, BYTES_OF(ab));
    made_answer_end(&enumeration);
    cr_assert_eq(kmip_crypt_read(&enumeration.answer, &result, &err), SEALIFT_OK);

    made_answer_begin(&integer, KMIP_2_1, KMIP_ENCRYPT);
    ttlv_put_integer(&integer.writer, KMIP_TAG_UNIQUE_IDENTIFIER, -1);
    ttlv_put_bytes(&integer.writer, KMIP_TAG_DATA, BYTES_OF(ab));
    made_answer_end(&integer);
    cr_assert_eq(kmip_crypt_read(&integer.answer, &result, &err), SEALIFT_OK);
}

Test(kmip_crypt, refuses_an_answer_without_data)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_answer without_payload = {.operation = KMIP_ENCRYPT};
    struct kmip_crypt_result result;

    made_answer_begin(&made, KMIP_1_4, KMIP_ENCRYPT);
    ttlv_put_text(&made.writer, KMIP_TAG_UNIQUE_IDENTIFIER, "1");
    made_answer_end(&made);
    cr_assert_eq(kmip_crypt_read(&made.answer, &result, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "the answer makes no sense: tag 4200c2 is missing in 42007c"
                                  "; " KMIP_SENSELESS_WAY_OUT);
    cr_assert_eq(kmip_crypt_read(&without_payload, &result, &err), SEALIFT_CORRUPT);
}

Test(kmip_crypt, refuses_two_of_a_field_and_other_types)
{
    static const uint32_t tags[] = {KMIP_TAG_DATA, KMIP_TAG_IV_COUNTER_NONCE, KMIP_TAG_AUTHENTICATED_ENCRYPTION_TAG};

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        SCOPED(made_answer_done) struct made_answer two;
        SCOPED(made_answer_done) struct made_answer text;
        struct kmip_crypt_result result;

        made_answer_begin(&two, KMIP_1_4, KMIP_ENCRYPT);
        if (tags[i] != KMIP_TAG_DATA)
            ttlv_put_bytes(&two.writer, KMIP_TAG_DATA, BYTES_OF(ab));
        ttlv_put_bytes(&two.writer, tags[i], BYTES_OF(ab));
        ttlv_put_bytes(&two.writer, tags[i], BYTES_OF(ab));
        made_answer_end(&two);
        cr_assert_eq(kmip_crypt_read(&two.answer, &result, &err), SEALIFT_CORRUPT);
        cr_assert_not_null(strstr(err.message, "is there twice"), "%s", err.message);

        made_answer_begin(&text, KMIP_1_4, KMIP_ENCRYPT);
        if (tags[i] != KMIP_TAG_DATA)
            ttlv_put_bytes(&text.writer, KMIP_TAG_DATA, BYTES_OF(ab));
        ttlv_put_text(&text.writer, tags[i], "ab");
        made_answer_end(&text);
        cr_assert_eq(kmip_crypt_read(&text.answer, &result, &err), SEALIFT_CORRUPT);
        cr_assert_not_null(strstr(err.message, "is of type Text String"), "%s", err.message);
    }
}
