/* What a command line asks for: the command, its values, the global options. */
#ifndef REQUEST_H
#define REQUEST_H

#include "command.h"
#include "globals.h"

struct request {
    const struct command *command; /* NULL: no command, only global options */
    struct globals globals;
    void *values;       /* what `command`'s tables filled */
    const char **words; /* the positional arguments; values may point into it */
};

/* Reads argv, which ends with NULL. INVALID says what is wrong, and what was probably meant. What has been read by
 * then stays in *request, for request_done(). With --help or --version nothing is required to be complete. */
enum sealift_status request_parse(int argc, char *const *argv, struct request *request, struct sealift_error *err);
void request_done(struct request *request);

#endif
