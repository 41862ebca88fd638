#include "marker.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static enum sealift_status
check(const char *text, struct sealift_error *err)
{
    return marker_check(bytes_of_text(text), err);
}

Test(marker, is_what_the_format_says)
{
    SCOPED(buf_done) struct buf marker = {0};
    struct sealift_error err;

    cr_assert_eq(marker_build(&marker, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&marker), bytes_of_text("{\"sealift\":\"bucket\",\"version\":1}\n")));
    cr_assert_eq(marker_check(buf_bytes(&marker), &err), SEALIFT_OK);
}

Test(marker, may_say_more_than_we_know)
{
    struct sealift_error err;

    cr_assert_eq(check("{\"sealift\":\"bucket\",\"version\":1,\"colour\":\"blue\"}", &err), SEALIFT_OK);
}

Test(marker, of_a_later_version_is_refused_with_the_way_out)
{
    struct sealift_error err;

    cr_assert_eq(check("{\"sealift\":\"bucket\",\"version\":2}", &err), SEALIFT_INVALID);
    cr_assert(strstr(err.message, "sealift.json: has format version 2") != NULL, "%s", err.message);
    cr_assert(strstr(err.message, "upgrade") != NULL, "%s", err.message);
}

Test(marker, that_is_something_else_is_corrupt)
{
    struct sealift_error err;

    cr_assert_eq(check("", &err), SEALIFT_CORRUPT);
    cr_assert_eq(check("{}", &err), SEALIFT_CORRUPT);
    cr_assert_eq(check("[]", &err), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":\"bucket\"}", &err), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":\"bucket\",\"version\":0}", &err), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":\"bucket\",\"version\":\"one\"}", &err), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":\"manifest\",\"version\":1}", &err), SEALIFT_CORRUPT);
}
