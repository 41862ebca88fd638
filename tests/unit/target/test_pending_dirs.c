#include "pending_dirs.h"

#include "scoped.h"

#include <criterion/criterion.h>

static struct sealift_error err;

static void
push(struct pending_dirs *pending, const char *path, uint32_t mode, const char *xattrs)
{
    struct attributes attributes = {.type = TREE_DIRECTORY, .mode = mode, .xattrs = bytes_of_text(xattrs)};

    cr_assert_eq(pending_dirs_push(pending, bytes_of_text(path), &attributes, &err), SEALIFT_OK, "%s", err.message);
}

static void
expect_deepest(const struct pending_dirs *pending, const char *path, uint32_t mode, const char *xattrs)
{
    struct attributes attributes;
    struct bytes got;

    pending_dirs_deepest(pending, &got, &attributes);
    cr_assert(bytes_equal(got, bytes_of_text(path)));
    cr_assert_eq(attributes.mode, mode);
    cr_assert(bytes_equal(attributes.xattrs, bytes_of_text(xattrs)));
}

Test(pending_dirs, gives_back_the_deepest_first)
{
    SCOPED(pending_dirs_done) struct pending_dirs pending = {0};
    struct attributes root = {.mode = 1};

    cr_assert(pending_dirs_is_empty(&pending));
    cr_assert_eq(pending_dirs_push(&pending, (struct bytes){NULL, 0}, &root, &err), SEALIFT_OK);
    push(&pending, "a", 2, "some attributes");
    push(&pending, "a/bc", 3, "");
    expect_deepest(&pending, "a/bc", 3, "");
    pending_dirs_pop(&pending);
    expect_deepest(&pending, "a", 2, "some attributes");
    push(&pending, "a/x/y", 4, "others");
    expect_deepest(&pending, "a/x/y", 4, "others");
    pending_dirs_pop(&pending);
    expect_deepest(&pending, "a", 2, "some attributes");
    pending_dirs_pop(&pending);
    expect_deepest(&pending, "", 1, "");
    cr_assert_not(pending_dirs_is_empty(&pending));
    pending_dirs_pop(&pending);
    cr_assert(pending_dirs_is_empty(&pending));
}

/* A hostile tree could nest attributes of 64 KiB a hundred thousand levels deep. */
Test(pending_dirs, has_a_ceiling)
{
    SCOPED(pending_dirs_done) struct pending_dirs pending = {0};
    static uint8_t large[1 << 20];
    struct attributes attributes = {.xattrs = BYTES_OF(large)};
    enum sealift_status status = SEALIFT_OK;
    size_t count = 0;

    while (status == SEALIFT_OK && count < 1000) {
        status = pending_dirs_push(&pending, (struct bytes){NULL, 0}, &attributes, &err);
        count++;
    }
    cr_assert_eq(status, SEALIFT_NO_MEMORY);
}
