#include "key_records.h"

#include "error.h"
#include "fixture_snapshot.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fixture fixture;
static struct sealift_error err;

static void
set_up(void)
{
    fixture_init(&fixture);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(key_records, .init = set_up, .fini = tear_down);

/* A key check value and a record's uuid that sort by the number. */
static void
key_of(unsigned number, uint8_t key_check[KEY_CHECK_SIZE])
{
    memset(key_check, 0x5a, KEY_CHECK_SIZE);
    key_check[0] = (uint8_t)number;
}

static struct uuid
record_of(unsigned number)
{
    return (struct uuid){{(uint8_t)(number >> 8), (uint8_t)number, 0, 0, 0, 0, 0x70, 0, 0x80}};
}

/* Listing looks at names only. */
static void
put_name(unsigned key, unsigned number)
{
    const struct uuid record = record_of(number);
    uint8_t key_check[KEY_CHECK_SIZE];
    char name[NAME_SIZE];

    key_of(key, key_check);
    name_of_key_record(&fixture.fs, key_check, &record, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("{}"), &err), SEALIFT_OK, "%s", err.message);
}

static void
put_stranger(const char *tail)
{
    char name[NAME_SIZE];
    size_t len;

    name_of_key_records(&fixture.fs, name);
    len = strlen(name);
    snprintf(name + len, sizeof(name) - len, "%s", tail);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("{}"), &err), SEALIFT_OK, "%s", err.message);
}

static struct key_records
list(unsigned key)
{
    struct key_records records;
    uint8_t key_check[KEY_CHECK_SIZE];

    key_of(key, key_check);
    cr_assert_eq(key_records_list(fixture.store, &fixture.fs, key_check, &records, &err), SEALIFT_OK, "%s",
                 err.message);
    return records;
}

Test(key_records, of_one_key_are_listed_newest_first)
{
    struct key_records records;

    put_name(2, 3);
    put_name(2, 1);
    put_name(2, 2);
    put_name(1, 9);
    put_name(3, 9);
    records = list(2);
    cr_assert_eq(key_records_count(&records), 3u);
    for (unsigned i = 0; i < 3; i++) {
        struct uuid expected = record_of(3 - i);

        cr_assert(uuid_equal(key_records_newest(&records, i), &expected));
    }
    records = list(4);
    cr_assert_eq(key_records_count(&records), 0u);
}

Test(key_records, are_bounded_and_the_oldest_are_left_out)
{
    struct uuid newest = record_of(KEY_RECORDS_MAX + 5), oldest = record_of(6);
    struct key_records records;

    for (unsigned i = 1; i <= KEY_RECORDS_MAX + 5; i++)
        put_name(2, i);
    records = list(2);
    cr_assert_eq(records.seen, KEY_RECORDS_MAX + 5);
    cr_assert_eq(key_records_count(&records), KEY_RECORDS_MAX);
    cr_assert(uuid_equal(key_records_newest(&records, 0), &newest));
    cr_assert(uuid_equal(key_records_newest(&records, KEY_RECORDS_MAX - 1), &oldest));
}

/* --- every key --- */

struct heard {
    char text[512];
    unsigned limit; /* of calls; 0: none */
};

static enum sealift_status
hear_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
         struct sealift_error *hear_err)
{
    struct heard *heard = context;
    size_t len = strlen(heard->text);

    snprintf(heard->text + len, sizeof(heard->text) - len, "%u:%u(%u) ", key_check[0],
             newest->bytes[0] << 8 | newest->bytes[1], (unsigned)count);
    if (heard->limit > 0 && --heard->limit == 0)
        return error_set(hear_err, SEALIFT_CANCELLED, "enough");
    return SEALIFT_OK;
}

static enum sealift_status
each_key(struct heard *heard)
{
    return key_records_each_key(fixture.store, &fixture.fs, hear_key, heard, &err);
}

Test(key_records, name_every_key_once_with_its_newest_record)
{
    struct heard heard = {0};

    cr_assert_eq(each_key(&heard), SEALIFT_OK);
    cr_assert_str_eq(heard.text, "");
    put_name(7, 20);
    put_name(1, 300);
    for (unsigned i = 1; i <= 40; i++)
        put_name(3, i);
    put_name(7, 10);
    cr_assert_eq(each_key(&heard), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(heard.text, "1:300(1) 3:40(40) 7:20(2) ");
}

/* The first key check value that there could be is no "none". */
Test(key_records, name_a_key_whose_check_value_is_zero)
{
    const uint8_t zeros[KEY_CHECK_SIZE] = {0};
    const struct uuid record = record_of(5);
    struct heard heard = {0};
    char name[NAME_SIZE];

    name_of_key_record(&fixture.fs, zeros, &record, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("{}"), &err), SEALIFT_OK);
    put_name(1, 6);
    cr_assert_eq(each_key(&heard), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(heard.text, "0:5(1) 1:6(1) ");
}

Test(key_records, pass_over_what_lies_among_them)
{
    struct heard heard = {0};

    put_name(1, 1);
    put_stranger("0");
    put_stranger("018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7.json");
    put_stranger("zz");
    put_name(2, 1);
    cr_assert_eq(each_key(&heard), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(heard.text, "1:1(1) 2:1(1) ");
}

Test(key_records, end_with_what_the_hearer_says)
{
    struct heard heard = {.limit = 1};

    put_name(1, 1);
    put_name(2, 1);
    put_name(3, 1);
    cr_assert_eq(each_key(&heard), SEALIFT_CANCELLED);
    cr_assert_str_eq(heard.text, "1:1(1) ");
    heard = (struct heard){.limit = 3};
    cr_assert_eq(each_key(&heard), SEALIFT_CANCELLED, "the last, too, which no other record ends");
    cr_assert_str_eq(heard.text, "1:1(1) 2:1(1) 3:1(1) ");
}

/* --- one record --- */

Test(key_records, are_put_with_all_that_was_wished)
{
    const struct private_part names = {.filesystem = "home", .path = "/srv/home", .generation = 4};
    const struct private_part alone = {
        .filesystem = "home", .snapshot = "monday", .path = "/srv/home", .generation = 4};
    struct key_record_wish wish = {.envelope = &fixture.envelope, .names = &names, .fs_key = fixture.fs_key};
    SCOPED(key_record_done) struct key_record ordinary = {0};
    SCOPED(key_record_done) struct key_record single = {0};
    struct private_part found;
    struct uuid record;

    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &record, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(key_record_fetch(fixture.store, &fixture.fs, fixture.envelope.key_check, &record, &ordinary, &err),
                 SEALIFT_OK, "%s", err.message);
    cr_assert(uuid_is_zero(&ordinary.snapshot));
    cr_assert_str_eq(ordinary.envelope.wrapped_kek, fixture.envelope.wrapped_kek);
    cr_assert_eq(key_record_private(&ordinary, fixture.fs_key, &found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.generation, 4u);
    cr_assert_str_eq(found.filesystem, "home");

    wish.names = &alone;
    wish.snapshot = record_of(77);
    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &record, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(key_record_fetch(fixture.store, &fixture.fs, fixture.envelope.key_check, &record, &single, &err),
                 SEALIFT_OK, "%s", err.message);
    cr_assert(uuid_equal(&single.snapshot, &wish.snapshot));
    cr_assert_eq(key_record_private(&single, fixture.fs_key, &found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found.snapshot, "monday");
}

Test(key_records, of_a_key_that_has_none_are_not_found)
{
    const struct uuid record = record_of(1);
    struct key_record found;

    cr_assert_eq(key_record_fetch(fixture.store, &fixture.fs, fixture.envelope.key_check, &record, &found, &err),
                 SEALIFT_NOT_FOUND);
}
