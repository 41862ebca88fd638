#include "xattr_set.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static void
add(struct buf *set, const char *name, const char *value)
{
    cr_assert_eq(xattr_set_add(set, name, bytes_of_text(value), &err), SEALIFT_OK, "%s", err.message);
}

Test(xattr_set, is_the_same_whatever_order_they_come_in)
{
    static const char expected[] = "\x10security.selinux\x08system_u\x06user.a\x01"
                                   "1"
                                   "\x07user.ab\x01"
                                   "3"
                                   "\x06user.b";
    SCOPED(buf_done) struct buf one = {0};
    SCOPED(buf_done) struct buf other = {0};

    add(&one, "user.a", "1");
    add(&one, "user.b", "");
    add(&one, "security.selinux", "system_u");
    add(&one, "user.ab", "3");
    add(&other, "user.ab", "3");
    add(&other, "security.selinux", "system_u");
    add(&other, "user.b", "");
    add(&other, "user.a", "1");
    cr_assert(bytes_equal(buf_bytes(&one), buf_bytes(&other)));
    cr_assert_eq(xattr_set_check(buf_bytes(&one), &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&one), BYTES_OF(expected)), "the value of user.b is empty: its length is the NUL");
}

Test(xattr_set, gives_back_what_was_added)
{
    SCOPED(buf_done) struct buf set = {0};
    struct bytes rest, value;
    char name[256];

    add(&set, "user.b", "two");
    add(&set, "user.a", "");
    rest = buf_bytes(&set);
    cr_assert_eq(xattr_set_cut(&rest, name, &value, &err), SEALIFT_OK);
    cr_assert_str_eq(name, "user.a");
    cr_assert_eq(value.len, 0);
    cr_assert_eq(xattr_set_cut(&rest, name, &value, &err), SEALIFT_OK);
    cr_assert_str_eq(name, "user.b");
    cr_assert(bytes_equal(value, bytes_of_text("two")));
    cr_assert_eq(rest.len, 0);
}

Test(xattr_set, refuses_names_that_are_none_or_there_already)
{
    SCOPED(buf_done) struct buf set = {0};
    char longest[257];

    memset(longest, 'x', 256);
    longest[256] = '\0';
    cr_assert_eq(xattr_set_add(&set, longest, (struct bytes){0}, &err), SEALIFT_INVALID);
    cr_assert_eq(xattr_set_add(&set, "", (struct bytes){0}, &err), SEALIFT_INVALID);
    add(&set, longest + 1, "value");
    cr_assert_eq(xattr_set_add(&set, longest + 1, (struct bytes){0}, &err), SEALIFT_INVALID);
}

Test(xattr_set, malformed_is_corrupt)
{
    static const char *const malformed[] = {
        "\x06user.a",       /* no value */
        "\x06user.a\x05xy", /* a value that ends early */
        "\x7fuser.a",       /* a name that ends early */
        "\x01"
        "b\x01"
        "1\x01"
        "a\x01"
        "2", /* out of order */
        "\x01"
        "a\x01"
        "1\x01"
        "a\x01"
        "2", /* twice */
    };

    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
        cr_assert_eq(xattr_set_check(bytes_of_text(malformed[i]), &err), SEALIFT_CORRUPT, "case %zu", i);
    cr_assert_eq(xattr_set_check((struct bytes){(const uint8_t *)"\0\0", 2}, &err), SEALIFT_CORRUPT, "an empty name");
    cr_assert_eq(xattr_set_check((struct bytes){(const uint8_t *)"\x02"
                                                                 "a\0\0",
                                                4},
                                 &err),
                 SEALIFT_CORRUPT, "a NUL in a name");
    cr_assert_eq(xattr_set_check((struct bytes){0}, &err), SEALIFT_OK);
}
