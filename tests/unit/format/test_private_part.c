#include "private_part.h"

#include "error.h"
#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;
static const struct uuid fs = {{1}}, object = {{2}}, other = {{3}};
static const struct private_part names = {.filesystem = "home",
                                          .snapshot = "monday",
                                          .path = "/srv/\xc3\xa9t\xc3\xa9",
                                          .source = "",
                                          .host = "bilge",
                                          .generation = 3,
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
    cr_assert_eq(found.generation, 3u);
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
    struct private_part longest = {.generation = INT64_MAX}, found;

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
    cr_assert_eq(memcmp(&longest, &found, offsetof(struct private_part, selection)), 0);
    cr_assert_str_eq(found.selection, longest.selection);
}

Test(private_part, that_is_no_text_is_invalid)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part latin1 = {.path = "/srv/\xe9t\xe9", .generation = 1};

    cr_assert_eq(private_part_seal(&latin1, key, &fs, &object, &sealed, &err), SEALIFT_INVALID);
}

Test(private_part, without_a_selection_says_that_nothing_was_left_out)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part bare = {.filesystem = "home", .generation = 1}, found;

    cr_assert_eq(private_part_seal(&bare, key, &fs, &object, &sealed, &err), SEALIFT_OK);
    cr_assert_eq(private_part_open(buf_bytes(&sealed), key, &fs, &object, &found, &err), SEALIFT_OK);
    cr_assert_str_eq(found.selection, "{}");
}

/* Sealed as private_part_seal() does it, but any text. */
static void
seal_text(const char *text, const struct secret *key, struct buf *sealed)
{
    static const char domain[] = "sealift/1 private";
    static const uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    SCOPED(secret_free) struct secret *private_key = NULL;
    SCOPED(aead_free) struct aead *aead = NULL;
    SCOPED(buf_done) struct buf aad = {0};

    cr_assert_eq(key_for_private(key, &object, &private_key, &err), SEALIFT_OK);
    cr_assert_eq(aead_new(private_key, &aead, &err), SEALIFT_OK);
    cr_assert_eq(buf_append(&aad, domain, sizeof(domain), &err), SEALIFT_OK);
    cr_assert_eq(buf_append(&aad, fs.bytes, sizeof(fs.bytes), &err), SEALIFT_OK);
    cr_assert_eq(buf_append(&aad, object.bytes, sizeof(object.bytes), &err), SEALIFT_OK);
    cr_assert_eq(buf_reserve(sealed, strlen(text) + AEAD_TAG_SIZE, &err), SEALIFT_OK);
    cr_assert_eq(aead_seal(aead, nonce, buf_bytes(&aad), bytes_of_text(text), sealed->data, &err), SEALIFT_OK);
    sealed->len = strlen(text) + AEAD_TAG_SIZE;
}

static enum sealift_status
open_text_with(const char *generation, struct private_part *ret_part)
{
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    char text[512];

    snprintf(text, sizeof(text),
             "{\"sealift\":\"private\",\"version\":1,\"filesystem\":\"home\",\"snapshot\":\"\",\"path\":\"/srv\","
             "\"source\":\"\",\"host\":\"\",\"encrypted\":false,\"selection\":{}%s}",
             generation);
    seal_text(text, key, &sealed);
    return private_part_open(buf_bytes(&sealed), key, &fs, &object, ret_part, &err);
}

Test(private_part, of_before_there_were_generations_is_of_the_first)
{
    struct private_part found;

    cr_assert_eq(open_text_with("", &found), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.generation, 1u);
    cr_assert_eq(open_text_with(",\"generation\":7", &found), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.generation, 7u);
}

Test(private_part, of_no_possible_generation_is_neither_read_nor_written)
{
    static const char *const impossible[] = {"0", "-1", "null", "1.5", "\"x\"", "9223372036854775808", "{}"};
    SCOPED(secret_free) struct secret *key = make_key(1);
    SCOPED(buf_done) struct buf sealed = {0};
    struct private_part none = {.filesystem = "home"}, found;

    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        char member[64];

        snprintf(member, sizeof(member), ",\"generation\":%s", impossible[i]);
        cr_assert_eq(open_text_with(member, &found), SEALIFT_CORRUPT, "%s", impossible[i]);
    }
    cr_assert_eq(private_part_seal(&none, key, &fs, &object, &sealed, &err), SEALIFT_INTERNAL);
    none.generation = (uint64_t)INT64_MAX + 1;
    cr_assert_eq(private_part_seal(&none, key, &fs, &object, &sealed, &err), SEALIFT_INTERNAL);
    cr_assert_eq(sealed.len, 0u);
}
