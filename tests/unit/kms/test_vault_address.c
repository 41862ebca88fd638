#include "vault_address.h"

#include <criterion/criterion.h>
#include <string.h>

static struct vault_address list[VAULT_ADDRESS_MAX];
static struct sealift_error err;

static size_t
parse(const char *text)
{
    size_t count = 0;

    cr_assert_eq(vault_address_parse_list(text, list, &count, &err), SEALIFT_OK, "%s: %s", text, err.message);
    return count;
}

static void
expect_refused(const char *text, const char *because)
{
    size_t count;

    cr_assert_eq(vault_address_parse_list(text, list, &count, &err), SEALIFT_INVALID, "%s", text);
    cr_assert_not_null(strstr(err.message, because), "\"%s\" does not say \"%s\"", err.message, because);
}

Test(vault_address, is_one_as_it_always_was)
{
    cr_assert_eq(parse("https://vault.example.com:8200/"), 1);
    cr_assert_str_eq(list[0].text, "https://vault.example.com:8200");
    cr_assert_str_eq(list[0].name, "vault.example.com:8200");
    cr_assert_str_eq(list[0].url.port, "8200");
    cr_assert_eq(parse("http://127.0.0.1/behind/a/proxy//"), 1);
    cr_assert_str_eq(list[0].text, "http://127.0.0.1/behind/a/proxy");
    cr_assert_str_eq(list[0].name, "127.0.0.1");
}

Test(vault_address, are_several_with_commas_between)
{
    cr_assert_eq(parse("https://a:8200/, https://b:8200 ,http://[2001:db8::1]:8200"), 3);
    cr_assert_str_eq(list[0].text, "https://a:8200");
    cr_assert_str_eq(list[1].text, "https://b:8200");
    cr_assert_str_eq(list[1].name, "b:8200");
    cr_assert_str_eq(list[2].name, "[2001:db8::1]:8200");
}

Test(vault_address, of_two_servers_on_one_machine_differ_in_the_port)
{
    cr_assert_eq(parse("https://a:8200,https://a:8202"), 2);
    cr_assert_eq(parse("https://a,http://a"), 2);
}

Test(vault_address, may_not_be_empty_or_named_twice)
{
    expect_refused("https://a:8200,", "address 2 is missing");
    expect_refused(",https://a:8200", "address 1 is missing");
    expect_refused("https://a:8200,,https://b:8200", "address 2 is missing");
    expect_refused("https://a:8200,https://b:8200,https://A:8200/", "A:8200 is named twice");
    expect_refused("https://a,https://a:443", "named twice");
}

Test(vault_address, says_what_one_of_them_lacks)
{
    expect_refused("https://a:8200,b:8200", "begins with http:// or https://");
    expect_refused("https://a:8200,https://b:99999", "port");
    expect_refused("https://a:8200,https://b/?x", "nothing but a path");
}

Test(vault_address, never_shows_a_password)
{
    expect_refused("https://a:8200,https://me:pass,word@b:8200", "user name or a password");
    cr_assert_null(strstr(err.message, "pass,"));
    cr_assert_null(strstr(err.message, "word@"));
}

Test(vault_address, are_at_most_eight)
{
    cr_assert_eq(parse("http://a,http://b,http://c,http://d,http://e,http://f,http://g,http://h"), 8);
    expect_refused("http://a,http://b,http://c,http://d,http://e,http://f,http://g,http://h,http://i",
                   "more than 8 servers");
}

Test(vault_address, may_be_as_long_as_a_configuration_takes)
{
    char text[1400] = "https://";

    memset(text + strlen(text), 'a', 1300);
    expect_refused(text, "longer than 1023 bytes");
}
