#include "s3_list.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;

/* What was listed, as text: "key size time\n" ... */
static enum sealift_status
note(void *context, const struct s3_object *object, struct sealift_error *ret_err)
{
    char time[32];

    time_format(object->modified_ns, time);
    return buf_printf(context, "%s %llu %s\n", ret_err, object->key, (unsigned long long)object->size, time);
}

static enum sealift_status
parse(const char *body, struct buf *noted, struct s3_list_page *page)
{
    return s3_list_parse(bytes_of_text(body), note, noted, page, &err);
}

#define PAGE(inside) "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3/\">" inside "</ListBucketResult>"
#define OBJECT(key, size, time)                                                                                        \
    "<Contents><Key>" key "</Key><LastModified>" time "</LastModified><Size>" size "</Size></Contents>"
#define TIME "2026-11-24T14:45:57.000Z"

static void
assert_listed(const char *body, const char *expected)
{
    SCOPED(buf_done) struct buf noted = {0};
    SCOPED(s3_list_page_done) struct s3_list_page page = {0};

    cr_assert_eq(parse(body, &noted, &page), SEALIFT_OK, "%s", err.message);
    cr_assert(bytes_equal(buf_bytes(&noted), bytes_of_text(expected)), "%.*s", (int)noted.len, (char *)noted.data);
}

Test(s3_list, reads_keys_sizes_and_times)
{
    assert_listed(PAGE("<Name>b</Name><KeyCount>2</KeyCount>" OBJECT("a/1", "0", TIME)
                           OBJECT("a/2", "18446744073709551615", "2026-11-24T14:45:57Z")),
                  "a/1 0 2026-11-24T14:45:57Z\na/2 18446744073709551615 2026-11-24T14:45:57Z\n");
    assert_listed(PAGE(""), "");
}

Test(s3_list, decodes_keys_only_where_the_store_encoded_them)
{
    assert_listed(PAGE("<EncodingType>url</EncodingType>" OBJECT("a%20b+c%2Bd/%C3%A4%0a", "1", TIME)),
                  "a b c+d/\xc3\xa4\n 1 2026-11-24T14:45:57Z\n");
    assert_listed(PAGE(OBJECT("a%20b+c&amp;", "1", TIME)), "a%20b+c& 1 2026-11-24T14:45:57Z\n");
}

Test(s3_list, says_where_the_listing_goes_on)
{
    SCOPED(buf_done) struct buf noted = {0};
    SCOPED(s3_list_page_done) struct s3_list_page page = {0};

    cr_assert_eq(parse(PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken>1+/=&amp;</NextContinuationToken>"),
                       &noted, &page),
                 SEALIFT_OK);
    cr_assert(page.truncated);
    cr_assert(bytes_equal(buf_bytes(&page.token), bytes_of_text("1+/=&")));
}

static void
assert_corrupt(const char *body, const char *because)
{
    SCOPED(buf_done) struct buf noted = {0};
    struct s3_list_page page = {0};

    cr_assert_eq(parse(body, &noted, &page), SEALIFT_CORRUPT, "%s", body);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    cr_assert_null(page.token.data);
}

Test(s3_list, refuses_what_is_no_listing)
{
    assert_corrupt("<html/>", "some other document");
    assert_corrupt("not XML", "not well-formed");
    assert_corrupt("", "XML of 0 bytes");
    assert_corrupt(PAGE("<IsTruncated>true</IsTruncated>"), "does not say where");
    assert_corrupt(PAGE("<IsTruncated>true</IsTruncated><NextContinuationToken/>"), "does not say where");
}

Test(s3_list, refuses_entries_that_lack_something)
{
    assert_corrupt(PAGE("<Contents/>"), "without a key");
    assert_corrupt(PAGE(OBJECT("", "1", TIME)), "without a key");
    assert_corrupt(PAGE("<EncodingType>url</EncodingType>" OBJECT("a%2", "1", TIME)), "without a key");
    assert_corrupt(PAGE("<EncodingType>url</EncodingType>" OBJECT("a%zz", "1", TIME)), "without a key");
    assert_corrupt(PAGE("<EncodingType>url</EncodingType>" OBJECT("a%00b", "1", TIME)), "without a key");
    assert_corrupt(PAGE(OBJECT("a", "", TIME)), "no size for a");
    assert_corrupt(PAGE(OBJECT("a", "-1", TIME)), "no size for a");
    assert_corrupt(PAGE(OBJECT("a", "1x", TIME)), "no size for a");
    assert_corrupt(PAGE(OBJECT("a", "18446744073709551616", TIME)), "no size for a");
    assert_corrupt(PAGE(OBJECT("a", "1", "yesterday")), "no time for a");
    assert_corrupt(PAGE("<Contents><Key>a</Key><Size>1</Size></Contents>"), "no time for a");
}

static enum sealift_status
stop_at_once(void *context, const struct s3_object *object, struct sealift_error *ret_err)
{
    (void)object, (void)ret_err;
    (*(int *)context)++;
    return SEALIFT_CANCELLED;
}

Test(s3_list, stops_where_the_caller_wants_it)
{
    struct s3_list_page page = {0};
    int seen = 0;

    cr_assert_eq(s3_list_parse(bytes_of_text(PAGE(OBJECT("a", "1", TIME) OBJECT("b", "2", TIME))), stop_at_once, &seen,
                               &page, &err),
                 SEALIFT_CANCELLED);
    cr_assert_eq(seen, 1);
}

static void
assert_query(const char *prefix, const char *after, const char *token, const char *expected)
{
    SCOPED(buf_done) struct buf query = {0};

    cr_assert_eq(s3_list_query(prefix, after, token, &query, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&query), bytes_of_text(expected)), "%.*s", (int)query.len, (char *)query.data);
}

Test(s3_list, asks_for_a_page)
{
    assert_query("", NULL, NULL, "list-type=2&encoding-type=url");
    assert_query("a/b c", "a/b d", NULL, "list-type=2&encoding-type=url&prefix=a%2Fb%20c&start-after=a%2Fb%20d");
    assert_query("a", "b", "t+=", "list-type=2&encoding-type=url&continuation-token=t%2B%3D&prefix=a");
}
