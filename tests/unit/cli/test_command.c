/* What must hold of every command's tables. */
#include "describe.h"
#include "fake_sealift.h"
#include "globals.h"
#include "topics.h"

#include <criterion/criterion.h>
#include <ctype.h>

/* Calls `check` for each option and argument of each command, and for the global options. */
static void
check_each(void (*check)(const char *command, const struct option *option, bool is_argument))
{
    for (const struct option *option = global_options; option->type != OPTION_END; option++)
        check("", option, false);
    for (const struct command *const *command = commands; *command != NULL; command++) {
        for (const struct option *argument = (*command)->arguments; argument->type != OPTION_END; argument++)
            check((*command)->words, argument, true);
        for (size_t i = 0; (*command)->groups[i].options != NULL; i++)
            for (const struct option *option = (*command)->groups[i].options; option->type != OPTION_END; option++)
                check((*command)->words, option, false);
    }
}

static void
check_completeness(const char *command, const struct option *option, bool is_argument)
{
    cr_assert_neq(option->help, NULL, "%s: %s", command, option->name);
    cr_assert_neq(option->help[strlen(option->help) - 1], '.', "%s: %s: a phrase", command, option->name);
    cr_assert_eq((bool)isupper((unsigned char)option->name[0]), is_argument, "%s: %s", command, option->name);
    if (option->type == OPTION_REFUSED || option->type == OPTION_FOREIGN)
        return;
    if (!is_argument && option_takes_value(option))
        cr_assert_neq(option->placeholder, NULL, "%s: %s", command, option->name);
    cr_assert_eq(option->type == OPTION_CHOICE, option->choices != NULL, "%s: %s", command, option->name);
    cr_assert_eq(option->type == OPTION_COUNT, option->most > 0, "%s: %s", command, option->name);
    cr_assert(option->letter == '\0' || option->type == OPTION_FLAG, "%s: %s", command, option->name);
}

Test(command, has_complete_tables)
{
    check_each(check_completeness);
}

static const struct option *
find(const struct command *command, const char *name, size_t len)
{
    struct describe_walk walk = {0};
    const struct option *option;

    while ((option = describe_next(command, &walk)) != NULL)
        if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
            return option;
    return NULL;
}

static void
check_names(const struct command *command, const char *names, const char *of)
{
    const char *name;
    size_t len;

    while (option_next_word(&names, &name, &len))
        cr_assert_neq(find(command, name, len), NULL, "%s: --%s names --%.*s, which is not there", command->words, of,
                      (int)len, name);
}

Test(command, names_only_options_that_it_has)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        struct describe_walk walk = {0};
        const struct option *option;

        while ((option = describe_next(*command, &walk)) != NULL) {
            check_names(*command, option->excludes, option->name);
            check_names(*command, option->needs, option->name);
        }
    }
}

Test(command, has_each_option_once)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        struct describe_walk walk = {0};
        const struct option *option;

        while ((option = describe_next(*command, &walk)) != NULL) {
            cr_assert_eq(find(*command, option->name, strlen(option->name)), option, "%s: --%s", (*command)->words,
                         option->name);
            for (const struct option *global = global_options; global->type != OPTION_END; global++)
                cr_assert_str_neq(option->name, global->name);
        }
    }
}

static enum option_type
type_elsewhere(const char *name)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        const struct option *option = find(*command, name, strlen(name));

        if (option != NULL)
            return option->type;
    }
    return OPTION_END;
}

/* Completion knows an option's kind by its name alone. */
Test(command, gives_an_option_the_same_type_everywhere)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        struct describe_walk walk = {0};
        const struct option *option;

        while ((option = describe_next(*command, &walk)) != NULL)
            cr_assert_eq(option->type, type_elsewhere(option->name), "%s: --%s", (*command)->words, option->name);
    }
}

/* Any entry of the tables, also one that help does not tell of. */
static const struct option *
find_unlisted(const struct command *command, const char *name)
{
    for (size_t i = 0; command->groups[i].options != NULL; i++)
        for (const struct option *option = command->groups[i].options; option->type != OPTION_END; option++)
            if (strcmp(option->name, name) == 0)
                return option;
    return NULL;
}

static size_t
count_foreign(const char *words, const char *owner_words)
{
    const struct command *command = command_find(words), *owner = command_find(owner_words);
    struct describe_walk walk = {0};
    const struct option *option;
    size_t count = 0;

    while ((option = describe_next(owner, &walk)) != NULL) {
        const struct option *same = find_unlisted(command, option->name);

        cr_assert_neq(same, NULL, "%s does not know --%s", words, option->name);
        if (same->type != OPTION_FOREIGN)
            continue;
        cr_assert_eq(strncmp(same->help, owner_words, strlen(owner_words)), 0, "%s: --%s: %s", words, option->name,
                     same->help);
        count++;
    }
    return count;
}

/* Who mixes them up is told whose an option is, whichever it is. */
Test(command, of_one_kms_knows_the_options_of_the_other)
{
    cr_assert_eq(count_foreign("kms set kmip", "kms set vault"), 8);
    cr_assert_eq(count_foreign("kms set vault", "kms set kmip"), 6);
}

Test(command, explains_itself)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        cr_assert((*command)->summary != NULL && islower((unsigned char)(*command)->summary[0]), "%s",
                  (*command)->words);
        cr_assert_neq((*command)->description, NULL, "%s", (*command)->words);
        cr_assert_neq((*command)->examples, NULL, "%s", (*command)->words);
        cr_assert_neq((*command)->run, NULL, "%s", (*command)->words);
    }
}

static void
check_variables_are_documented(const char *command, const struct option *option, bool is_argument)
{
    const char *names = option->environment, *name;
    size_t len;

    (void)is_argument;
    while (option_next_word(&names, &name, &len)) {
        char text[64];
        bool found = false;

        snprintf(text, sizeof(text), "%.*s", (int)len, name);
        for (const struct topic_entry *entry = topic_environment; entry->term != NULL; entry++)
            found = found || strstr(entry->term, text) != NULL;
        cr_assert(found, "%s: %s: `sealift help environment` does not tell of %s", command, option->name, text);
    }
}

Test(command, documents_the_environment)
{
    check_each(check_variables_are_documented);
}
