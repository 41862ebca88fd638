#include "bucket_filesystems.h"

#include "names.h"
#include "scoped.h"
#include "store_memory.h"

#include <criterion/criterion.h>
#include <string.h>

static struct store *store;
static struct sealift_error err;

static void
set_up(void)
{
    cr_assert_eq(store_memory_new(&store, &err), SEALIFT_OK);
}

static void
tear_down(void)
{
    store_free(&store);
}

TestSuite(bucket_filesystems, .init = set_up, .fini = tear_down);

static struct uuid
uuid_of(uint8_t number)
{
    struct uuid uuid = {{0}};

    memset(uuid.bytes, number, sizeof(uuid.bytes));
    return uuid;
}

static void
put(const char *name)
{
    cr_assert_eq(store_put_small(store, name, bytes_of_text("x"), &err), SEALIFT_OK, "%s", err.message);
}

static void
put_manifest(uint8_t fs, uint8_t upload)
{
    const struct uuid of = uuid_of(fs), named = uuid_of(upload);
    char name[NAME_SIZE];

    name_of_manifest(&of, &named, name);
    put(name);
}

static void
put_record(uint8_t fs, uint8_t key, uint8_t record)
{
    const struct uuid of = uuid_of(fs), named = uuid_of(record);
    uint8_t key_check[KEY_CHECK_SIZE] = {key};
    char name[NAME_SIZE];

    name_of_key_record(&of, key_check, &named, name);
    put(name);
}

/* "3 1 2": their first bytes, in their order. */
static void
expect(const struct uuid *only, const char *expected)
{
    SCOPED(buf_done) struct buf out = {0};
    SCOPED(buf_done) struct buf told = {0};
    const char *text;

    cr_assert_eq(bucket_filesystems_list(store, only, &out, &err), SEALIFT_OK, "%s", err.message);
    for (size_t at = 0; at < out.len; at += sizeof(struct bucket_filesystem)) {
        struct bucket_filesystem found;

        memcpy(&found, out.data + at, sizeof(found));
        cr_assert_eq(buf_printf(&told, "%s%u:%u", &err, at > 0 ? " " : "", found.fs.bytes[0], found.newest.bytes[0]),
                     SEALIFT_OK);
    }
    cr_assert_eq(buf_text(&told, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(text, expected);
}

Test(bucket_filesystems, come_in_the_order_of_their_last_use)
{
    const struct uuid one = uuid_of(1), nobody = uuid_of(9);

    put_manifest(1, 0x20);
    put_manifest(1, 0x30);
    put_record(1, 5, 0x10);
    put_record(2, 5, 0x40);
    put_record(2, 6, 0x11);
    put_record(3, 5, 0x12);
    expect(NULL, "2:64 1:48 3:18");
    expect(&one, "1:48");
    expect(&nobody, "");
}

Test(bucket_filesystems, are_asked_for_one_by_one)
{
    const struct uuid one = uuid_of(1), other = uuid_of(2), nobody = uuid_of(9);

    put_manifest(1, 0x20);
    put_record(2, 5, 0x10);
    cr_assert_eq(bucket_filesystems_need(store, &one, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(bucket_filesystems_need(store, &other, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(bucket_filesystems_need(store, &nobody, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, "09090909-0909-0909-0909-090909090909"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, store->url), "%s", err.message);
}

Test(bucket_filesystems, are_none_without_a_manifest_or_a_key_record)
{
    char name[NAME_SIZE];
    const struct uuid fs = uuid_of(1), upload = uuid_of(0x20);

    name_of_segment(&fs, &upload, SEGMENT_DATA, 1, name);
    put(name);
    name_of_manifests(&fs, name);
    strcat(name, "garbage.json");
    put(name);
    put("fs/garbage/keys/x");
    put(NAME_MARKER);
    expect(NULL, "");
}
