#include "descriptors.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

Test(descriptors, raises_the_soft_limit_to_the_hard_one)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max / 2;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    descriptors_raise_limit();
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(limit.rlim_cur, limit.rlim_max);
}

Test(descriptors, knows_how_many_there_may_be)
{
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 100}), 0);
    cr_assert_eq(descriptors_limit(), 100u);
}

Test(descriptors, tells_our_own_limits_from_what_was_to_be_opened)
{
    struct sealift_error err;

    cr_assert_eq(descriptors_check(EACCES, &err), SEALIFT_OK);
    cr_assert_eq(descriptors_check(ENOENT, &err), SEALIFT_OK);
    cr_assert_eq(descriptors_check(EMFILE, &err), SEALIFT_NO_MEMORY);
    cr_assert_not_null(strstr(err.message, "ulimit"));
    cr_assert_eq(descriptors_check(ENFILE, &err), SEALIFT_NO_MEMORY);
    cr_assert_not_null(strstr(err.message, "fs.file-max"));
    cr_assert_eq(descriptors_check(ENOMEM, &err), SEALIFT_NO_MEMORY);
}
