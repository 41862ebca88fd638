#include "frame.h"

#include <criterion/criterion.h>
#include <string.h>

static bool
cut(uint32_t length, uint8_t flags)
{
    struct frame_prefix prefix = {length, flags}, found = {0};
    uint8_t bytes[FRAME_PREFIX_SIZE];
    struct bytes rest = BYTES_OF(bytes);

    frame_prefix_encode(&prefix, bytes);
    if (!frame_prefix_cut(&rest, &found))
        return false;
    cr_assert(found.length == length && found.flags == flags && rest.len == 0);
    return true;
}

Test(frame, has_a_prefix_that_a_writer_makes_or_none)
{
    cr_assert(cut(AEAD_TAG_SIZE + 1, 0));
    cr_assert(cut(AEAD_TAG_SIZE + 1, FRAME_FLAG_ZSTD));
    cr_assert(cut(FRAME_MAX_PLAIN + AEAD_TAG_SIZE, 0));
    cr_assert(cut(AEAD_TAG_SIZE, FRAME_FLAG_LAST));
    cr_assert_not(cut(AEAD_TAG_SIZE, 0), "empty, and not the last");
    cr_assert_not(cut(AEAD_TAG_SIZE, FRAME_FLAG_ZSTD));
    cr_assert_not(cut(AEAD_TAG_SIZE + 1, FRAME_FLAG_LAST), "the last, and not empty");
    cr_assert_not(cut(AEAD_TAG_SIZE, FRAME_FLAG_LAST | FRAME_FLAG_ZSTD));
    cr_assert_not(cut(FRAME_MAX_PLAIN + AEAD_TAG_SIZE + 1, 0));
    cr_assert_not(cut(100, 4));
    cr_assert_not(cut(0, 0));
    cr_assert_not(cut(0xffffff, 0xff));
}

Test(frame, prefix_is_little_endian_with_the_flags_on_top)
{
    static const uint8_t expected[] = {0x56, 0x34, 0x02, 0x02};
    struct frame_prefix prefix = {0x023456, FRAME_FLAG_ZSTD};
    struct bytes short_one = {expected, 3};
    uint8_t bytes[FRAME_PREFIX_SIZE];

    frame_prefix_encode(&prefix, bytes);
    cr_assert_eq(memcmp(bytes, expected, sizeof(bytes)), 0);
    cr_assert_not(frame_prefix_cut(&short_one, &prefix));
}

Test(frame, binds_header_number_and_flags)
{
    struct uuid fs = {{1}};
    struct segment_id segment = {.kind = SEGMENT_DATA, .number = 0x01020304, .upload = {{2}}, .salt = {3}};
    uint8_t header[SEGMENT_HEADER_SIZE], aad[FRAME_AAD_SIZE], nonce[AEAD_NONCE_SIZE];
    static const uint8_t want_nonce[AEAD_NONCE_SIZE] = {0xd4, 0xc3, 0xb2, 0xa1};

    segment_header_encode(&fs, &segment, header);
    frame_aad(&fs, &segment, 0xa1b2c3d4, FRAME_FLAG_ZSTD, aad);
    cr_assert_eq(sizeof(aad), 85);
    cr_assert_eq(memcmp(aad, header, sizeof(header)), 0);
    cr_assert_eq(memcmp(aad + 80, "\xd4\xc3\xb2\xa1\x02", 5), 0);
    frame_nonce(0xa1b2c3d4, nonce);
    cr_assert_eq(memcmp(nonce, want_nonce, sizeof(nonce)), 0);
}
