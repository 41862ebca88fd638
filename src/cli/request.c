#include "request.h"

#include "cli_scoped.h"
#include "failure.h"
#include "nearest.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_SIZE 64 /* more than the longest command has */

static struct options
tables_of(struct request *request)
{
    struct options options = {.sets = {{global_options, &request->globals}}, .arguments = {no_options, NULL}};
    const struct command *command = request->command;

    if (command == NULL)
        return options;
    options.command = command->words;
    options.arguments = (struct option_set){command->arguments, request->values};
    for (size_t i = 0; command->groups[i].options != NULL; i++)
        options.sets[i + 1] =
            (struct option_set){command->groups[i].options, (char *)request->values + command->groups[i].field};
    return options;
}

/* Puts `word` behind `words` if a command goes on like that. */
static bool
take_word(char words[WORDS_SIZE], const char *word)
{
    char longer[WORDS_SIZE];
    int len = snprintf(longer, sizeof(longer), "%s%s%s", words, *words != '\0' ? " " : "", word);

    if (len >= WORDS_SIZE || (command_find(longer) == NULL && !command_is_beginning(longer)))
        return false;
    memcpy(words, longer, (size_t)len + 1);
    return true;
}

static enum sealift_status
refuse_unknown(const char *words, const char *next, struct sealift_error *err)
{
    const char *space = *words != '\0' ? " " : "";
    char typed[WORDS_SIZE], guess[WORDS_SIZE + 32] = "";
    struct nearest nearest = {.word = typed};

    snprintf(typed, sizeof(typed), "%s%s%s", words, space, next);
    nearest.len = strlen(typed);
    for (const struct command *const *command = commands; *command != NULL; command++)
        nearest_offer(&nearest, (*command)->words);
    if (nearest.best != NULL)
        snprintf(guess, sizeof(guess), "did you mean `sealift %s`? ", nearest.best);
    return failure_set(err, SEALIFT_INVALID,
                       "there is no command `sealift %s%s%s`; %s`sealift help%s%s` lists what there is", words, space,
                       next, guess, space, words);
}

/* `sealift fs key NAME` is `sealift fs key list NAME`, as that one would need the argument; `sealift fs NAME` is a
 * mistake. */
static bool
takes_argument(const struct command *command, const char *words)
{
    return command != NULL && (strcmp(command->words, words) == 0 || command->arguments[0].required);
}

/* Finds the command at the beginning of argv. Global options may stand before and between its words. */
static enum sealift_status
read_command(struct request *request, char *const *argv, int *at, struct sealift_error *err)
{
    const struct options globals = tables_of(request);
    char words[WORDS_SIZE] = "";

    for (; argv[*at] != NULL;) {
        if (options_is_one(argv[*at]) && (options_knows(&globals, argv[*at]) || *words == '\0'))
            TRY(options_take(&globals, argv, at, err));
        else if (take_word(words, argv[*at]))
            *at += 1;
        else
            break;
    }
    request->command = command_find(words);
    if (argv[*at] != NULL && !options_is_one(argv[*at]) && strcmp(argv[*at], "--") != 0 &&
        !takes_argument(request->command, words))
        return refuse_unknown(words, argv[*at], err);
    if (request->command == NULL && *words != '\0')
        return failure_set(err, SEALIFT_INVALID, "`sealift %s` is not complete; `sealift help %s` lists what follows",
                           words, words);
    return SEALIFT_OK;
}

enum sealift_status
request_parse(int argc, char *const *argv, struct request *request, struct sealift_error *err)
{
    struct options options;
    int at = 1;

    *request = (struct request){.words = calloc((size_t)argc + 1, sizeof(*request->words))};
    if (request->words == NULL)
        return failure_no_memory(err);
    if (argc > 0)
        TRY(read_command(request, argv, &at, err));
    if (request->command != NULL)
        request->values = calloc(1, request->command->size + 1); /* + 1: some commands have no values */
    if (request->command != NULL && request->values == NULL)
        return failure_no_memory(err);
    options = tables_of(request);
    if (argc > 0)
        TRY(options_read(&options, argv, at, request->words, err));
    if (request->globals.help || request->globals.version)
        return SEALIFT_OK;
    if (request->command != NULL)
        return options_complete(&options, request->words, err);
    return request->words[0] == NULL ? SEALIFT_OK : refuse_unknown("", request->words[0], err);
}

void
request_done(struct request *request)
{
    const struct options options = tables_of(request);

    if (request->values != NULL)
        options_forget(&options);
    free(request->values);
    free(request->words);
    *request = (struct request){0};
}
