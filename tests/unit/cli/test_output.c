#include "captured.h"
#include "output.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct row {
    const char *name, *path;
    char id[8];
    uint64_t size, count;
    int64_t number, when;
    double seconds;
    bool live;
};

static const struct column columns[] = {
    {"name", "name", COLUMN_TEXT, offsetof(struct row, name)},
    {"path", "where", COLUMN_TEXT, offsetof(struct row, path)},
    {"id", "id", COLUMN_CHARS, offsetof(struct row, id)},
    {"size", "size", COLUMN_BYTES, offsetof(struct row, size)},
    {"count", NULL, COLUMN_COUNT, offsetof(struct row, count)},
    {"number", "number", COLUMN_NUMBER, offsetof(struct row, number)},
    {"when", "when", COLUMN_TIME, offsetof(struct row, when)},
    {"seconds", "time", COLUMN_SECONDS, offsetof(struct row, seconds)},
    {"live", "live", COLUMN_FLAG, offsetof(struct row, live)},
    {0},
};

static const struct row full = {
    .name = "mon\"day",
    .path = "/a\xff",
    .id = "abc",
    .size = UINT64_MAX,
    .count = 3,
    .number = -2,
    .when = INT64_C(1764000000000000000),
    .seconds = 1.25,
    .live = true,
};

Test(output, writes_one_json_object)
{
    struct captured captured;

    output_json(captured_begin(&captured), columns, &full);
    cr_assert_str_eq(captured_end(&captured),
                     "{\"name\":\"mon\\\"day\",\"path\":\"/a\\ufffd\",\"path_hex\":\"2f61ff\",\"id\":\"abc\","
                     "\"size\":18446744073709551615,\"count\":3,\"number\":-2,\"when\":\"2025-11-24T16:00:00Z\","
                     "\"seconds\":1.250,\"live\":true}");
}

Test(output, says_null_for_nothing)
{
    struct captured captured;

    output_json(captured_begin(&captured), columns, &(struct row){.path = ""});
    cr_assert_str_eq(captured_end(&captured), "{\"name\":null,\"path\":null,\"id\":null,\"size\":0,\"count\":0,"
                                              "\"number\":0,\"when\":null,\"seconds\":0.000,\"live\":false}");
}

Test(output, writes_a_record_for_people)
{
    struct captured captured;

    setenv("TZ", "UTC", 1);
    tzset();
    output_record(captured_begin(&captured), columns, &full);
    cr_assert_str_eq(captured_end(&captured), "name:   mon\"day\n"
                                              "where:  /a\\xff\n"
                                              "id:     abc\n"
                                              "size:   16.0 EiB\n"
                                              "number: -2\n"
                                              "when:   2025-11-24 16:00:00\n"
                                              "time:   0:01\n"
                                              "live:   yes\n");
}

Test(output, leaves_nothing_out_of_a_record_but_what_is_nothing)
{
    struct captured captured;

    output_record(captured_begin(&captured), columns, &(struct row){.name = "x"});
    cr_assert_str_eq(captured_end(&captured), "name:   x\nsize:   0 B\ntime:   0:00\nlive:   no\n");
}

Test(output, notices_a_full_disk)
{
    FILE *full_disk = fopen("/dev/full", "w");
    struct sealift_error err = {0};

    cr_assert_neq(full_disk, NULL);
    fputs("something", full_disk);
    cr_assert_eq(output_flush(full_disk, &err), SEALIFT_IO);
    cr_assert_neq(strstr(err.message, "No space left on device"), NULL, "%s", err.message);
    cr_assert_eq(output_flush(full_disk, &err), SEALIFT_IO, "the failure is not forgotten");
}

static const struct column list_columns[] = {{"list", "list", COLUMN_TEXTS, 0}, {0}};

Test(output, writes_a_list_whole_for_programs_and_its_beginning_for_people)
{
    const char *const texts[] = {"a", "b\x1b", "\"c\"", "d", "e", NULL};
    const char *const *list = texts;
    struct captured captured;

    output_json(captured_begin(&captured), list_columns, &list);
    cr_assert_str_eq(captured_end(&captured), "{\"list\":[\"a\",\"b\\u001b\",\"\\\"c\\\"\",\"d\",\"e\"]}");
    output_record(captured_begin(&captured), list_columns, &list);
    cr_assert_str_eq(captured_end(&captured), "list: a, b\\x1b, \"c\" and 2 more\n");
}

Test(output, says_an_empty_array_for_a_list_of_nothing)
{
    const char *const *list = NULL;
    struct captured captured;

    output_json(captured_begin(&captured), list_columns, &list);
    cr_assert_str_eq(captured_end(&captured), "{\"list\":[]}");
    output_record(captured_begin(&captured), list_columns, &list);
    cr_assert_str_eq(captured_end(&captured), "");
}
