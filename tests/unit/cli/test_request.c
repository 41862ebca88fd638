#include "fake_sealift.h"
#include "request.h"

#include <criterion/criterion.h>

static struct request request;
static struct sealift_error err;

static enum sealift_status
parse(int argc, char *const *argv)
{
    err = (struct sealift_error){0};
    return request_parse(argc, argv, &request, &err);
}

#define ARGV(...)  ((char *[]){"sealift", __VA_ARGS__, NULL})
#define PARSE(...) parse((int)(sizeof(ARGV(__VA_ARGS__)) / sizeof(char *)) - 1, ARGV(__VA_ARGS__))

static void
expect_command(enum sealift_status status, const char *words)
{
    cr_assert_eq(status, SEALIFT_OK, "%s", err.message);
    cr_assert_neq(request.command, NULL);
    cr_assert_str_eq(request.command->words, words);
    request_done(&request);
}

static void
expect_refusal(enum sealift_status status, const char *says)
{
    cr_assert_eq(status, SEALIFT_INVALID);
    cr_assert_neq(strstr(err.message, says), NULL, "expected '%s' in: %s", says, err.message);
    request_done(&request);
}

Test(request, finds_commands_of_one_two_and_three_words)
{
    expect_command(PARSE("help"), "help");
    expect_command(PARSE("obs", "remove", "dr"), "obs remove");
    expect_command(PARSE("kms", "set", "vault", "A", "K"), "kms set vault");
    expect_command(PARSE("kms", "set", "kmip", "A:1", "K", "--client-cert", "c", "--client-key", "k"), "kms set kmip");
    expect_command(PARSE("fs", "snapshot", "upload", "home", "monday"), "fs snapshot upload");
}

Test(request, takes_list_and_show_as_said)
{
    expect_command(PARSE("obs"), "obs list");
    expect_command(PARSE("kms", "--json"), "kms show");
    expect_command(PARSE("fs"), "fs list");
    expect_command(PARSE("fs", "snapshot"), "fs snapshot list");
    expect_command(PARSE("fs", "snapshot", "list", "home"), "fs snapshot list");
}

Test(request, takes_global_options_before_between_and_behind_the_words)
{
    expect_command(PARSE("--home", "/h", "fs", "--json", "snapshot", "list", "--verbose"), "fs snapshot list");
    cr_assert_eq(PARSE("--home", "fs", "fs", "--json", "snapshot", "list", "--verbose"), SEALIFT_OK);
    cr_assert_str_eq(request.globals.home, "fs");
    cr_assert(request.globals.json);
    cr_assert(request.globals.verbose);
    cr_assert_not(request.globals.quiet);
    cr_assert_eq(request.globals.memory, 256 << 20);
    request_done(&request);
}

Test(request, suggests_the_command_that_was_meant)
{
    expect_refusal(PARSE("fs", "snapshot", "uplaod", "home"), "did you mean `sealift fs snapshot upload`?");
    expect_refusal(PARSE("fs", "forget", "home"), "there is no command `sealift fs forget`");
    expect_refusal(PARSE("ob"), "there is no command `sealift ob`");
    expect_refusal(PARSE("snapshot"), "there is no command `sealift snapshot`");
}

Test(request, refuses_an_argument_for_an_implied_command)
{
    expect_refusal(PARSE("fs", "home"), "there is no command `sealift fs home`");
    expect_refusal(PARSE("obs", "list", "dr"), "'dr' is one argument too many");
}

Test(request, takes_the_argument_that_an_implied_command_needs)
{
    expect_command(PARSE("fs", "key", "home"), "fs key list");
    expect_command(PARSE("fs", "key", "list", "home", "--check"), "fs key list");
    expect_command(PARSE("fs", "key", "remove", "home", "r"), "fs key remove");
    expect_refusal(PARSE("fs", "key"), "NAME|LOCATOR is missing");
    expect_refusal(PARSE("fs", "key", "home", "again"), "'again' is one argument too many");
}

Test(request, misses_the_rest_of_a_command)
{
    expect_refusal(PARSE("kms", "set"), "`sealift kms set` is not complete; `sealift help kms set`");
}

Test(request, refuses_an_option_of_another_command)
{
    expect_refusal(PARSE("obs", "list", "--endpoint", "x"), "`sealift obs list` has no option --endpoint");
    expect_refusal(PARSE("--endpoint", "x", "obs", "list"), "`sealift` has no option --endpoint");
}

Test(request, asks_for_nothing_when_help_is_wanted)
{
    expect_command(PARSE("obs", "add", "--help"), "obs add");
    expect_command(PARSE("obs", "add", "-h"), "obs add");
    cr_assert_eq(PARSE("--version"), SEALIFT_OK);
    cr_assert(request.globals.version);
    cr_assert_eq(request.command, NULL);
    request_done(&request);
}

Test(request, refuses_arguments_without_a_command)
{
    expect_refusal(PARSE("--", "obs"), "there is no command `sealift obs`");
}

Test(request, survives_an_empty_command_line)
{
    cr_assert_eq(parse(0, (char *[]){NULL}), SEALIFT_OK);
    cr_assert_eq(request.command, NULL);
    request_done(&request);
}
