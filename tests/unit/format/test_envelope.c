#include "envelope.h"

#include "aead.h"
#include "scoped.h"
#include "text.h"

#include <criterion/criterion.h>
#include <string.h>

/* The expected bytes were computed with another implementation (Python's cryptography) from this: KEK 00 01 ... 1f, FS
 * key 20 ... 3f, at-rest key 40 ... 7f. */

static struct sealift_error err;
static const struct uuid fs = {
    {0x0f, 0x8f, 0xad, 0x5b, 0xd9, 0xcb, 0x46, 0x9f, 0xa1, 0x65, 0x70, 0x86, 0x77, 0x28, 0x95, 0x0e}};

static struct secret *
counting_key(size_t len, uint8_t first)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_new(len, &key, &err), SEALIFT_OK);
    for (size_t i = 0; i < len; i++)
        key->bytes[i] = (uint8_t)(first + i);
    return key;
}

static struct envelope
sealed(bool with_at_rest_key)
{
    struct envelope envelope = {
        .fs = fs,
        .kms = {.type = "vault", .name_space = "team/a", .mount = "transit", .key_identifier = "k", .key_version = 3},
        .wrapped_kek = "vault:v3:AAAA",
    };
    SCOPED(secret_free) struct secret *kek = counting_key(KEY_SIZE, 0);
    SCOPED(secret_free) struct secret *fs_key = counting_key(FS_KEY_SIZE, 32);
    SCOPED(secret_free) struct secret *at_rest_key = counting_key(AT_REST_KEY_SIZE, 64);

    cr_assert_eq(envelope_seal(&envelope, kek, fs_key, with_at_rest_key ? at_rest_key : NULL, &err), SEALIFT_OK);
    return envelope;
}

static enum sealift_status
open_with(const struct envelope *envelope, uint8_t first_byte_of_kek, struct secret **ret_fs_key,
          struct secret **ret_at_rest_key)
{
    SCOPED(secret_free) struct secret *kek = counting_key(KEY_SIZE, first_byte_of_kek);

    return envelope_open(envelope, kek, ret_fs_key, ret_at_rest_key, &err);
}

static enum sealift_status
read_text(const char *text, struct envelope *ret_envelope)
{
    SCOPED(json_free) struct json *json = NULL;

    cr_assert_eq(json_parse(bytes_of_text(text), "test", &json, &err), SEALIFT_OK, "%s", err.message);
    return envelope_read(json, ret_envelope, &err);
}

/* The envelope's JSON with the first `from` replaced by `to`. */
static enum sealift_status
read_edited(const char *from, const char *to, struct envelope *ret_envelope)
{
    struct envelope envelope = sealed(true);
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(buf_done) struct buf edited = {0};
    const char *whole, *at, *result;

    cr_assert_eq(envelope_to_json(&envelope, &text, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&text, &whole, &err), SEALIFT_OK);
    at = strstr(whole, from);
    cr_assert_not_null(at, "%s has no %s", whole, from);
    cr_assert_eq(buf_append(&edited, whole, (size_t)(at - whole), &err), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&edited, to, &err), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&edited, at + strlen(from), &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&edited, &result, &err), SEALIFT_OK);
    return read_text(result, ret_envelope);
}

static void
expect_hex(struct bytes data, const char *hex)
{
    char shown[512];

    cr_assert_lt(2 * data.len, sizeof(shown));
    hex_encode(data, shown);
    cr_assert_str_eq(shown, hex);
}

Test(envelope, seals_to_the_documented_bytes)
{
    struct envelope envelope = sealed(true);

    expect_hex(BYTES_OF(envelope.key_check), "4766ded0b0d12623e4a51eab2d2655452016c9b1ff3b78756efe171ec2deca75");
    expect_hex(BYTES_OF(envelope.sealed_fs_key),
               "2d359d2e7ea2a2bda20fe5570258b9d6fa1dda2376bcf20998973a2c6d102a68296a6891ecb375d3058d3f52b38599c5");
    expect_hex(BYTES_OF(envelope.sealed_at_rest_key),
               "c31bcf8032567ab28d9818fe184bba4dc2e03453d34279927e4257fbbc93d8ca760f27bc2ed5e1af1361f286d62ba00b"
               "d765c2f1cd7844f0ce7e2ec837453e3203d11dfc5afe99267ea6780a72df0fff");
}

Test(envelope, binds_to_the_documented_context)
{
    struct envelope envelope = sealed(false);
    SCOPED(buf_done) struct buf context = {0};

    cr_assert_eq(envelope_context(&envelope, &context, &err), SEALIFT_OK);
    cr_assert_eq(context.len, 75);
    expect_hex(buf_bytes(&context), "7365616c6966742f3120656e76656c6f706500" /* sealift/1 envelope NUL */
                                    "01000000"
                                    "01000000"
                                    "0f8fad5bd9cb469fa16570867728950e"
                                    "4766ded0b0d12623e4a51eab2d2655452016c9b1ff3b78756efe171ec2deca75");
}

Test(envelope, opens_what_it_sealed)
{
    struct envelope envelope = sealed(true);
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *at_rest_key = NULL;
    SCOPED(secret_free) struct secret *expected_fs_key = counting_key(FS_KEY_SIZE, 32);
    SCOPED(secret_free) struct secret *expected_at_rest_key = counting_key(AT_REST_KEY_SIZE, 64);

    cr_assert_eq(open_with(&envelope, 0, &fs_key, &at_rest_key), SEALIFT_OK);
    cr_assert(secret_equal(fs_key, expected_fs_key));
    cr_assert(secret_equal(at_rest_key, expected_at_rest_key));
}

Test(envelope, opens_without_an_at_rest_key)
{
    struct envelope envelope = sealed(false);
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *at_rest_key = NULL;

    cr_assert_eq(open_with(&envelope, 0, &fs_key, &at_rest_key), SEALIFT_OK);
    cr_assert_not_null(fs_key);
    cr_assert_null(at_rest_key);
}

Test(envelope, does_not_open_under_another_kek)
{
    struct envelope envelope = sealed(false);
    SCOPED(secret_free) struct secret *fs_key = NULL;

    cr_assert_eq(open_with(&envelope, 1, &fs_key, NULL), SEALIFT_CORRUPT);
    cr_assert_null(fs_key);
}

/* Every byte that the seal covers or consists of, flipped in turn. */
Test(envelope, notices_any_altered_byte)
{
    struct envelope good = sealed(true);
    struct envelope envelope = good;
    struct {
        uint8_t *data;
        size_t len;
    } places[] = {
        {envelope.fs.bytes, sizeof(envelope.fs.bytes)},
        {envelope.key_check, sizeof(envelope.key_check)},
        {envelope.sealed_fs_key, sizeof(envelope.sealed_fs_key)},
        {envelope.sealed_at_rest_key, sizeof(envelope.sealed_at_rest_key)},
    };

    for (size_t place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
        for (size_t i = 0; i < places[place].len; i++) {
            SCOPED(secret_free) struct secret *fs_key = NULL;
            SCOPED(secret_free) struct secret *at_rest_key = NULL;

            places[place].data[i] ^= 0x40;
            cr_assert_eq(open_with(&envelope, 0, &fs_key, &at_rest_key), SEALIFT_CORRUPT, "place %zu, byte %zu", place,
                         i);
            cr_assert_null(fs_key);
            cr_assert_null(at_rest_key);
            places[place].data[i] ^= 0x40;
        }
    }
}

/* Somebody with the KEK seals another FS key, properly, beside the check value of the real one. */
Test(envelope, notices_an_fs_key_that_its_check_value_does_not_name)
{
    struct envelope envelope = sealed(false);
    SCOPED(buf_done) struct buf context = {0};
    SCOPED(buf_done) struct buf forged = {0};
    SCOPED(secret_free) struct secret *sub_key = NULL;
    SCOPED(secret_free) struct secret *other = counting_key(FS_KEY_SIZE, 99);
    SCOPED(secret_free) struct secret *fs_key = NULL;
    uint8_t sub_key_bytes[KEY_SIZE]; /* HKDF(KEK, "sealift/1 seal fs key"), by Python */

    cr_assert(hex_decode("a62d9643e699b1e57bd1e16c5ece313d8958b6b95225b9aa86f4dd99183c046a", sub_key_bytes,
                         sizeof(sub_key_bytes)));
    cr_assert_eq(secret_copy(BYTES_OF(sub_key_bytes), &sub_key, &err), SEALIFT_OK);
    cr_assert_eq(envelope_context(&envelope, &context, &err), SEALIFT_OK);
    cr_assert_eq(aead_seal_secret(sub_key, buf_bytes(&context), other, &forged, &err), SEALIFT_OK);
    memcpy(envelope.sealed_fs_key, forged.data, sizeof(envelope.sealed_fs_key));
    cr_assert_eq(open_with(&envelope, 0, &fs_key, NULL), SEALIFT_KEY);
    cr_assert_null(fs_key);
}

Test(envelope, comes_back_from_json)
{
    struct envelope envelope = sealed(true);
    struct envelope again;
    SCOPED(buf_done) struct buf text = {0};
    const char *json;

    cr_assert_eq(envelope_to_json(&envelope, &text, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&text, &json, &err), SEALIFT_OK);
    cr_assert_eq(read_text(json, &again), SEALIFT_OK, "%s", err.message);
    cr_assert(uuid_equal(&again.fs, &envelope.fs));
    cr_assert_arr_eq(again.key_check, envelope.key_check, KEY_CHECK_SIZE);
    cr_assert_str_eq(again.kms.type, "vault");
    cr_assert_str_eq(again.kms.name_space, "team/a");
    cr_assert_str_eq(again.kms.mount, "transit");
    cr_assert_str_eq(again.kms.key_identifier, "k");
    cr_assert_eq(again.kms.key_version, 3);
    cr_assert_str_eq(again.kms.details, "");
    cr_assert_str_eq(again.wrapped_kek, "vault:v3:AAAA");
    cr_assert_arr_eq(again.sealed_fs_key, envelope.sealed_fs_key, SEALED_FS_KEY_SIZE);
    cr_assert(again.has_at_rest_key);
    cr_assert_arr_eq(again.sealed_at_rest_key, envelope.sealed_at_rest_key, SEALED_AT_REST_SIZE);
}

Test(envelope, leaves_out_what_there_is_not)
{
    struct envelope envelope = sealed(false);
    SCOPED(buf_done) struct buf text = {0};
    const char *json;

    envelope.kms = (struct kms_hint){.type = "local", .key_identifier = "fingerprint"};
    cr_assert_eq(envelope_to_json(&envelope, &text, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&text, &json, &err), SEALIFT_OK);
    cr_assert_null(strstr(json, "namespace"));
    cr_assert_null(strstr(json, "mount"));
    cr_assert_null(strstr(json, "key_version"));
    cr_assert_null(strstr(json, "details"));
    cr_assert_null(strstr(json, "at_rest"));
}

Test(envelope, passes_over_members_that_it_does_not_know)
{
    struct envelope envelope;

    cr_assert_eq(read_edited("\"fs\":", "\"colour\":\"blue\",\"fs\":", &envelope), SEALIFT_OK);
}

Test(envelope, says_when_a_later_sealift_is_needed)
{
    struct envelope envelope;

    cr_assert_eq(read_edited("\"version\":1", "\"version\":2", &envelope), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "later sealift"));
    cr_assert_eq(read_edited("\"suite\":1", "\"suite\":7", &envelope), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "later sealift"));
}

Test(envelope, refuses_what_is_missing_or_malformed)
{
    static const char *const edits[][2] = {
        {"\"version\":1", "\"version\":0"},
        {"\"version\":1", "\"version\":\"one\""},
        {"\"fs\":", "\"sf\":"},
        {"0f8fad5b-", "0F8FAD5B-"},
        {"\"key_check\":\"4766", "\"key_check\":\"66"},
        {"\"kms\":{", "\"kms\":[],\"x\":{"},
        {"\"type\":\"vault\"", "\"type\":\"\""},
        {"\"type\":\"vault\"", "\"type\":\"a type of more than 15\""},
        {"\"key_identifier\":\"k\"", "\"key_identifier\":\"\\u00e9\""},
        {"\"mount\":\"transit\"", "\"mount\":\"tran\\nsit\""},
        {"\"mount\":\"transit\"", "\"mount\":7"},
        {"\"key_version\":3", "\"key_version\":-1"},
        {"vault:v3:AAAA", ""},
        {"vault:v3:AAAA", "vault:v3:\\u0007"},
        {"\"sealed_fs_key\":\"2d", "\"sealed_fs_key\":\"2d2d"},
        {"\"sealed_at_rest_key\":\"c3", "\"sealed_at_rest_key\":\"xx"},
        {"\"sealed_at_rest_key\":\"", "\"sealed_at_rest_key\":null,\"x\":\""},
    };

    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        struct envelope envelope;

        cr_assert_eq(read_edited(edits[i][0], edits[i][1], &envelope), SEALIFT_CORRUPT, "%s -> %s", edits[i][0],
                     edits[i][1]);
    }
}

Test(envelope, bounds_the_wrapped_kek)
{
    struct envelope envelope;
    char longest[WRAPPED_KEK_MAX + 2];

    memset(longest, 'A', sizeof(longest) - 1);
    longest[WRAPPED_KEK_MAX] = '\0';
    cr_assert_eq(read_edited("vault:v3:AAAA", longest, &envelope), SEALIFT_OK);
    cr_assert_str_eq(envelope.wrapped_kek, longest);
    longest[WRAPPED_KEK_MAX] = 'A';
    longest[WRAPPED_KEK_MAX + 1] = '\0';
    cr_assert_eq(read_edited("vault:v3:AAAA", longest, &envelope), SEALIFT_CORRUPT);
}
