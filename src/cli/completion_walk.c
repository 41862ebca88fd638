#include "completion_walk.h"

#include "describe.h"
#include "globals.h"

#include <string.h>

#define WORDS_SIZE 64 /* more than the longest command has */

static bool
an_earlier_one_begins_with(size_t index, const char *words)
{
    for (size_t i = 0; i < index; i++)
        if (command_begins_with(commands[i], words))
            return true;
    return false;
}

void
completion_each_beginning(FILE *out, void (*write)(FILE *out, const char *words))
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        const char *all = commands[i]->words, *end = all;

        for (;;) {
            char words[WORDS_SIZE];

            snprintf(words, sizeof(words), "%.*s", (int)(end - all), all);
            if (!an_earlier_one_begins_with(i, words))
                write(out, words);
            if (*end == '\0')
                break;
            end += *end == ' ' ? 1 : 0;
            end += strcspn(end, " ");
        }
    }
}

void
completion_write_next(FILE *out, const char *words)
{
    const char *separator = "";

    for (size_t i = 0; commands[i] != NULL; i++) {
        const char *next = commands[i]->words + strlen(words);
        char longer[WORDS_SIZE];

        if (!command_begins_with(commands[i], words) || *next == '\0')
            continue;
        next += *next == ' ' ? 1 : 0;
        snprintf(longer, sizeof(longer), "%.*s", (int)(next - commands[i]->words + (ptrdiff_t)strcspn(next, " ")),
                 commands[i]->words);
        if (an_earlier_one_begins_with(i, longer))
            continue;
        fprintf(out, "%s%.*s", separator, (int)strcspn(next, " "), next);
        separator = " ";
    }
}

void
completion_each_option(FILE *out, const char *words, void (*write)(FILE *out, const struct option *option))
{
    const struct command *command = command_find(words);
    struct describe_walk walk = {0};
    const struct option *option = command != NULL ? describe_next(command, &walk) : NULL;

    for (; option != NULL; option = describe_next(command, &walk))
        write(out, option);
    for (option = global_options; option->type != OPTION_END; option++)
        write(out, option);
}

/* Whether a command before the one at `index`, or that one before `option`, has an option of the same name. */
static bool
is_known_already(size_t index, const struct option *option)
{
    for (size_t i = 0; i <= index; i++) {
        struct describe_walk walk = {0};
        const struct option *other = describe_next(commands[i], &walk);

        for (; other != NULL && (i < index || other != option); other = describe_next(commands[i], &walk))
            if (strcmp(other->name, option->name) == 0)
                return true;
    }
    return false;
}

void
completion_each_value(FILE *out, void (*write)(FILE *out, const struct option *option))
{
    for (const struct option *option = global_options; option->type != OPTION_END; option++)
        if (option_takes_value(option))
            write(out, option);
    for (size_t i = 0; commands[i] != NULL; i++) {
        struct describe_walk walk = {0};
        const struct option *option = describe_next(commands[i], &walk);

        for (; option != NULL; option = describe_next(commands[i], &walk))
            if (option_takes_value(option) && !is_known_already(i, option))
                write(out, option);
    }
}
