#include "options.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct access {
    const char *endpoint, *region;
    bool read;
};

struct values {
    const char *name, *address, *key, *choice, *file, *role;
    const char *const *rest;
    struct access access;
    uint64_t size;
    int64_t days, wait;
    unsigned workers;
    bool quick, slow;
};

static const struct option access_table[] = {
    {.name = "endpoint", .type = OPTION_TEXT, .field = offsetof(struct access, endpoint), .placeholder = "URL"},
    {.name = "region",
     .type = OPTION_TEXT,
     .field = offsetof(struct access, region),
     .placeholder = "R",
     .environment = "TEST_REGION TEST_OLD_REGION",
     .preset = "us-east-1"},
    {.name = "read", .type = OPTION_FLAG, .field = offsetof(struct access, read), .needs = "endpoint"},
    {0},
};

static const struct option table[] = {
    {.name = "style",
     .type = OPTION_CHOICE,
     .field = offsetof(struct values, choice),
     .placeholder = "S",
     .choices = "auto path virtual"},
    {.name = "size",
     .type = OPTION_BYTES,
     .field = offsetof(struct values, size),
     .placeholder = "SIZE",
     .preset = "2K"},
    {.name = "keep", .type = OPTION_DAYS, .field = offsetof(struct values, days), .placeholder = "DAYS"},
    {.name = "wait", .type = OPTION_DURATION, .field = offsetof(struct values, wait), .placeholder = "DURATION"},
    {.name = "workers",
     .type = OPTION_COUNT,
     .field = offsetof(struct values, workers),
     .placeholder = "N",
     .most = 16},
    {.name = "quick",
     .type = OPTION_FLAG,
     .letter = 'Q',
     .field = offsetof(struct values, quick),
     .excludes = "slow role"},
    {.name = "slow", .type = OPTION_FLAG, .letter = 'S', .field = offsetof(struct values, slow)},
    {.name = "role", .type = OPTION_TEXT, .field = offsetof(struct values, role), .placeholder = "ROLE"},
    {.name = "token-file", .type = OPTION_SECRET_FILE, .field = offsetof(struct values, file), .placeholder = "FILE"},
    {.name = "token", .type = OPTION_REFUSED, .help = "use --token-file FILE"},
    {.name = "mount", .type = OPTION_FOREIGN, .help = "test walk: a run has none"},
    {0},
};

static const struct option arguments[] = {
    {.name = "ADDRESS",
     .type = OPTION_TEXT,
     .field = offsetof(struct values, address),
     .required = true,
     .environment = "TEST_ADDRESS",
     .help = "of the server"},
    {.name = "KEY", .type = OPTION_TEXT, .field = offsetof(struct values, key), .required = true, .help = "of the key"},
    {.name = "NAME", .type = OPTION_TEXT, .field = offsetof(struct values, name), .help = "if any"},
    {0},
};

static struct values values;
static struct sealift_error err;

/* Reads the words, NULL-terminated, as one command line. */
static enum sealift_status
read_line(const struct option *argument_table, char *const *argv)
{
    const struct options options = {
        .command = "test run",
        .sets = {{table, &values}, {access_table, &values.access}},
        .arguments = {argument_table, &values},
    };
    static const char *words[32];
    enum sealift_status status;

    values = (struct values){0};
    err = (struct sealift_error){0};
    status = options_read(&options, argv, 0, words, &err);
    return status == SEALIFT_OK ? options_complete(&options, words, &err) : status;
}

#define READ(...) read_line(arguments, (char *[]){__VA_ARGS__, NULL})

static void
expect_refusal(enum sealift_status status, const char *says)
{
    cr_assert_eq(status, SEALIFT_INVALID);
    cr_assert_neq(strstr(err.message, says), NULL, "expected '%s' in: %s", says, err.message);
}

Test(options, takes_a_value_behind_a_blank_or_an_equals_sign)
{
    cr_assert_eq(READ("A", "K", "--endpoint", "http://x", "--region=eu=1"), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(values.access.endpoint, "http://x");
    cr_assert_str_eq(values.access.region, "eu=1");
}

Test(options, takes_flags_by_their_letters)
{
    cr_assert_eq(READ("A", "-S", "K"), SEALIFT_OK, "%s", err.message);
    cr_assert(values.slow && !values.quick);
    expect_refusal(READ("A", "K", "-SQ"), "--quick and --slow exclude each other");
    expect_refusal(READ("A", "K", "-Sx"), "has no option -Sx");
    expect_refusal(READ("A", "K", "--S"), "has no option --S");
}

Test(options, lets_options_and_arguments_mix)
{
    cr_assert_eq(READ("--quick", "A", "--size", "1M", "K"), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(values.address, "A");
    cr_assert_str_eq(values.key, "K");
    cr_assert(values.quick);
    cr_assert_eq(values.size, 1 << 20);
}

Test(options, takes_everything_behind_two_dashes_as_arguments)
{
    cr_assert_eq(READ("--", "--quick", "-"), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(values.address, "--quick");
    cr_assert_str_eq(values.key, "-");
    cr_assert_not(values.quick);
}

Test(options, converts_each_type)
{
    cr_assert_eq(
        READ("A", "K", "--style", "path", "--keep", "4w", "--workers", "16", "--token-file", "/etc/t", "--wait", "5m"),
        SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(values.choice, "path");
    cr_assert_eq(values.days, 28);
    cr_assert_eq(values.wait, 300);
    cr_assert_eq(values.workers, 16);
    cr_assert_str_eq(values.file, "/etc/t");
}

Test(options, refuses_values_of_the_wrong_type_and_shows_the_right_form)
{
    expect_refusal(READ("A", "K", "--size", "1.5G"), "--size: '1.5G' is no size; write a number, with K, M, G or T");
    expect_refusal(READ("A", "K", "--style", "pat"), "--style: 'pat' is none of: auto path virtual");
    expect_refusal(READ("A", "K", "--keep", "4h"), "30d, 4w or 1y");
    expect_refusal(READ("A", "K", "--wait", "5"), "90s, 5m or 1h");
    expect_refusal(READ("A", "K", "--workers", "17"), "--workers: '17' is no number from 1 to 16");
    expect_refusal(READ("A", "K", "--endpoint", ""), "--endpoint: the value is empty");
    expect_refusal(READ("A", "K", "--endpoint="), "--endpoint: the value is empty");
}

Test(options, refuses_an_abbreviation_even_when_it_is_unique)
{
    expect_refusal(READ("A", "K", "--end", "x"), "has no option --end; did you mean --endpoint?");
}

Test(options, never_repeats_the_value_of_an_unknown_option)
{
    expect_refusal(READ("A", "K", "--tokn=hvs.SECRET"), "has no option --tokn;");
    cr_assert_eq(strstr(err.message, "SECRET"), NULL, "%s", err.message);
}

Test(options, refuses_short_options)
{
    expect_refusal(READ("A", "K", "-q"), "has no option -q");
    expect_refusal(READ("A", "K", "-quick"), "has no option -quick; did you mean --quick?");
}

Test(options, refuses_a_secret_in_argv_and_names_the_way)
{
    expect_refusal(READ("A", "K", "--token", "hvs.SECRET"), "use --token-file FILE");
    cr_assert_eq(strstr(err.message, "SECRET"), NULL, "%s", err.message);
    expect_refusal(READ("A", "K", "--token=hvs.SECRET"), "use --token-file FILE");
    cr_assert_eq(strstr(err.message, "SECRET"), NULL, "%s", err.message);
}

Test(options, says_whose_an_option_is)
{
    expect_refusal(READ("A", "K", "--mount", "m"), "--mount is an option of test walk: a run has none");
    expect_refusal(READ("A", "K", "--mount=hvs.SECRET"), "--mount is an option of test walk: a run has none");
    cr_assert_eq(strstr(err.message, "hvs."), NULL);
    expect_refusal(READ("A", "K", "--moun"), "has no option --moun; `sealift help");
}

Test(options, does_not_suggest_an_option_that_is_refused)
{
    expect_refusal(READ("A", "K", "--toke"), "did you mean --token-file?");
}

Test(options, refuses_a_secret_that_cannot_be_found_again)
{
    static char *const paths[] = {"-", "/dev/stdin", "/dev/fd/63", "/proc/self/fd/0"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        expect_refusal(READ("A", "K", "--token-file", paths[i]), "cannot be found again");
}

Test(options, misses_a_value)
{
    expect_refusal(READ("A", "K", "--endpoint"), "--endpoint needs a value: --endpoint URL");
    expect_refusal(READ("A", "K", "--endpoint", "--quick"), "an option follows");
    cr_assert_eq(READ("A", "K", "--endpoint=--quick"), SEALIFT_OK);
    cr_assert_str_eq(values.access.endpoint, "--quick");
}

Test(options, refuses_a_value_for_a_flag)
{
    expect_refusal(READ("A", "K", "--quick=yes"), "--quick takes no value");
}

Test(options, refuses_an_option_that_is_given_twice)
{
    expect_refusal(READ("A", "K", "--endpoint", "a", "--endpoint", "b"), "--endpoint is given twice");
    cr_assert_eq(READ("A", "K", "--quick", "--quick"), SEALIFT_OK, "a flag says the same twice");
}

Test(options, knows_what_excludes_and_what_needs)
{
    expect_refusal(READ("A", "K", "--slow", "--quick"), "--quick and --slow exclude each other");
    expect_refusal(READ("A", "K", "--quick", "--role", "r"), "--quick and --role exclude each other");
    expect_refusal(READ("A", "K", "--read"), "--read means nothing without --endpoint URL");
    cr_assert_eq(READ("A", "K", "--read", "--endpoint", "e"), SEALIFT_OK, "%s", err.message);
}

Test(options, prefers_the_command_line_to_the_environment_to_the_preset)
{
    cr_assert_eq(READ("A", "K"), SEALIFT_OK);
    cr_assert_str_eq(values.access.region, "us-east-1");
    cr_assert_eq(values.size, 2048);

    setenv("TEST_OLD_REGION", "old", 1);
    cr_assert_eq(READ("A", "K"), SEALIFT_OK);
    cr_assert_str_eq(values.access.region, "old");

    setenv("TEST_REGION", "new", 1);
    cr_assert_eq(READ("A", "K"), SEALIFT_OK);
    cr_assert_str_eq(values.access.region, "new");

    cr_assert_eq(READ("A", "K", "--region", "given"), SEALIFT_OK);
    cr_assert_str_eq(values.access.region, "given");

    setenv("TEST_REGION", "", 1);
    cr_assert_eq(READ("A", "K"), SEALIFT_OK, "an empty variable is none");
    cr_assert_str_eq(values.access.region, "old");
}

Test(options, serves_required_arguments_first)
{
    setenv("TEST_ADDRESS", "from-environment", 1);
    cr_assert_eq(READ("K"), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(values.address, "from-environment");
    cr_assert_str_eq(values.key, "K");

    cr_assert_eq(READ("A", "K"), SEALIFT_OK);
    cr_assert_str_eq(values.address, "A");
    cr_assert_str_eq(values.key, "K");
    cr_assert_eq(values.name, NULL);

    cr_assert_eq(READ("A", "K", "N"), SEALIFT_OK);
    cr_assert_str_eq(values.name, "N");
}

Test(options, misses_arguments_by_name)
{
    expect_refusal(read_line(arguments, (char *[]){NULL}), "`sealift test run`: KEY is missing: of the key");
    expect_refusal(READ("K"), "ADDRESS is missing; give it, or set one of: TEST_ADDRESS");
    expect_refusal(READ("A", "K", "N", "M"), "'M' is one argument too many");
}

Test(options, hands_all_that_is_left_to_words)
{
    static const struct option words_table[] = {
        {.name = "TOPIC", .type = OPTION_WORDS, .field = offsetof(struct values, rest), .help = "what about"}, {0}};

    cr_assert_eq(read_line(words_table, (char *[]){"fs", "--quick", "snapshot", NULL}), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(values.rest[0], "fs");
    cr_assert_str_eq(values.rest[1], "snapshot");
    cr_assert_eq(values.rest[2], NULL);
    cr_assert_eq(read_line(words_table, (char *[]){NULL}), SEALIFT_OK);
    cr_assert_eq(values.rest, NULL);
}

Test(options, misses_a_required_option)
{
    static const struct option required[] = {
        {.name = "obs", .type = OPTION_TEXT, .placeholder = "OBS", .required = true, .help = "the store"}, {0}};
    const char *obs = NULL;
    const struct options options = {
        .command = "test run", .sets = {{required, &obs}}, .arguments = {required + 1, NULL}};

    err = (struct sealift_error){0};
    expect_refusal(options_complete(&options, (const char *[]){NULL}, &err),
                   "`sealift test run` needs --obs OBS: the store");
}

/* --- options that may be repeated --- */

static const struct option no_arguments[] = {{0}};
static const struct option list_table[] = {
    {.name = "exclude", .type = OPTION_TEXTS, .field = 0, .placeholder = "PATTERN"},
    {0},
};

Test(options, gathers_what_may_be_repeated_in_its_order)
{
    const char *const *list = NULL;
    const struct options only = {.command = "test", .sets = {{list_table, &list}}, .arguments = {no_arguments, NULL}};
    const char *none[8];

    cr_assert_eq(options_read(&only, (char *[]){"--exclude", "b", "--exclude=a", "--exclude=-x", NULL}, 0, none, &err),
                 SEALIFT_OK, "%s", err.message);
    cr_assert_eq(options_complete(&only, none, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(list[0], "b");
    cr_assert_str_eq(list[1], "a");
    cr_assert_str_eq(list[2], "-x");
    cr_assert_null(list[3]);
    options_forget(&only);
    cr_assert_null(list);
}

Test(options, leaves_a_list_that_is_not_given_alone)
{
    const char *const *list = NULL;
    const struct options only = {.command = "test", .sets = {{list_table, &list}}, .arguments = {no_arguments, NULL}};

    cr_assert_not(option_is_set(list_table, &list));
    options_forget(&only);
    cr_assert_null(list);
}
