#include "cache_tag.h"

#include "playground.h"

#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

static struct playground playground;

static void
set_up(void)
{
    playground_make(&playground);
}

static void
tear_down(void)
{
    playground_remove(&playground);
}

TestSuite(cache_tag, .init = set_up, .fini = tear_down);

Test(cache_tag, is_a_file_that_begins_with_the_signature)
{
    cr_assert_not(cache_tag_is_in(playground.fd));
    playground_file(playground.fd, CACHE_TAG_NAME, "Signature: 8a477f597d28d172789f06886806bc55\n# of some program\n");
    cr_assert(cache_tag_is_in(playground.fd));
}

Test(cache_tag, is_not_a_file_that_begins_otherwise_or_is_too_short)
{
    playground_file(playground.fd, CACHE_TAG_NAME, "Signature: 8a477f597d28d172789f06886806bc5");
    cr_assert_not(cache_tag_is_in(playground.fd));
    playground_file(playground.fd, CACHE_TAG_NAME, " Signature: 8a477f597d28d172789f06886806bc55");
    cr_assert_not(cache_tag_is_in(playground.fd));
}

Test(cache_tag, is_neither_a_link_nor_a_directory_nor_a_fifo)
{
    playground_file(playground.fd, "tag", "Signature: 8a477f597d28d172789f06886806bc55");
    cr_assert_eq(symlinkat("tag", playground.fd, CACHE_TAG_NAME), 0);
    cr_assert_not(cache_tag_is_in(playground.fd));
    cr_assert_eq(unlinkat(playground.fd, CACHE_TAG_NAME, 0), 0);
    cr_assert_eq(mkfifoat(playground.fd, CACHE_TAG_NAME, 0600), 0);
    cr_assert_not(cache_tag_is_in(playground.fd));
    cr_assert_eq(unlinkat(playground.fd, CACHE_TAG_NAME, 0), 0);
    playground_directory(playground.fd, CACHE_TAG_NAME);
    cr_assert_not(cache_tag_is_in(playground.fd));
}
