#include "zstd_frame.h"

#include "scoped.h"
#include "world.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

static struct sealift_error err;

static struct zstd_packer *
new_packer(int level)
{
    struct zstd_packer *packer = NULL;

    cr_assert_eq(zstd_packer_new(level, &packer, &err), SEALIFT_OK, "%s", err.message);
    return packer;
}

static struct zstd_unpacker *
new_unpacker(void)
{
    struct zstd_unpacker *unpacker = NULL;

    cr_assert_eq(zstd_unpacker_new(&unpacker, &err), SEALIFT_OK, "%s", err.message);
    return unpacker;
}

static struct bytes
pack(struct bytes plain, uint8_t *out, size_t capacity)
{
    SCOPED(zstd_packer_free) struct zstd_packer *packer = new_packer(3);
    size_t len = 0;

    cr_assert_eq(zstd_pack(packer, plain, out, capacity, &len, &err), SEALIFT_OK, "%s", err.message);
    return (struct bytes){out, len};
}

static void
assert_corrupt(struct bytes packed, size_t capacity, const char *because)
{
    SCOPED(zstd_unpacker_free) struct zstd_unpacker *unpacker = new_unpacker();
    SCOPED(free_done) uint8_t *out = malloc(capacity);
    size_t len = 77;

    cr_assert_eq(zstd_unpack(unpacker, packed, out, capacity, &len, &err), SEALIFT_CORRUPT);
    cr_assert_eq(len, 77, "written although it failed");
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
}

Test(zstd_frame, gives_back_what_it_packed_again_and_again)
{
    SCOPED(zstd_packer_free) struct zstd_packer *packer = new_packer(3);
    SCOPED(zstd_unpacker_free) struct zstd_unpacker *unpacker = new_unpacker();
    SCOPED(free_done) uint8_t *plain = malloc(MIB), *packed = malloc(zstd_bound(MIB)), *out = malloc(MIB);

    for (size_t len = 100; len <= MIB; len = len * 7 + 1) {
        size_t packed_len, out_len;

        for (size_t i = 0; i < len; i++)
            plain[i] = (uint8_t)(i / 10 % 50 + len);
        cr_assert_eq(zstd_pack(packer, (struct bytes){plain, len}, packed, zstd_bound(len), &packed_len, &err),
                     SEALIFT_OK);
        cr_assert_gt(packed_len, 0);
        cr_assert_lt(packed_len, len);
        cr_assert_eq(zstd_unpack(unpacker, (struct bytes){packed, packed_len}, out, len, &out_len, &err), SEALIFT_OK);
        cr_assert_eq(out_len, len);
        cr_assert_eq(memcmp(out, plain, len), 0);
    }
}

Test(zstd_frame, leaves_alone_what_does_not_compress)
{
    SCOPED(free_done) uint8_t *plain = malloc(MIB), *packed = malloc(zstd_bound(MIB));

    entropy_system.fill(&entropy_system, plain, MIB);
    cr_assert_eq(pack((struct bytes){plain, MIB}, packed, zstd_bound(MIB)).len, 0);
    cr_assert_eq(pack((struct bytes){plain, 1000}, packed, zstd_bound(1000)).len, 0, "too small for the probe");
    cr_assert_eq(pack((struct bytes){plain, 0}, packed, zstd_bound(0)).len, 0);
}

Test(zstd_frame, needs_no_more_room_than_the_plain_bytes_take)
{
    SCOPED(free_done) uint8_t *noise = malloc(1000), *packed = malloc(1000);

    entropy_system.fill(&entropy_system, noise, 1000);
    for (size_t len = 0; len <= 1000; len++)
        cr_assert_eq(pack((struct bytes){noise, len}, packed, len).len, 0, "%zu bytes of noise", len);
}

Test(zstd_frame, the_probe_spares_the_work)
{
    SCOPED(free_done) uint8_t *plain = malloc(MIB);
    size_t len = 77;
    SCOPED(zstd_packer_free) struct zstd_packer *packer = new_packer(3);

    /* With no room to write to, a real attempt fails: success shows that there was none. */
    entropy_system.fill(&entropy_system, plain, MIB);
    cr_assert_eq(zstd_pack(packer, (struct bytes){plain, MIB}, NULL, 0, &len, &err), SEALIFT_OK);
    cr_assert_eq(len, 0);
    memset(plain, 'x', MIB);
    cr_assert_eq(zstd_pack(packer, (struct bytes){plain, MIB}, NULL, 0, &len, &err), SEALIFT_INTERNAL);
}

Test(zstd_frame, packs_what_is_compressible_in_part)
{
    SCOPED(free_done) uint8_t *plain = calloc(1, MIB), *packed = malloc(zstd_bound(MIB));

    entropy_system.fill(&entropy_system, plain, MIB / 2);
    cr_assert_gt(pack((struct bytes){plain, MIB}, packed, zstd_bound(MIB)).len, MIB / 2);
}

Test(zstd_frame, refuses_a_bomb_before_it_goes_off)
{
    SCOPED(free_done) uint8_t *plain = calloc(1, MIB), *packed = malloc(zstd_bound(MIB));
    struct bytes bomb = pack((struct bytes){plain, MIB}, packed, zstd_bound(MIB));

    cr_assert_gt(bomb.len, 0);
    assert_corrupt(bomb, MIB - 1, "1048576 bytes where at most 1048575");
}

Test(zstd_frame, refuses_every_truncation)
{
    uint8_t plain[4000], packed[5000];
    struct bytes whole;

    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i / 10 * 7);
    whole = pack(BYTES_OF(plain), packed, sizeof(packed));
    cr_assert_gt(whole.len, 0);
    for (size_t len = 0; len < whole.len; len++)
        assert_corrupt((struct bytes){whole.data, len}, sizeof(plain), "not exactly one Zstandard frame");
}

Test(zstd_frame, refuses_bytes_behind_the_frame)
{
    uint8_t plain[1000] = {0}, packed[2000];
    struct bytes whole = pack(BYTES_OF(plain), packed, sizeof(packed) / 2);
    struct bytes twice = {packed, 2 * whole.len};

    memcpy(packed + whole.len, packed, whole.len);
    assert_corrupt(twice, sizeof(plain), "not exactly one");
    twice.len = whole.len + 1;
    assert_corrupt(twice, sizeof(plain), "not exactly one");
}

Test(zstd_frame, refuses_frames_of_other_kinds)
{
    static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7};
    /* Written by a streaming encoder: no content size, a window of 8 MiB, one raw block of one byte. */
    static const uint8_t sizeless[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68, 0x09, 0x00, 0x00, 'x'};
    /* It needs dictionary 7: single segment, one byte of dictionary id, content size 1. */
    static const uint8_t dictionary[] = {0x28, 0xb5, 0x2f, 0xfd, 0x21, 0x07, 0x01, 0x09, 0x00, 0x00, 'x'};

    assert_corrupt(BYTES_OF(skippable), 100, "not exactly one");
    assert_corrupt(BYTES_OF(sizeless), 100, "does not say its content size");
    assert_corrupt(BYTES_OF(dictionary), 100, "ictionary");
}

Test(zstd_frame, refuses_a_level_that_does_not_exist)
{
    struct zstd_packer *packer = NULL;

    cr_assert_eq(zstd_packer_new(99, &packer, &err), SEALIFT_INVALID);
    cr_assert_null(packer);
    cr_assert_not_null(strstr(err.message, "99"));
}

/* The allocator says what a packer really has after it has compressed a whole frame. */
Test(zstd_frame, packers_take_no_more_memory_than_they_say)
{
    SCOPED(free_done) uint8_t *plain = malloc((size_t)1 << 20);
    SCOPED(free_done) uint8_t *packed = malloc((size_t)1 << 20);
    size_t len;

    for (size_t i = 0; i < (size_t)1 << 20; i++)
        plain[i] = (uint8_t)(i * i >> 7);
    for (int level = 1; level <= 19; level++) {
        struct mallinfo2 before = mallinfo2(), after;
        struct zstd_packer *packer;

        cr_assert_eq(zstd_packer_new(level, &packer, &err), SEALIFT_OK);
        cr_assert_eq(zstd_pack(packer, (struct bytes){plain, (size_t)1 << 20}, packed, (size_t)1 << 20, &len, &err),
                     SEALIFT_OK);
        after = mallinfo2();
        cr_assert_leq(after.uordblks + after.hblkhd, before.uordblks + before.hblkhd + zstd_packer_memory(level),
                      "level %d", level);
        zstd_packer_free(&packer);
    }
}
