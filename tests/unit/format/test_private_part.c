#include "private_part.h"

#include "error.h"
#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;
static const struct uuid fs = {{1}}, object = {{2}}, other = {{3}};
static const struct private_part names = {.filesystem = "home",
                                          .snapshot = "monday",
                                          .path = "/srv/\xc3\xa9t\xc3\xa9",
                                          .source = "",
                                          .host = "bilge",
                                          .encrypted = true,
                                          .selection = "{\"exclude\":[\"*.o\"],\"later\":{\"n\":[1,null]}}"};

static struct secret *
make_key(uint8_t byte)
{
    struct secret *key;

    cr_assert_eq(secret_new(FS_KEY_SIZE, &key, &err), SEALIFT_OK);
    key->bytes[0] = byte;
    return key;
}

Test(private_part, opens_for_the_object_it_was_sealed_for)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part found;

    cr_assert_eq(private_part_seal(&names, key, &fs, &object, &sealed, &err), SEALIFT_OK);
    cr_assert_null(memmem(sealed.data, sealed.len, "home", 4));
    cr_assert_eq(private_part_open(buf_bytes(&sealed), key, &fs, &object, &found, &err), SEALIFT_OK);
    cr_assert_str_eq(found.filesystem, names.filesystem);
    cr_assert_str_eq(found.snapshot, names.snapshot);
    cr_assert_str_eq(found.path, names.path);
    cr_assert_str_eq(found.source, "");
    cr_assert_str_eq(found.host, names.host);
    cr_assert(found.encrypted);
    cr_assert_str_eq(found.selection, names.selection);
}

Test(private_part, of_another_object_filesystem_or_key_is_corrupt)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(secret_free) struct secret *wrong_key = make_key(2);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part found;

    cr_assert_eq(private_part_seal(&names, key, &fs, &object, &sealed, &err), SEALIFT_OK);
    cr_assert_eq(private_part_open(buf_bytes(&sealed), key, &fs, &other, &found, &err), SEALIFT_CORRUPT);
    cr_assert_eq(private_part_open(buf_bytes(&sealed), key, &other, &object, &found, &err), SEALIFT_CORRUPT);
    cr_assert_eq(private_part_open(buf_bytes(&sealed), wrong_key, &fs, &object, &found, &err), SEALIFT_CORRUPT);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.data[i] ^= 1;
        cr_assert_eq(private_part_open(buf_bytes(&sealed), key, &fs, &object, &found, &err), SEALIFT_CORRUPT);
        sealed.data[i] ^= 1;
    }
    for (size_t len = 0; len < sealed.len; len++)
        cr_assert_eq(private_part_open((struct bytes){sealed.data, len}, key, &fs, &object, &found, &err),
                     SEALIFT_CORRUPT);
}

Test(private_part, takes_the_longest_and_strangest_texts)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part longest = {0}, found;

    memset(longest.filesystem, '\x01', sizeof(longest.filesystem) - 1);
    memset(longest.snapshot, '\x01', sizeof(longest.snapshot) - 1);
    memset(longest.path, '\x01', sizeof(longest.path) - 1);
    memset(longest.source, '\x01', sizeof(longest.source) - 1);
    memset(longest.host, '\x01', sizeof(longest.host) - 1);
    memset(longest.selection, 'x', sizeof(longest.selection) - 1);
    memcpy(longest.selection, "{\"exclude\":[\"", 13);
    memcpy(longest.selection + sizeof(longest.selection) - 5, "\"]}", 4);
    cr_assert_eq(private_part_seal(&longest, key, &fs, &object, &sealed, &err), SEALIFT_OK);
    cr_assert_leq(sealed.len, PRIVATE_PART_MAX_SIZE);
    cr_assert_eq(private_part_open(buf_bytes(&sealed), key, &fs, &object, &found, &err), SEALIFT_OK);
    cr_assert_eq(memcmp(&longest, &found, sizeof(found)), 0);
}

Test(private_part, that_is_no_text_is_invalid)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part latin1 = {.path = "/srv/\xe9t\xe9"};

    cr_assert_eq(private_part_seal(&latin1, key, &fs, &object, &sealed, &err), SEALIFT_INVALID);
}

Test(private_part, without_a_selection_says_that_nothing_was_left_out)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part bare = {.filesystem = "home"}, found;

    cr_assert_eq(private_part_seal(&bare, key, &fs, &object, &sealed, &err), SEALIFT_OK);
    cr_assert_eq(private_part_open(buf_bytes(&sealed), key, &fs, &object, &found, &err), SEALIFT_OK);
    cr_assert_str_eq(found.selection, "{}");
}
