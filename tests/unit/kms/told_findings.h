/* What a check of a KMS told, as lines: "ok wrap: a random key was wrapped". */
#ifndef TOLD_FINDINGS_H
#define TOLD_FINDINGS_H

#include "kms.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char told[32768];

/* For kms_check(). */
static inline void
write_down(void *unused, const struct kms_finding *finding)
{
    size_t len = strlen(told);

    (void)unused;
    snprintf(told + len, sizeof(told) - len, "%s %s: %s\n",
             !finding->ok       ? "failed"
             : finding->warning ? "warning"
                                : "ok",
             finding->call, finding->message);
}

static inline void
expect_told(const char *text)
{
    cr_assert_not_null(strstr(told, text), "\"%s\" is not in:\n%s", text, told);
}

static inline void
expect_not_told(const char *text)
{
    cr_assert_null(strstr(told, text), "\"%s\" is in:\n%s", text, told);
}

static inline size_t
lines_told(void)
{
    size_t count = 0;

    for (const char *at = told; *at != '\0'; at++)
        count += *at == '\n';
    return count;
}

#endif
