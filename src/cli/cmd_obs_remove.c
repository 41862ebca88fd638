#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"

struct obs_remove {
    const char *name;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct obs_remove *removed = values;
    struct sealift *sealift;

    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_obs_remove(sealift, removed->name, err));
    console_say(&cli->console, "Forgotten. Its objects stay where they are.");
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct obs_remove, name),
     .required = true,
     .help = "of the store"},
    {0},
};

const struct command cmd_obs_remove = {
    .words = "obs remove",
    .summary = "forget an object store; its objects stay",
    .description = "Only the table's row goes. A store that a filesystem uses is not forgotten.",
    .examples = "sealift obs remove dr",
    .arguments = arguments,
    .size = sizeof(struct obs_remove),
    .run = run,
};
