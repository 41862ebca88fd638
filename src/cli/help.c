#include "help.h"

#include "describe.h"
#include "failure.h"
#include "globals.h"
#include "nearest.h"
#include "prose.h"
#include "topics.h"

#include <stdlib.h>
#include <string.h>

#define TERM_SIZE  128
#define USAGE_SIZE 512

/* What the describe functions write, as a text; NULL without memory. */
static char *
text_of(const struct option *option)
{
    char *text = NULL;
    size_t len;
    FILE *memory = open_memstream(&text, &len);

    if (memory == NULL)
        return NULL;
    describe_option(memory, option);
    fclose(memory);
    return text;
}

static void
write_entry(FILE *out, const struct option *option, bool is_argument)
{
    char term[TERM_SIZE] = "";
    char *text = text_of(option);
    FILE *memory = fmemopen(term, sizeof(term), "w");

    if (memory != NULL) {
        describe_term(memory, option, is_argument);
        fclose(memory);
    }
    prose_entry(out, term, text != NULL ? text : option->help);
    free(text);
}

static void
write_entries(FILE *out, const char *title, const struct option *options, bool are_arguments)
{
    if (options->type == OPTION_END)
        return;
    fprintf(out, "\n%s:\n", title);
    for (; options->type != OPTION_END; options++)
        write_entry(out, options, are_arguments);
}

static void
write_options(FILE *out, const struct command *command)
{
    struct describe_walk walk = {0};
    const struct option *option = describe_next(command, &walk);

    if (option == NULL)
        return;
    fputs("\nOptions:\n", out);
    for (; option != NULL; option = describe_next(command, &walk))
        write_entry(out, option, false);
}

static void
write_words(FILE *out, const struct command *command)
{
    struct describe_walk walk = {0};
    const struct option *option;

    if (command->implied) {
        const char *last = strrchr(command->words, ' ');

        fprintf(out, "%.*s [%s]", (int)(last - command->words), command->words, last + 1);
    } else {
        fputs(command->words, out);
    }
    for (const struct option *argument = command->arguments; argument->type != OPTION_END; argument++)
        fprintf(out, option_may_be_left_out(argument) ? " [%s%s]" : " %s%s", argument->name,
                argument->type == OPTION_WORDS ? "..." : "");
    for (option = describe_next(command, &walk); option != NULL; option = describe_next(command, &walk))
        if (option->required)
            fprintf(out, " --%s %s", option->name, option->placeholder);
    fputs(" [OPTION...]", out);
}

static void
write_usage(FILE *out, const struct command *command)
{
    static const char program[] = "  sealift ";
    char words[USAGE_SIZE] = "";
    FILE *memory = fmemopen(words, sizeof(words), "w");

    if (memory != NULL) {
        write_words(memory, command);
        fclose(memory);
    }
    fputs(program, out);
    prose_write(out, words, strlen(program), true);
}

static void
write_lines(FILE *out, const char *title, const char *lines)
{
    fprintf(out, "\n%s:\n", title);
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");

        fprintf(out, "  %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n' ? 1 : 0);
    }
}

static void
write_commands(FILE *out, const char *words)
{
    for (const struct command *const *command = commands; *command != NULL; command++)
        if (command_begins_with(*command, words))
            prose_entry(out, (*command)->words, (*command)->summary);
}

void
help_overview(FILE *out)
{
    fputs("sealift COMMAND [ARGUMENT...] [OPTION...]\n\n", out);
    prose_write(out, describe_program, 0, false);
    fputs("\nCommands:\n", out);
    write_commands(out, "");
    write_entries(out, "Options of all commands", global_options, false);
    write_lines(out, "A tour", describe_tour);
    fputs("\n`sealift help COMMAND` tells more. Other topics:\n", out);
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        prose_entry(out, topic->name, topic->summary);
}

static void
help_group(FILE *out, const char *words)
{
    fprintf(out, "The commands of sealift %s:\n", words);
    write_commands(out, words);
    fprintf(out, "\n`sealift help COMMAND` tells more of each.\n");
}

void
help_command(FILE *out, const struct command *command)
{
    fprintf(out, "sealift %s: %s\n\nUsage:\n", command->words, command->summary);
    write_usage(out, command);
    putc('\n', out);
    prose_write(out, command->description, 0, false);
    write_entries(out, "Arguments", command->arguments, true);
    write_options(out, command);
    write_lines(out, "Examples", command->examples);
    fputs("\nThe options of all commands are in `sealift help`.\n", out);
}

static const struct topic *
find_topic(const char *name)
{
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        if (strcmp(topic->name, name) == 0)
            return topic;
    return NULL;
}

static enum sealift_status
refuse_unknown(const char *topic, struct sealift_error *err)
{
    struct nearest nearest = {.word = topic, .len = strlen(topic)};
    char guess[TERM_SIZE] = "";

    for (const struct command *const *command = commands; *command != NULL; command++)
        nearest_offer(&nearest, (*command)->words);
    for (const struct topic *known = topics; known->name != NULL; known++)
        nearest_offer(&nearest, known->name);
    if (nearest.best != NULL)
        snprintf(guess, sizeof(guess), "did you mean `sealift help %s`? ", nearest.best);
    return failure_set(err, SEALIFT_NOT_FOUND, "there is no help on '%s'; %s`sealift help` lists what there is", topic,
                       guess);
}

enum sealift_status
help_topic(FILE *out, const char *topic, struct sealift_error *err)
{
    const struct topic *other = find_topic(topic);

    if (other != NULL)
        other->write(out);
    else if (command_is_beginning(topic))
        help_group(out, topic);
    else if (command_find(topic) != NULL)
        help_command(out, command_find(topic));
    else
        return refuse_unknown(topic, err);
    return SEALIFT_OK;
}
