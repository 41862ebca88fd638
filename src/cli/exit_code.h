/* Exit codes: one a status, documented and never renumbered, because scripts branch on them. */
#ifndef EXIT_CODE_H
#define EXIT_CODE_H

#include <sealift/status.h>
#include <stddef.h>

struct exit_code {
    int code;
    enum sealift_status status;
    const char *meaning; /* a phrase for help and man pages */
};

extern const struct exit_code exit_codes[]; /* in ascending order */
extern const size_t exit_codes_count;

int exit_code_of(enum sealift_status status);

#endif
