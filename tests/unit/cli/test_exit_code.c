#include "exit_code.h"

#include <criterion/criterion.h>

/* Scripts branch on these: they are never renumbered. */
Test(exit_code, stays_what_it_was)
{
    static const struct {
        enum sealift_status status;
        int code;
    } expected[] = {
        {SEALIFT_OK, 0},        {SEALIFT_INTERNAL, 1}, {SEALIFT_INVALID, 2},     {SEALIFT_DENIED, 3},
        {SEALIFT_NOT_FOUND, 4}, {SEALIFT_CONFLICT, 5}, {SEALIFT_UNAVAILABLE, 6}, {SEALIFT_CORRUPT, 7},
        {SEALIFT_KEY, 8},       {SEALIFT_IO, 9},       {SEALIFT_NO_MEMORY, 10},  {SEALIFT_CANCELLED, 130},
    };

    cr_assert_eq(exit_codes_count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < exit_codes_count; i++)
        cr_assert_eq(exit_code_of(expected[i].status), expected[i].code);
}

Test(exit_code, is_one_for_what_is_not_known)
{
    cr_assert_eq(exit_code_of((enum sealift_status)999), 1);
}
