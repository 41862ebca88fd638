#include "aws_config.h"

#include <criterion/criterion.h>
#include <string.h>

static void
assert_value(const char *text, enum aws_file file, const char *profile, const char *key, const char *expected)
{
    struct bytes value = {0};

    cr_assert_eq(aws_config_find(bytes_of_text(text), file, profile, key, &value), expected != NULL,
                 "%s in [%s] of:\n%s", key, profile, text);
    if (expected != NULL)
        cr_assert(bytes_equal(value, bytes_of_text(expected)), "%.*s", (int)value.len, (const char *)value.data);
}

Test(aws_config, names_profiles_differently_in_its_two_files)
{
    const char *text = "[default]\nk = d\n[a]\nk = bare\n[profile a]\nk = prefixed\n";

    assert_value(text, AWS_FILE_CONFIG, "default", "k", "d");
    assert_value(text, AWS_FILE_CONFIG, "a", "k", "prefixed");
    assert_value(text, AWS_FILE_CREDENTIALS, "default", "k", "d");
    assert_value(text, AWS_FILE_CREDENTIALS, "a", "k", "bare");
    assert_value(text, AWS_FILE_CREDENTIALS, "b", "k", NULL);
}

Test(aws_config, finds_profile_headers_however_they_are_spaced_and_quoted)
{
    assert_value("[ profile\t x ]\nk=1\n", AWS_FILE_CONFIG, "x", "k", "1");
    assert_value("[profile \"two words\"] # note\nk=1\n", AWS_FILE_CONFIG, "two words", "k", "1");
    assert_value("[profile 'x']\nk=1\n", AWS_FILE_CONFIG, "x", "k", "1");
    assert_value("[profilex]\nk=1\n", AWS_FILE_CONFIG, "x", "k", NULL);
    assert_value("[profile ]\nk=1\n", AWS_FILE_CONFIG, "", "k", NULL);
    assert_value("[profile x\nk=1\n", AWS_FILE_CONFIG, "x", "k", NULL);
    assert_value("[sso-session x]\nk=1\n[services x]\nk=2\n", AWS_FILE_CONFIG, "x", "k", NULL);
}

Test(aws_config, keeps_values_as_they_are_but_for_white_space_and_comments)
{
    assert_value("[default]\nk =  a b \t\r\n", AWS_FILE_CONFIG, "default", "k", "a b");
    assert_value("[default]\nk=a=b==\n", AWS_FILE_CONFIG, "default", "k", "a=b==");
    assert_value("[default]\nk=a#b;c\n", AWS_FILE_CONFIG, "default", "k", "a#b;c");
    assert_value("[default]\nk=a # b\n", AWS_FILE_CONFIG, "default", "k", "a");
    assert_value("[default]\nk=a\t; b\n", AWS_FILE_CONFIG, "default", "k", "a");
    assert_value("[default]\nk=\"a\"\n", AWS_FILE_CONFIG, "default", "k", "\"a\"");
    assert_value("[default]\nk=a", AWS_FILE_CONFIG, "default", "k", "a");
    assert_value("\xef\xbb\xbf[default]\nk=a", AWS_FILE_CONFIG, "default", "k", "a");
    assert_value("[default]\nK=a\n", AWS_FILE_CONFIG, "default", "k", "a");
}

Test(aws_config, knows_no_empty_value)
{
    assert_value("[default]\nk=\n", AWS_FILE_CONFIG, "default", "k", NULL);
    assert_value("[default]\nk= # later\n", AWS_FILE_CONFIG, "default", "k", NULL);
    assert_value("[default]\nk\n", AWS_FILE_CONFIG, "default", "k", NULL);
}

Test(aws_config, lets_the_last_value_count)
{
    assert_value("[default]\nk=1\nk=2\n", AWS_FILE_CONFIG, "default", "k", "2");
    assert_value("[default]\nk=1\n[profile x]\nk=3\n[default]\nk=2\n", AWS_FILE_CONFIG, "default", "k", "2");
}

Test(aws_config, passes_over_comments_nested_settings_and_nonsense)
{
    const char *text =
        "k = outside\n# [default]\n[default]\n;k = no\n#k = no\ns3 =\n  k = nested\n\tk = nested\n= x\n\n\nk = yes\n";

    assert_value(text, AWS_FILE_CONFIG, "default", "k", "yes");
    assert_value("k = outside\n", AWS_FILE_CONFIG, "default", "k", NULL);
    assert_value("", AWS_FILE_CONFIG, "default", "k", NULL);
}

Test(aws_config, knows_which_profiles_are_there)
{
    struct bytes text = bytes_of_text("[profile a]\n[b]\n");

    cr_assert(aws_config_has_profile(text, AWS_FILE_CONFIG, "a"));
    cr_assert_not(aws_config_has_profile(text, AWS_FILE_CONFIG, "b"));
    cr_assert_not(aws_config_has_profile(text, AWS_FILE_CREDENTIALS, "a"));
    cr_assert(aws_config_has_profile(text, AWS_FILE_CREDENTIALS, "b"));
}

Test(aws_config, survives_bytes_that_are_no_text)
{
    const uint8_t bytes[] = {'[', 'd', 0, ']', '\n', 'k', '=', 0xff, 0, '\n', '['};
    struct bytes value;

    cr_assert_not(aws_config_find(BYTES_OF(bytes), AWS_FILE_CONFIG, "default", "k", &value));
}
