#include "url.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static void
assert_encoded(struct bytes text, bool keep_slashes, const char *expected)
{
    SCOPED(buf_done) struct buf out = {0};

    cr_assert_eq(url_encode(text, keep_slashes, &out, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&out), bytes_of_text(expected)), "%.*s", (int)out.len, (char *)out.data);
}

Test(url, encodes_all_but_the_unreserved_set)
{
    const uint8_t zero_and_ff[] = {0, 0xff};

    assert_encoded(bytes_of_text("azAZ09-._~"), false, "azAZ09-._~");
    assert_encoded(bytes_of_text(" +&=?#%:@!$'()*,;[]"), false,
                   "%20%2B%26%3D%3F%23%25%3A%40%21%24%27%28%29%2A%2C%3B%5B%5D");
    assert_encoded(bytes_of_text("\xe1\x88\xb4"), false, "%E1%88%B4");
    assert_encoded(BYTES_OF(zero_and_ff), false, "%00%FF");
}

Test(url, keeps_slashes_where_asked)
{
    assert_encoded(bytes_of_text("a/b//c"), true, "a/b//c");
    assert_encoded(bytes_of_text("a/b"), false, "a%2Fb");
}

static struct url
parse(const char *text)
{
    struct url url = {0};

    cr_assert_eq(url_parse(text, &url, &err), SEALIFT_OK, "%s: %s", text, err.message);
    return url;
}

Test(url, reads_scheme_host_port_and_path)
{
    struct url url = parse("HTTPS://Vault.example.com:8200/v1/x");

    cr_assert_str_eq(url.scheme, "https");
    cr_assert_str_eq(url.host, "Vault.example.com");
    cr_assert_str_eq(url.port, "8200");
    cr_assert_str_eq(url.path, "/v1/x");
}

Test(url, reads_an_address_without_port_and_path)
{
    struct url url = parse("http://10.0.0.1");

    cr_assert_str_eq(url.scheme, "http");
    cr_assert_str_eq(url.host, "10.0.0.1");
    cr_assert_str_eq(url.port, "");
    cr_assert_str_eq(url.path, "");
}

Test(url, reads_ipv6_addresses_in_brackets)
{
    struct url url = parse("http://[fd00:ec2::254]:80/");

    cr_assert_str_eq(url.host, "fd00:ec2::254");
    cr_assert_str_eq(url.port, "80");
    cr_assert_str_eq(url.path, "/");
    cr_assert_str_eq(parse("http://[::1]").host, "::1");
}

static void
assert_refused(const char *text, const char *because)
{
    struct url url = {.host = "untouched"};

    cr_assert_eq(url_parse(text, &url, &err), SEALIFT_INVALID, "%s", text);
    cr_assert_not_null(strstr(err.message, because), "%s: %s", text, err.message);
    cr_assert_str_eq(url.host, "untouched");
}

Test(url, refuses_what_is_no_address)
{
    assert_refused("", "begins with http");
    assert_refused("vault.example.com:8200", "begins with http");
    assert_refused("ftp://host/", "begins with http");
    assert_refused("http:/host", "begins with http");
    assert_refused("http://", "host is missing");
    assert_refused("http:///path", "host is missing");
    assert_refused("http://a b/", "host is missing");
    assert_refused("http://h\xc3\xa4st/", "host is missing");
    assert_refused("http://[::1", "host is missing");
    assert_refused("http://[nonsense]/", "host is missing");
    assert_refused("http://[1::2::3]/", "host is missing");
    assert_refused("http://[fe80::1%eth0]/", "host is missing");
    assert_refused("http://[]/", "host is missing");
    assert_refused("http://host:", "port");
    assert_refused("http://host:0", "port");
    assert_refused("http://host:65536", "port");
    assert_refused("http://host:80x", "port");
    assert_refused("http://host:999999", "port");
    assert_refused("http://[::1]x/", "nothing but a path");
}

Test(url, refuses_query_fragment_and_odd_characters)
{
    assert_refused("http://host/?list", "nothing but a path");
    assert_refused("http://host/#top", "nothing but a path");
    assert_refused("http://host?x", "host is missing");
    assert_refused("http://host/a b", "nothing but a path");
    assert_refused("http://host/a\r\nx: y", "nothing but a path");
}

Test(url, never_repeats_a_password)
{
    assert_refused("http://user:hunter2@host/", "user name or a password");
    cr_assert_null(strstr(err.message, "hunter2"));
    assert_refused("s3://user:hunter2@host/", "begins with http");
    cr_assert_null(strstr(err.message, "hunter2"));
}

Test(url, bounds_every_part)
{
    char text[2048];

    memset(text, 'a', sizeof(text));
    memcpy(text, "http://", 7);
    text[7 + 256] = '\0';
    assert_refused(text, "host is missing");
    memset(text, 'a', sizeof(text));
    memcpy(text, "http://h/", 9);
    text[8 + 1024] = '\0';
    assert_refused(text, "longer than 1023");
}
