#include "text.h"

#include <criterion/criterion.h>

static struct sealift_error err;

Test(text, encodes_hexadecimal_in_lower_case)
{
    char out[9];

    hex_encode((struct bytes){(const uint8_t *)"\x00\xab\xCD\x7f", 4}, out);
    cr_assert_str_eq(out, "00abcd7f");
}

Test(text, decodes_hexadecimal_of_exactly_the_asked_length)
{
    uint8_t out[2];

    cr_assert(hex_decode("0aff", out, 2));
    cr_assert_arr_eq(out, "\x0a\xff", 2);
    cr_assert(hex_decode("", out, 0));
    cr_assert_not(hex_decode("0aff00", out, 2), "too long");
    cr_assert_not(hex_decode("0a", out, 2), "too short");
    cr_assert_not(hex_decode("0af", out, 2), "half a byte");
    cr_assert_not(hex_decode("0AFF", out, 2), "upper case");
    cr_assert_not(hex_decode("0xff", out, 2), "no digit");
}

/* RFC 4648, section 10. */
static const char *const rfc4648[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

Test(text, encodes_the_base64_vectors_of_rfc_4648)
{
    for (size_t i = 0; i < sizeof(rfc4648) / sizeof(rfc4648[0]); i++) {
        struct buf out = {0};
        const char *text;

        cr_assert_eq(base64_encode(bytes_of_text(rfc4648[i][0]), &out, &err), SEALIFT_OK);
        cr_assert_eq(buf_text(&out, &text, &err), SEALIFT_OK);
        cr_assert_str_eq(text, rfc4648[i][1]);
        buf_done(&out);
    }
}

Test(text, decodes_the_base64_vectors_of_rfc_4648)
{
    for (size_t i = 0; i < sizeof(rfc4648) / sizeof(rfc4648[0]); i++) {
        struct buf out = {0};
        const char *text;

        cr_assert_eq(base64_decode(bytes_of_text(rfc4648[i][1]), &out, &err), SEALIFT_OK);
        cr_assert_eq(buf_text(&out, &text, &err), SEALIFT_OK);
        cr_assert_str_eq(text, rfc4648[i][0]);
        buf_done(&out);
    }
}

Test(text, carries_every_byte_through_base64)
{
    uint8_t all[256];
    struct buf encoded = {0}, decoded = {0};

    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)i;
    for (size_t len = 250; len <= sizeof(all); len++) {
        buf_clear(&encoded);
        buf_clear(&decoded);
        cr_assert_eq(base64_encode((struct bytes){all, len}, &encoded, &err), SEALIFT_OK);
        cr_assert_eq(base64_decode(buf_bytes(&encoded), &decoded, &err), SEALIFT_OK);
        cr_assert(bytes_equal(buf_bytes(&decoded), (struct bytes){all, len}));
    }
    buf_done(&encoded);
    buf_done(&decoded);
}

Test(text, appends_to_what_the_buffer_holds)
{
    struct buf out = {0};
    const char *text;

    cr_assert_eq(buf_append_text(&out, "x", &err), SEALIFT_OK);
    cr_assert_eq(base64_decode(bytes_of_text("Zm9v"), &out, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&out, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(text, "xfoo");
    buf_done(&out);
}

Test(text, refuses_base64_that_is_not_canonical)
{
    static const char *const refused[] = {
        "Zg",   "Zg=",    "Zg===", "====", "Z===", "Zh==", /* a bit is left over */
        "Zm9=", "Zm9v\n", " Zm9v", "Zm9-", "Zm=v", "Zg==Zg==",
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct buf out = {0};

        cr_assert_eq(base64_decode(bytes_of_text(refused[i]), &out, &err), SEALIFT_INVALID, "%s", refused[i]);
        cr_assert_eq(out.len, 0);
        buf_done(&out);
    }
}
