#include "captured.h"
#include "listing.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdint.h>

struct row {
    const char *name, *note;
    uint64_t size;
};

static const struct column columns[] = {
    {"name", "name", COLUMN_TEXT, offsetof(struct row, name)},
    {"hidden", NULL, COLUMN_BYTES, offsetof(struct row, size)},
    {"note", "a note", COLUMN_TEXT, offsetof(struct row, note)},
    {"size", "size", COLUMN_BYTES, offsetof(struct row, size)},
    {0},
};

/* What is printed of these rows. */
static const char *
list(bool json, size_t count, const struct row *rows)
{
    struct captured captured;
    struct listing listing = {.out = captured_begin(&captured), .json = json, .columns = columns};
    struct sealift_error err = {0};

    for (size_t i = 0; i < count; i++)
        cr_assert_eq(listing_add(&listing, &rows[i], &err), SEALIFT_OK);
    cr_assert_eq(listing.rows, count);
    listing_end(&listing);
    listing_done(&listing);
    return captured_end(&captured);
}

static const struct row two[] = {{"short", "x", 1}, {"rather long", NULL, 1536}};

Test(listing, aligns_text_to_the_left_and_numbers_to_the_right)
{
    cr_assert_str_eq(list(false, 2, two), "NAME         A NOTE     SIZE\n"
                                          "short        x           1 B\n"
                                          "rather long  -       1.5 KiB\n");
}

Test(listing, leaves_out_a_column_in_which_there_is_nothing)
{
    cr_assert_str_eq(list(false, 1, two + 1), "NAME            SIZE\n"
                                              "rather long  1.5 KiB\n");
}

Test(listing, aligns_by_columns_and_not_by_bytes)
{
    const struct row rows[] = {{"\xc3\xa4\xc3\xa4", "x", 1}, {"bbb", "y", 1}};

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        cr_skip_test("this machine has no locale C.UTF-8");
    cr_assert_str_eq(list(false, 2, rows), "NAME  A NOTE  SIZE\n"
                                           "\xc3\xa4\xc3\xa4    x        1 B\n"
                                           "bbb   y        1 B\n");
}

Test(listing, keeps_a_hostile_name_on_its_line)
{
    const struct row rows[] = {{"a\nb\033[2J", "x", 1}};

    cr_assert_str_eq(list(false, 1, rows), "NAME           A NOTE  SIZE\n"
                                           "a\\x0ab\\x1b[2J  x        1 B\n");
}

Test(listing, is_an_array_in_json)
{
    cr_assert_str_eq(list(true, 2, two), "[\n"
                                         "{\"name\":\"short\",\"hidden\":1,\"note\":\"x\",\"size\":1},\n"
                                         "{\"name\":\"rather long\",\"hidden\":1536,\"note\":null,\"size\":1536}\n"
                                         "]\n");
    cr_assert_str_eq(list(true, 0, NULL), "[]\n");
}

Test(listing, prints_no_headers_over_nothing)
{
    cr_assert_str_eq(list(false, 0, NULL), "");
}

Test(listing, grows)
{
    struct captured captured;
    struct listing listing = {.out = captured_begin(&captured), .columns = columns};
    struct sealift_error err = {0};
    size_t lines = 0;

    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(listing_add(&listing, &two[i % 2], &err), SEALIFT_OK);
    listing_end(&listing);
    listing_done(&listing);
    for (const char *c = captured_end(&captured); *c != '\0'; c++)
        lines += *c == '\n' ? 1 : 0;
    cr_assert_eq(lines, 1001);
}
