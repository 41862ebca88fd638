#include "kmip_sealed.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;

static struct kmip_sealed
sample(enum kmip_cipher cipher, bool has_tag)
{
    bool cbc = cipher == KMIP_AES_CBC;
    struct kmip_sealed sealed = {.cipher = cipher,
                                 .version = KMIP_1_4,
                                 .data_len = has_tag ? 32 : 48,
                                 .iv_len = cbc ? 16 : 12,
                                 .has_tag = has_tag};

    for (size_t i = 0; i < sealed.data_len; i++)
        sealed.data[i] = (uint8_t)i;
    for (size_t i = 0; i < sealed.iv_len; i++)
        sealed.iv[i] = (uint8_t)(0xa0 + i);
    for (size_t i = 0; has_tag && i < sizeof(sealed.tag); i++)
        sealed.tag[i] = (uint8_t)(0xf0 + i);
    return sealed;
}

/* In an envelope it comes as a hint and a text. */
struct blob {
    struct kms_hint hint;
    struct buf text;
};

static void
blob_done(struct blob *blob)
{
    buf_done(&blob->text);
}

static struct blob
format(const struct kmip_sealed *sealed)
{
    struct blob blob = {.hint = {.type = "kmip", .key_identifier = "uid"}};

    cr_assert_eq(kmip_sealed_format(sealed, &blob.hint, &blob.text, &err), SEALIFT_OK, "%s", err.message);
    return blob;
}

static const char *
text_of(struct blob *blob)
{
    const char *text;

    cr_assert_eq(buf_text(&blob->text, &text, &err), SEALIFT_OK);
    return text;
}

static enum sealift_status
parse(const char *details, const char *wrapped)
{
    struct kms_hint hint = {.type = "kmip"};
    struct kmip_sealed sealed;

    cr_assert_lt((size_t)snprintf(hint.details, sizeof(hint.details), "%s", details), sizeof(hint.details));
    return kmip_sealed_parse(&hint, wrapped, &sealed, &err);
}

static void
expect_same(const struct kmip_sealed *a, const struct kmip_sealed *b)
{
    cr_assert_eq(a->cipher, b->cipher);
    cr_assert_eq(a->version, b->version);
    cr_assert(bytes_equal((struct bytes){a->data, a->data_len}, (struct bytes){b->data, b->data_len}));
    cr_assert(bytes_equal((struct bytes){a->iv, a->iv_len}, (struct bytes){b->iv, b->iv_len}));
    cr_assert_eq(a->has_tag, b->has_tag);
    cr_assert_arr_eq(a->tag, b->tag, sizeof(a->tag));
}

/* What docs/FORMAT.md says, byte for byte. */
Test(kmip_sealed, has_the_documented_form)
{
    struct kmip_sealed sealed = sample(KMIP_AES_GCM, true);
    SCOPED(blob_done) struct blob blob = format(&sealed);

    cr_assert_str_eq(text_of(&blob), "kmip:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    cr_assert_str_eq(blob.hint.details,
                     "{\"cipher\":\"AES-GCM\",\"version\":\"1.4\",\"iv\":\"a0a1a2a3a4a5a6a7a8a9aaab\","
                     "\"tag\":\"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\"}");
}

Test(kmip_sealed, comes_back_as_it_was)
{
    const struct kmip_sealed samples[] = {sample(KMIP_AES_GCM, true), sample(KMIP_AES_GCM, false),
                                          sample(KMIP_AES_CBC, false)};

    for (size_t i = 0; i < 3; i++) {
        SCOPED(blob_done) struct blob blob = format(&samples[i]);
        struct kmip_sealed again;

        cr_assert_eq(kmip_sealed_parse(&blob.hint, text_of(&blob), &again, &err), SEALIFT_OK, "%s", err.message);
        expect_same(&samples[i], &again);
        cr_assert_eq(strstr(blob.hint.details, "tag") != NULL, samples[i].has_tag);
    }
}

/* The longest that any server may give us: the hint has room for it. */
Test(kmip_sealed, takes_the_longest_iv_and_ciphertext)
{
    struct kmip_sealed sealed = sample(KMIP_AES_GCM, true);
    struct kmip_sealed again;

    sealed.data_len = KMIP_SEALED_DATA_MAX;
    sealed.iv_len = KMIP_SEALED_IV_MAX;
    memset(sealed.data, 0x5a, sizeof(sealed.data));
    SCOPED(blob_done) struct blob blob = format(&sealed);
    cr_assert_eq(kmip_sealed_parse(&blob.hint, text_of(&blob), &again, &err), SEALIFT_OK, "%s", err.message);
    expect_same(&sealed, &again);
}

/* Another vendor's server may want it there. */
Test(kmip_sealed, moves_a_tag_to_its_other_place_and_back)
{
    struct kmip_sealed apart = sample(KMIP_AES_GCM, true);
    struct kmip_sealed joined, again;

    cr_assert(kmip_sealed_move_tag(&apart, &joined));
    cr_assert_not(joined.has_tag);
    cr_assert_eq(joined.data_len, 48);
    cr_assert_arr_eq(joined.data, apart.data, 32);
    cr_assert_arr_eq(joined.data + 32, apart.tag, 16);
    cr_assert(kmip_sealed_move_tag(&joined, &again));
    expect_same(&apart, &again);
}

Test(kmip_sealed, moves_no_tag_where_there_is_none_or_no_room_for_it)
{
    struct kmip_sealed cbc = sample(KMIP_AES_CBC, false);
    struct kmip_sealed full = sample(KMIP_AES_GCM, true);
    struct kmip_sealed moved;

    full.data_len = KMIP_SEALED_DATA_MAX - 15;
    cr_assert_not(kmip_sealed_move_tag(&cbc, &moved));
    cr_assert_not(kmip_sealed_move_tag(&full, &moved));
    full.data_len--;
    cr_assert(kmip_sealed_move_tag(&full, &moved));
    cr_assert_eq(moved.data_len, KMIP_SEALED_DATA_MAX);
}

Test(kmip_sealed, passes_over_members_that_it_does_not_know)
{
    cr_assert_eq(parse("{\"cipher\":\"AES-CBC\",\"version\":\"2.1\",\"iv\":\"000102030405060708090a0b0c0d0e0f\","
                       "\"colour\":\"blue\",\"more\":{}}",
                       "kmip:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4P"),
                 SEALIFT_OK, "%s", err.message);
}

#define GCM_IV    "\"iv\":\"a0a1a2a3a4a5a6a7a8a9aaab\""
#define GCM_TAG   "\"tag\":\"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\""
#define GCM_START "{\"cipher\":\"AES-GCM\",\"version\":\"1.4\","
#define GCM       GCM_START GCM_IV "," GCM_TAG "}"
#define CBC_START "{\"cipher\":\"AES-CBC\",\"version\":\"1.4\","
#define CBC_IV    "\"iv\":\"000102030405060708090a0b0c0d0e0f\""
#define DATA_31   "kmip:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="
#define DATA_32   "kmip:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define DATA_48   "kmip:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4P"
#define DATA_64   "kmip:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw=="

/* All of it comes from the bucket. */
Test(kmip_sealed, calls_damaged_what_no_server_can_have_made)
{
    static const struct {
        const char *details;
        const char *wrapped;
    } cases[] = {
        {GCM, ""},
        {GCM, "vault:v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
        {GCM, "kmip:"},
        {GCM, "kmip:v1:"},
        {GCM, "kmip:v1:AAEC AwQ="},
        {GCM, DATA_31},
        {"", DATA_32},
        {"[]", DATA_32},
        {"\"AES-GCM\"", DATA_32},
        {"{\"cipher\":", DATA_32},
        {"{\"version\":\"1.4\"," GCM_IV "," GCM_TAG "}", DATA_32},
        {"{\"cipher\":\"AES-GCM\"," GCM_IV "," GCM_TAG "}", DATA_32},
        {GCM_START GCM_TAG "}", DATA_32},
        {"{\"cipher\":9,\"version\":\"1.4\"," GCM_IV "," GCM_TAG "}", DATA_32},
        {GCM_START "\"iv\":7," GCM_TAG "}", DATA_32},
        {GCM_START "\"iv\":\"\"," GCM_TAG "}", DATA_32},
        {GCM_START "\"iv\":\"a0a1a2a3a4a5a6\"," GCM_TAG "}", DATA_32}, /* 7 bytes */
        {GCM_START "\"iv\":\"a0a1a2a3a4a5a6a7a\"," GCM_TAG "}", DATA_32},
        {GCM_START "\"iv\":\"A0A1A2A3A4A5A6A7A8A9AAAB\"," GCM_TAG "}", DATA_32},
        {GCM_START GCM_IV ",\"tag\":null}", DATA_32},
        {GCM_START GCM_IV ",\"tag\":\"\"}", DATA_32},
        {GCM_START GCM_IV ",\"tag\":\"f0f1f2f3\"}", DATA_32},
        {GCM_START GCM_IV ",\"tag\":\"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff00\"}", DATA_32},
        {GCM_START GCM_IV "}", DATA_32}, /* no room for a tag in it */
        {CBC_START CBC_IV "}", DATA_32},
        {CBC_START CBC_IV "}", DATA_64},
        {CBC_START GCM_IV "}", DATA_48},
        {CBC_START CBC_IV "," GCM_TAG "}", DATA_48},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(parse(cases[i].details, cases[i].wrapped), SEALIFT_KEY, "%s and %s", cases[i].details,
                     cases[i].wrapped);
        cr_assert_not_null(strstr(err.message, "damaged"), "%s", err.message);
    }
}

Test(kmip_sealed, says_what_only_a_later_sealift_can_read)
{
    static const struct {
        const char *details;
        const char *wrapped;
    } cases[] = {
        {GCM, "kmip:v2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
        {"{\"cipher\":\"AES-SIV\",\"version\":\"1.4\"," GCM_IV "}", DATA_48},
        {"{\"cipher\":\"AES-GCM\",\"version\":\"3.0\"," GCM_IV "," GCM_TAG "}", DATA_32},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(parse(cases[i].details, cases[i].wrapped), SEALIFT_KEY);
        cr_assert_not_null(strstr(err.message, "later sealift"), "%s", err.message);
    }
}

/* A text as long as an envelope lets it be, and an IV as long as a hint does. */
Test(kmip_sealed, refuses_the_overlong_before_it_decodes_it)
{
    static char wrapped[WRAPPED_KEK_MAX + 1];
    char details[1024] = GCM_START "\"iv\":\"";
    size_t len = strlen(details);

    memset(wrapped, 'A', sizeof(wrapped) - 1);
    memcpy(wrapped, "kmip:v1:", strlen("kmip:v1:"));
    cr_assert_eq(parse(GCM, wrapped), SEALIFT_KEY);
    wrapped[strlen("kmip:v1:") + 1368] = '\0'; /* 1,026 bytes */
    cr_assert_eq(parse(GCM, wrapped), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "damaged"));

    memset(details + len, 'a', 900);
    strcpy(details + len + 900, "\"}");
    cr_assert_eq(parse(details, DATA_48), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "IV"), "%s", err.message);
}
