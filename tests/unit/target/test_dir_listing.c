#include "dir_listing.h"

#include "playground.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

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

TestSuite(dir_listing, .init = set_up, .fini = tear_down);

Test(dir_listing, has_all_names_but_the_two_that_every_directory_has)
{
    SCOPED(dir_listing_done) DIR *listing = NULL;
    const char *name;
    unsigned seen = 0;

    playground_directory(playground.fd, "folder");
    playground_file(playground.fd, "folder/...", "");
    playground_file(playground.fd, "folder/.hidden", "");
    listing = dir_listing_open(playground.fd, "folder");
    while ((name = dir_listing_next(listing)) != NULL)
        seen += strcmp(name, "...") == 0 ? 1 : strcmp(name, ".hidden") == 0 ? 10 : 100;
    cr_assert_eq(errno, 0);
    cr_assert_eq(seen, 11);
}

Test(dir_listing, tells_the_end_from_a_failure)
{
    SCOPED(dir_listing_done) DIR *listing = dir_listing_open(playground.fd, ".");

    errno = EIO; /* somebody else's */
    cr_assert_null(dir_listing_next(listing));
    cr_assert_eq(errno, 0);
}

Test(dir_listing, is_of_directories_only_and_keeps_nothing_open)
{
    size_t before = playground_count_descriptors();

    playground_file(playground.fd, "file", "");
    cr_assert_null(dir_listing_open(playground.fd, "file"));
    cr_assert_eq(errno, ENOTDIR);
    cr_assert_null(dir_listing_open(playground.fd, "missing"));
    cr_assert_eq(errno, ENOENT);
    cr_assert_eq(playground_count_descriptors(), before);
}
