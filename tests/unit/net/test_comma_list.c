#include "comma_list.h"

#include <criterion/criterion.h>
#include <string.h>

static void
expect_parts(const char *text, const char *const *parts, size_t count)
{
    const char *rest = text;
    struct bytes part;

    for (size_t i = 0; i < count; i++) {
        cr_assert(comma_list_next(&rest, &part), "\"%s\" has no part %zu", text, i);
        cr_assert(bytes_equal(part, bytes_of_text(parts[i])), "part %zu of \"%s\" is \"%.*s\"", i, text, (int)part.len,
                  (const char *)part.data);
    }
    cr_assert_not(comma_list_next(&rest, &part), "\"%s\" has more than %zu parts", text, count);
}

#define EXPECT_PARTS(text, ...)                                                                                        \
    expect_parts(text, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(comma_list, has_a_part_between_two_commas)
{
    EXPECT_PARTS("a", "a");
    EXPECT_PARTS("a,bc,d", "a", "bc", "d");
}

Test(comma_list, drops_spaces_around_a_part_and_keeps_those_inside)
{
    EXPECT_PARTS("  a , b c,d ", "a", "b c", "d");
}

Test(comma_list, has_empty_parts_too)
{
    EXPECT_PARTS("", "");
    EXPECT_PARTS(",", "", "");
    EXPECT_PARTS("a,, ", "a", "", "");
}
