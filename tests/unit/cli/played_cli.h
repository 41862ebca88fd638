/* Runs of the program against a libsealift that is played. Included by one C file of a program. */
#ifndef PLAYED_CLI_H
#define PLAYED_CLI_H

#include "captured.h"
#include "cli.h"
#include "fake_sealift.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct captured out, errors;

static inline int
run(char *const *argv)
{
    int argc = 0, code;

    while (argv[argc] != NULL)
        argc++;
    setenv("TZ", "UTC", 1);
    tzset();
    code = cli_main(argc, (char **)(uintptr_t)argv, captured_begin(&out), captured_begin(&errors));
    captured_end(&out);
    captured_end(&errors);
    return code;
}

#define RUN(...) run((char *[]){"sealift", __VA_ARGS__, NULL})

static inline void
expect_out(const char *part)
{
    cr_assert_neq(strstr(out.text, part), NULL, "expected '%s' in:\n%s", part, out.text);
}

static inline void
expect_error(const char *part)
{
    cr_assert_neq(strstr(errors.text, part), NULL, "expected '%s' in:\n%s", part, errors.text);
}

#endif
