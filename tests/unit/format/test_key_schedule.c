#include "key_schedule.h"

#include "scoped.h"
#include "text.h"

#include <criterion/criterion.h>
#include <string.h>

/* The expected keys were computed with another implementation (Python's cryptography): FS key 20 21 ... 3f. */

static struct sealift_error err;
static const struct uuid fs = {
    {0x0f, 0x8f, 0xad, 0x5b, 0xd9, 0xcb, 0x46, 0x9f, 0xa1, 0x65, 0x70, 0x86, 0x77, 0x28, 0x95, 0x0e}};

static struct secret *
fs_key(void)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_new(FS_KEY_SIZE, &key, &err), SEALIFT_OK);
    for (size_t i = 0; i < key->len; i++)
        key->bytes[i] = (uint8_t)(32 + i);
    return key;
}

static void
expect_key(const struct secret *key, const char *hex)
{
    char shown[2 * KEY_SIZE + 1];

    cr_assert_eq(key->len, KEY_SIZE);
    hex_encode(secret_bytes(key), shown);
    cr_assert_str_eq(shown, hex);
}

Test(key_schedule, computes_the_public_check_value)
{
    SCOPED(secret_free) struct secret *key = fs_key();
    uint8_t check[KEY_CHECK_SIZE];
    char shown[2 * KEY_CHECK_SIZE + 1];

    cr_assert_eq(key_check_value(key, &fs, check, &err), SEALIFT_OK);
    hex_encode(BYTES_OF(check), shown);
    cr_assert_str_eq(shown, "4766ded0b0d12623e4a51eab2d2655452016c9b1ff3b78756efe171ec2deca75");
}

Test(key_schedule, salts_a_segments_key_with_the_segments_salt)
{
    SCOPED(secret_free) struct secret *key = fs_key();
    SCOPED(secret_free) struct secret *derived = NULL;
    uint8_t salt[32];

    memset(salt, 0x5a, sizeof(salt));
    cr_assert_eq(key_for_segment(key, salt, &derived, &err), SEALIFT_OK);
    expect_key(derived, "2fb4f1821a57b8dcd59bd4e018c1365e8b2a63d50cb3cb77ce7d014689170996");
}

Test(key_schedule, gives_each_kind_of_object_a_key_of_its_own)
{
    static const struct {
        enum sealift_status (*derive)(const struct secret *, const struct uuid *, struct secret **,
                                      struct sealift_error *);
        const char *hex;
    } cases[] = {
        {key_for_manifest, "19d57d256c484ef041e039068b8263171cdd903d34c63b0f1617c60cf037928c"},
        {key_for_private, "69f257c3189aa136dc81a3eaf94f1ba579fdbc4f97fa55e190fb80799aebf01f"},
        {key_for_log, "aa99e9ab053686d9983715d11db5ed0f89ca37e0b5f6232611a87db8ebdddd3d"},
    };
    SCOPED(secret_free) struct secret *key = fs_key();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(secret_free) struct secret *derived = NULL;

        cr_assert_eq(cases[i].derive(key, &fs, &derived, &err), SEALIFT_OK);
        expect_key(derived, cases[i].hex);
    }
}

Test(key_schedule, gives_chunk_names_and_chunk_boundaries_keys_of_their_own)
{
    SCOPED(secret_free) struct secret *key = fs_key();
    SCOPED(secret_free) struct secret *ids = NULL;
    SCOPED(secret_free) struct secret *chunker = NULL;

    cr_assert_eq(key_for_chunk_ids(key, &ids, &err), SEALIFT_OK);
    expect_key(ids, "3218430a86c23a86d88fdf3c01b858e95558c8b15221c9193b2aa89be6a58165");
    cr_assert_eq(key_for_chunker(key, &chunker, &err), SEALIFT_OK);
    expect_key(chunker, "3d5651845be10aa2e17023669779b1601d39c4f19875a7e2b8816a945a7b82c0");
}

Test(key_schedule, draws_a_new_key_for_each_spill)
{
    struct cancel cancel = {0};
    struct world world = {&clock_system, &entropy_system, &cancel, NULL};
    SCOPED(secret_free) struct secret *one = NULL;
    SCOPED(secret_free) struct secret *other = NULL;

    cr_assert_eq(key_for_spill(&world, &one, &err), SEALIFT_OK);
    cr_assert_eq(key_for_spill(&world, &other, &err), SEALIFT_OK);
    cr_assert_eq(one->len, KEY_SIZE);
    cr_assert_not(secret_equal(one, other));
}
