#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "help.h"

struct help {
    const char *const *words;
};

#define TOPIC_SIZE 128 /* longer than any; what is cut off is no topic either */

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct help *help = values;
    char topic[TOPIC_SIZE];
    size_t len = 0;

    if (help->words == NULL) {
        help_overview(cli->out);
        return SEALIFT_OK;
    }
    for (const char *const *word = help->words; *word != NULL && len < sizeof(topic); word++)
        len += (size_t)snprintf(topic + len, sizeof(topic) - len, "%s%s", len > 0 ? " " : "", *word);
    return help_topic(cli->out, topic, err);
}

static const struct option arguments[] = {
    {.name = "TOPIC",
     .type = OPTION_WORDS,
     .field = offsetof(struct help, words),
     .help = "a command, the first words of several, or a topic that `sealift help` lists"},
    {0},
};

const struct command cmd_help = {
    .words = "help",
    .summary = "explain a command or a topic",
    .description = "Without a topic: what sealift is, its commands and the options that all of them take.",
    .examples = "sealift help\nsealift help fs snapshot upload\nsealift help exit-codes",
    .arguments = arguments,
    .size = sizeof(struct help),
    .run = run,
};
