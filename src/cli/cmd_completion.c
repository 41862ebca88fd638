#include "cli.h"
#include "commands.h"
#include "completion.h"

#include <string.h>

struct completion {
    const char *shell;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct completion *completion = values;

    (void)err;
    if (strcmp(completion->shell, "bash") == 0)
        completion_bash(cli->out);
    else
        completion_zsh(cli->out);
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "SHELL",
     .type = OPTION_CHOICE,
     .field = offsetof(struct completion, shell),
     .choices = "bash zsh",
     .required = true,
     .help = "which one"},
    {0},
};

const struct command cmd_completion = {
    .words = "completion",
    .summary = "write the completion script of a shell",
    .description =
        "Packages install it already; this is for everybody else. It completes commands, options, choices and "
        "paths, and never asks a server.",
    .examples = "source <(sealift completion bash)\n"
                "sealift completion zsh > ~/.zfunc/_sealift",
    .arguments = arguments,
    .size = sizeof(struct completion),
    .run = run,
};
