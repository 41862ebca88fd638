#include "captured.h"
#include "describe.h"
#include "fake_sealift.h"
#include "man.h"

#include <criterion/criterion.h>
#include <unistd.h>

static const char date[] = "November 24, 2026";

static const char *
page_of(const struct command *command)
{
    struct captured captured;
    FILE *out = captured_begin(&captured);

    if (command != NULL)
        man_command(out, command, date);
    else
        man_program(out, date);
    return captured_end(&captured);
}

static void
expect(const char *text, const char *part)
{
    cr_assert_neq(strstr(text, part), NULL, "expected '%s' in:\n%s", part, text);
}

Test(man, names_a_page_after_its_command)
{
    char name[MAN_NAME_SIZE];

    man_name(command_find("fs snapshot upload"), name);
    cr_assert_str_eq(name, "sealift-fs-snapshot-upload");
    man_name(NULL, name);
    cr_assert_str_eq(name, "sealift");
}

Test(man, tells_every_option_and_argument_of_a_command)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        const char *page = page_of(*command);
        struct describe_walk walk = {0};
        const struct option *option;
        char term[64];

        while ((option = describe_next(*command, &walk)) != NULL) {
            snprintf(term, sizeof(term), ".It Fl \\-%s", option->name);
            expect(page, term);
        }
        for (option = (*command)->arguments; option->type != OPTION_END; option++) {
            snprintf(term, sizeof(term), ".It Ar %s", option->name);
            expect(page, term);
        }
    }
}

Test(man, has_a_page_of_the_program)
{
    const char *page = page_of(NULL);

    expect(page, ".Dt SEALIFT 1\n");
    expect(page, ".It Xr sealift-fs-snapshot-upload 1\n");
    expect(page, ".It 130 Pq cancelled\n");
    expect(page, "SEALIFT_VAULT_SECRET_ID");
}

Test(man, disarms_what_roff_would_obey)
{
    const struct command command = {
        .words = "odd one",
        .summary = "be odd",
        .description = ".Sh first\n\n'quoted and \\back. Next `code` --option us-east-1",
        .examples = "sealift --json \\x",
        .arguments = no_options,
    };
    const char *page = page_of(&command);

    expect(page, "\n\\&.Sh first\n.Pp\n\\&'quoted and \\eback.\nNext \\fBcode\\fR \\%\\-\\-option us\\-east\\-1\n");
    expect(page, "\nsealift \\-\\-json \\ex\n");
}

/* Writes all pages into a folder, runs `check` on each, and expects it to say nothing. */
static void
expect_silence(const char *check)
{
    char folder[] = "/tmp/sealift-man.XXXXXX", said[4096];
    FILE *checks;
    size_t len;

    cr_assert_neq(mkdtemp(folder), NULL);
    for (size_t i = 0; i == 0 || commands[i - 1] != NULL; i++) {
        const struct command *command = i == 0 ? NULL : commands[i - 1];
        char path[128], name[MAN_NAME_SIZE];
        FILE *out;

        man_name(command, name);
        snprintf(path, sizeof(path), "%s/%s.1", folder, name);
        out = fopen(path, "w");
        cr_assert_neq(out, NULL);
        fputs(page_of(command), out);
        fclose(out);
    }
    setenv("folder", folder, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    checks = popen(check, "r");
    cr_assert_neq(checks, NULL);
    len = fread(said, 1, sizeof(said) - 1, checks);
    said[len] = '\0';
    pclose(checks);
    cr_assert_str_eq(said, "");
}

Test(man, satisfies_man)
{
    if (access("/usr/bin/man", X_OK) != 0)
        cr_skip_test("man-db is not installed");
    expect_silence(
        "for page in $folder/*.1; do man --warnings -E UTF-8 -l -Tutf8 -Z $page 2>&1 >/dev/null; done; rm -r $folder");
}

Test(man, satisfies_mandoc)
{
    if (access("/usr/bin/mandoc", X_OK) != 0)
        cr_skip_test("mandoc is not installed");
    expect_silence("mandoc -T lint -W warning $folder/*.1 2>&1; rm -r $folder");
}
