#include "captured.h"
#include "describe.h"
#include "exit_code.h"
#include "fake_sealift.h"
#include "globals.h"
#include "help.h"

#include <criterion/criterion.h>

static const char *
topic(const char *name)
{
    struct captured captured;
    struct sealift_error err = {0};

    cr_assert_eq(help_topic(captured_begin(&captured), name, &err), SEALIFT_OK, "%s", err.message);
    return captured_end(&captured);
}

static void
expect(const char *text, const char *part)
{
    cr_assert_neq(strstr(text, part), NULL, "expected '%s' in:\n%s", part, text);
}

Test(help, lists_every_command_and_every_global_option)
{
    struct captured captured;
    const char *text;

    help_overview(captured_begin(&captured));
    text = captured_end(&captured);
    for (const struct command *const *command = commands; *command != NULL; command++)
        expect(text, (*command)->words);
    for (const struct option *option = global_options; option->type != OPTION_END; option++)
        expect(text, option->name);
}

Test(help, tells_every_option_of_a_command_with_default_choices_and_environment)
{
    const char *text = topic("kms set vault");

    expect(text, "sealift kms set vault [ADDRESS] KEY [OPTION...]");
    expect(text, "--secret-id-file FILE");
    expect(text, "default: transit");
    expect(text, "$VAULT_ADDR, $BAO_ADDR");
    expect(topic("obs add"), "one of: auto, path,");
    for (const struct command *const *command = commands; *command != NULL; command++) {
        struct describe_walk walk = {0};
        const struct option *option;

        text = topic((*command)->words);
        while ((option = describe_next(*command, &walk)) != NULL)
            expect(text, option->name);
    }
}

Test(help, does_not_tell_of_options_that_are_refused)
{
    cr_assert_eq(strstr(topic("kms set vault"), "--token "), NULL);
    cr_assert_eq(strstr(topic("obs add"), "--secret-key"), NULL);
    cr_assert_eq(strstr(topic("kms set kmip"), "--role-id"), NULL);
    cr_assert_eq(strstr(topic("kms set kmip"), "--password "), NULL);
}

Test(help, fits_eighty_columns_except_in_examples)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        const char *text = topic((*command)->words), *examples = strstr(text, "\nExamples:");
        const char *line = strchr(text, '\n') + 1; /* the title is as long as it is */

        for (; line < examples; line += strcspn(line, "\n") + 1)
            cr_assert_leq(strcspn(line, "\n"), 80, "%s: %s", (*command)->words, line);
    }
}

Test(help, wraps_a_long_usage_line_below_the_command)
{
    expect(topic("kms set kmip"), "\n  sealift kms set kmip HOST:PORT KEY-UID --client-cert FILE --client-key FILE\n"
                                  "          [OPTION...]\n\n");
}

Test(help, lists_the_commands_of_a_beginning)
{
    const char *text = topic("fs snapshot");

    expect(text, "fs snapshot list");
    expect(text, "fs snapshot verify");
    cr_assert_eq(strstr(text, "fs download"), NULL);
}

Test(help, documents_every_exit_code)
{
    const char *text = topic("exit-codes");

    for (size_t i = 0; i < exit_codes_count; i++)
        expect(text, sealift_status_name(exit_codes[i].status));
    expect(text, "130  cancelled");
    expect(topic("environment"), "SEALIFT_VAULT_SECRET_ID");
    expect(topic("environment"), "SEALIFT_KMIP_PASSWORD");
}

Test(help, suggests_a_topic)
{
    struct captured captured;
    struct sealift_error err = {0};

    cr_assert_eq(help_topic(captured_begin(&captured), "exit-code", &err), SEALIFT_NOT_FOUND);
    expect(err.message, "did you mean `sealift help exit-codes`?");
    cr_assert_eq(help_topic(captured.out, "nonsense", &err), SEALIFT_NOT_FOUND);
    expect(err.message, "`sealift help` lists what there is");
    captured_end(&captured);
}
