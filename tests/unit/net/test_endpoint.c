#include "endpoint.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;

static size_t
parse(const char *text, struct endpoint list[ENDPOINT_LIST_MAX])
{
    size_t count = 0;

    cr_assert_eq(endpoint_parse_list(text, list, &count, &err), SEALIFT_OK, "%s: %s", text, err.message);
    return count;
}

/* One server, read and written again. */
static void
assert_usual_form(const char *text, const char *host, const char *port, const char *again)
{
    struct endpoint list[ENDPOINT_LIST_MAX];
    char out[ENDPOINT_TEXT_SIZE];

    cr_assert_eq(parse(text, list), 1);
    cr_assert_str_eq(list[0].host, host);
    cr_assert_str_eq(list[0].port, port);
    endpoint_format(&list[0], out);
    cr_assert_str_eq(out, again);
    cr_assert_eq(parse(out, list), 1);
}

Test(endpoint, reads_a_name_and_a_port)
{
    assert_usual_form("KMIP-1.example_net.com:5696", "KMIP-1.example_net.com", "5696", "KMIP-1.example_net.com:5696");
    assert_usual_form("10.0.0.1:1", "10.0.0.1", "1", "10.0.0.1:1");
    assert_usual_form("h:65535", "h", "65535", "h:65535");
}

Test(endpoint, reads_ipv6_addresses_in_brackets)
{
    assert_usual_form("[2001:db8::1]:5696", "2001:db8::1", "5696", "[2001:db8::1]:5696");
    assert_usual_form("[::]:1", "::", "1", "[::]:1");
    assert_usual_form("[fe80::1%eth0.7]:5696", "fe80::1%eth0.7", "5696", "[fe80::1%eth0.7]:5696");
}

Test(endpoint, has_one_spelling_for_one_address_and_one_port)
{
    assert_usual_form("[2001:0DB8:0:0:0::0001]:05696", "2001:db8::1", "5696", "[2001:db8::1]:5696");
    assert_usual_form("[0:0:0:0:0:0:0:1]:5696", "::1", "5696", "[::1]:5696");
    assert_usual_form("[::ffff:10.0.0.1]:5696", "::ffff:10.0.0.1", "5696", "[::ffff:10.0.0.1]:5696");
}

Test(endpoint, reads_lists_in_their_order_and_drops_spaces_around_commas)
{
    struct endpoint list[ENDPOINT_LIST_MAX];

    cr_assert_eq(parse("  c:3 , [::1]:2,a:1  ", list), 3);
    cr_assert_str_eq(list[0].host, "c");
    cr_assert_str_eq(list[1].host, "::1");
    cr_assert_str_eq(list[1].port, "2");
    cr_assert_str_eq(list[2].host, "a");
    cr_assert_str_eq(list[2].port, "1");
}

Test(endpoint, takes_one_host_with_two_ports_and_as_many_servers_as_allowed)
{
    struct endpoint list[ENDPOINT_LIST_MAX];

    cr_assert_eq(ENDPOINT_LIST_MAX, 8);
    cr_assert_eq(parse("h:1,h:2,h:3,h:4,h:5,h:6,h:7,h:8", list), 8);
    cr_assert_str_eq(list[7].port, "8");
}

static void
assert_refused(const char *text, const char *because)
{
    struct endpoint list[ENDPOINT_LIST_MAX] = {{.host = "untouched"}};
    size_t count = 4711;

    cr_assert_eq(endpoint_parse_list(text, list, &count, &err), SEALIFT_INVALID, "%s", text);
    cr_assert_not_null(strstr(err.message, because), "%s: %s", text, err.message);
    cr_assert_str_eq(list[0].host, "untouched");
    cr_assert_eq(count, 4711);
}

Test(endpoint, refuses_what_has_no_host)
{
    assert_refused(":5696", "server \":5696\": the host is missing or malformed; write HOST:PORT");
    assert_refused("[]:5696", "the host is missing or malformed");
    assert_refused("a b:5696", "the host is missing or malformed");
    assert_refused("h\xc3\xa4st:5696", "the host is missing or malformed");
    assert_refused("h\nx:5696", "server \"h\\x0ax:5696\": the host is missing or malformed");
    assert_refused("\th:5696", "the host is missing or malformed");
}

Test(endpoint, refuses_what_is_no_ipv6_address_in_brackets)
{
    assert_refused("[nonsense]:5696", "the host is missing or malformed");
    assert_refused("[10.0.0.1]:5696", "the host is missing or malformed");
    assert_refused("[1::2::3]:5696", "the host is missing or malformed");
    assert_refused("[::1:5696", "the host is missing or malformed");
    assert_refused("[fe80::1%]:5696", "the host is missing or malformed");
    assert_refused("[fe80::1%e th]:5696", "the host is missing or malformed");
}

Test(endpoint, asks_for_the_brackets_of_an_ipv6_address)
{
    assert_refused("2001:db8::1", "write an IPv6 address in brackets: [2001:db8::1]:5696");
    assert_refused("::1:5696", "write an IPv6 address in brackets");
    assert_refused("::1", "write an IPv6 address in brackets");
}

Test(endpoint, refuses_a_missing_port_and_names_the_usual_one)
{
    assert_refused("kmip.example.com", "server \"kmip.example.com\": the port is missing; KMIP's usual one is 5696");
    assert_refused("[::1]", "the port is missing");
    assert_refused("[::1]5696", "the port is missing");
}

Test(endpoint, refuses_a_port_that_is_none)
{
    assert_refused("h:", "server \"h:\": the port is not a number from 1 to 65535");
    assert_refused("h:0", "not a number from 1 to 65535");
    assert_refused("h:65536", "not a number from 1 to 65535");
    assert_refused("h:99999999999999999999", "not a number from 1 to 65535");
    assert_refused("h:-1", "not a number from 1 to 65535");
    assert_refused("h:+1", "not a number from 1 to 65535");
    assert_refused("h: 1", "not a number from 1 to 65535");
    assert_refused("h:56x", "not a number from 1 to 65535");
    assert_refused("[::1]:5696]", "not a number from 1 to 65535");
}

Test(endpoint, refuses_schemes_and_paths)
{
    assert_refused("https://h:5696", "server \"https://h:5696\": write HOST:PORT, without a scheme");
    assert_refused("kmip://[::1]:5696", "without a scheme");
    assert_refused("h/x:5696", "write HOST:PORT, without a path");
    assert_refused("h:5696/", "not a number from 1 to 65535");
}

Test(endpoint, never_repeats_a_password)
{
    assert_refused("admin:hunter2@h:5696", "holds a user name or a password: leave it out");
    cr_assert_null(strstr(err.message, "hunter2"));
    assert_refused("h:1,admin:hunt,er2@h:5696", "holds a user name or a password");
    cr_assert_null(strstr(err.message, "hunt"));
    assert_refused("kmip://admin:hunter2@h:5696", "holds a user name or a password");
    cr_assert_null(strstr(err.message, "hunter2"));
}

Test(endpoint, refuses_empty_places)
{
    assert_refused("", "server 1 is missing: write HOST:PORT, or HOST:PORT,HOST:PORT");
    assert_refused("   ", "server 1 is missing");
    assert_refused("h:1,", "server 2 is missing");
    assert_refused(",h:1", "server 1 is missing");
    assert_refused("h:1, ,g:1", "server 2 is missing");
}

Test(endpoint, refuses_the_same_server_twice)
{
    assert_refused("h:1,g:1,h:1", "server \"h:1\" is named twice");
    assert_refused("Kmip.Example.com:1,kmip.example.COM:1", "server \"kmip.example.COM:1\" is named twice");
    assert_refused("[::1]:1,[0:0::1]:01", "server \"[0:0::1]:01\" is named twice");
}

Test(endpoint, refuses_too_many)
{
    assert_refused("h:1,h:2,h:3,h:4,h:5,h:6,h:7,h:8,h:9", "more than 8 servers are named: leave some out");
}

Test(endpoint, bounds_every_part)
{
    struct endpoint list[ENDPOINT_LIST_MAX];
    char text[1024], again[ENDPOINT_TEXT_SIZE];

    memset(text, 'a', sizeof(text));
    snprintf(text + 255, sizeof(text) - 255, ":65535");
    cr_assert_eq(parse(text, list), 1);
    endpoint_format(&list[0], again);
    cr_assert_str_eq(again, text);

    memset(text, 'a', sizeof(text));
    snprintf(text + 256, sizeof(text) - 256, ":65535");
    assert_refused(text, "the host is missing or malformed");
    memset(text, 'a', sizeof(text));
    snprintf(text + 500, sizeof(text) - 500, ":65535");
    assert_refused(text, "longer than 335 bytes");

    snprintf(text, sizeof(text), "[fe80::1%%");
    memset(text + strlen(text), 'z', 300);
    snprintf(text + 310, sizeof(text) - 310, "]:1");
    assert_refused(text, "the host is missing or malformed");
}
