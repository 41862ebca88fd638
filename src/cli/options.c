#include "options.h"

#include "cli_scoped.h"
#include "failure.h"
#include "nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN_SIZE 64

/* An entry of a table, and the struct that it fills. */
struct place {
    const struct option *option;
    void *values;
};

/* Goes through all options of all sets; begin with {0}. */
struct walk {
    size_t set, entry;
};

static bool
walk_next(const struct options *options, struct walk *walk, struct place *ret_place)
{
    while (walk->set < OPTIONS_TABLES && options->sets[walk->set].table != NULL) {
        const struct option_set *set = &options->sets[walk->set];
        const struct option *option = &set->table[walk->entry++];

        if (option->type != OPTION_END) {
            *ret_place = (struct place){option, set->values};
            return true;
        }
        *walk = (struct walk){.set = walk->set + 1};
    }
    return false;
}

static bool
find(const struct options *options, const char *name, size_t len, struct place *ret_place)
{
    struct walk walk = {0};
    struct place place;

    while (walk_next(options, &walk, &place)) {
        if (strlen(place.option->name) != len || memcmp(place.option->name, name, len) != 0)
            continue;
        *ret_place = place;
        return true;
    }
    return false;
}

bool
options_is_one(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0;
}

/* "-lR": flags by their letters. */
static bool
is_letters(const char *word)
{
    return word[0] == '-' && word[1] != '-';
}

static bool
find_letter(const struct options *options, char letter, struct place *ret_place)
{
    struct walk walk = {0};
    struct place place;

    while (walk_next(options, &walk, &place)) {
        if (place.option->letter != letter)
            continue;
        *ret_place = place;
        return true;
    }
    return false;
}

/* "--name=value" cut into its parts: `value` is NULL when there is no "=". */
static void
split(const char *word, const char **ret_name, size_t *ret_len, const char **ret_value)
{
    *ret_name = word + strspn(word, "-");
    *ret_len = strcspn(*ret_name, "=");
    *ret_value = (*ret_name)[*ret_len] == '=' ? *ret_name + *ret_len + 1 : NULL;
}

bool
options_knows(const struct options *options, const char *word)
{
    const char *name, *value;
    struct place place;
    size_t len;

    if (is_letters(word))
        return find_letter(options, word[1], &place);
    split(word, &name, &len, &value);
    return find(options, name, len, &place);
}

static enum sealift_status
refuse_unknown(const struct options *options, const char *word, struct sealift_error *err)
{
    struct nearest nearest = {0};
    struct walk walk = {0};
    struct place place;
    const char *value;
    char guess[ORIGIN_SIZE] = "", object[ORIGIN_SIZE] = "sealift";

    split(word, &nearest.word, &nearest.len, &value);
    while (walk_next(options, &walk, &place))
        if (option_is_listed(place.option))
            nearest_offer(&nearest, place.option->name);
    if (nearest.best != NULL)
        snprintf(guess, sizeof(guess), "; did you mean --%s?", nearest.best);
    if (options->command != NULL)
        snprintf(object, sizeof(object), "sealift %s", options->command);
    return failure_set(err, SEALIFT_INVALID, "`%s` has no option %.*s%s%s`sealift help%s%s` lists what there is",
                       object, (int)(nearest.word - word + (ptrdiff_t)nearest.len), word, guess,
                       nearest.best != NULL ? " " : "; ", options->command != NULL ? " " : "",
                       options->command != NULL ? options->command : "");
}

static enum sealift_status
take_value(const struct option *option, const char *origin, char *const *argv, int *at, const char **ret_value,
           struct sealift_error *err)
{
    const char *next = argv[*at];

    if (next == NULL)
        return failure_set(err, SEALIFT_INVALID, "%s needs a value: %s %s", origin, origin, option->placeholder);
    if (options_is_one(next) || strcmp(next, "--") == 0)
        return failure_set(err, SEALIFT_INVALID,
                           "%s needs a value, and an option follows; if the value really begins with a dash, write "
                           "%s=%s",
                           origin, origin, option->placeholder);
    *at += 1;
    *ret_value = next;
    return SEALIFT_OK;
}

static enum sealift_status
take_letters(const struct options *options, const char *word, struct sealift_error *err)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        struct place place;

        if (!find_letter(options, *letter, &place))
            return refuse_unknown(options, word, err);
        TRY(option_store(place.option, place.values, "yes", word, err));
    }
    return SEALIFT_OK;
}

enum sealift_status
options_take(const struct options *options, char *const *argv, int *at, struct sealift_error *err)
{
    const char *word = argv[*at], *name, *value;
    char origin[ORIGIN_SIZE];
    struct place place;
    size_t len;

    if (is_letters(word)) {
        *at += 1;
        return take_letters(options, word, err);
    }
    split(word, &name, &len, &value);
    if (!find(options, name, len, &place))
        return refuse_unknown(options, word, err);
    snprintf(origin, sizeof(origin), "--%s", place.option->name);
    *at += 1;

    if (place.option->type == OPTION_REFUSED)
        return failure_set(err, SEALIFT_INVALID,
                           "%s would put a secret where everybody on this machine can read it (the process list, the "
                           "shell's history); %s. If it was typed, consider it known and replace it",
                           origin, place.option->help);
    if (place.option->type == OPTION_FOREIGN)
        return failure_set(err, SEALIFT_INVALID, "%s is an option of %s", origin, place.option->help);
    if (!option_takes_value(place.option)) {
        if (value != NULL)
            return failure_set(err, SEALIFT_INVALID, "%s takes no value", origin);
        return option_store(place.option, place.values, "yes", origin, err);
    }
    if (!option_may_be_repeated(place.option) && option_is_set(place.option, place.values))
        return failure_set(err, SEALIFT_INVALID, "%s is given twice", origin);
    if (value == NULL)
        TRY(take_value(place.option, origin, argv, at, &value, err));
    return option_store(place.option, place.values, value, origin, err);
}

enum sealift_status
options_read(const struct options *options, char *const *argv, int at, const char **words, struct sealift_error *err)
{
    bool only_words = false;
    size_t count = 0;

    while (argv[at] != NULL) {
        if (only_words || (!options_is_one(argv[at]) && strcmp(argv[at], "--") != 0))
            words[count++] = argv[at++];
        else if (strcmp(argv[at], "--") == 0)
            only_words = argv[at++] != NULL;
        else
            TRY(options_take(options, argv, &at, err));
    }
    words[count] = NULL;
    return SEALIFT_OK;
}

static size_t
count_words(const char *const *words)
{
    size_t count = 0;

    while (words[count] != NULL)
        count++;
    return count;
}

static size_t
count_required(const struct option *arguments)
{
    size_t count = 0;

    for (; arguments->type != OPTION_END; arguments++)
        count += option_may_be_left_out(arguments) ? 0 : 1;
    return count;
}

/* The nth argument that must be there. */
static const struct option *
required_argument(const struct option *arguments, size_t n)
{
    for (;; arguments++)
        if (!option_may_be_left_out(arguments) && n-- == 0)
            return arguments;
}

static enum sealift_status
hand_out_words(const struct options *options, const char *const *words, struct sealift_error *err)
{
    const struct option *argument = options->arguments.table;
    size_t count = count_words(words), required = count_required(argument), spare;

    if (count < required)
        return failure_set(err, SEALIFT_INVALID, "`sealift %s`: %s is missing: %s; see `sealift help %s`",
                           options->command, required_argument(argument, count)->name,
                           required_argument(argument, count)->help, options->command);
    spare = count - required;
    for (; argument->type != OPTION_END && *words != NULL; argument++) {
        if (argument->type == OPTION_WORDS) {
            *(const char *const **)(void *)((char *)options->arguments.values + argument->field) = words;
            return SEALIFT_OK;
        }
        if (option_may_be_left_out(argument) && spare == 0)
            continue;
        spare -= option_may_be_left_out(argument) ? 1 : 0;
        TRY(option_store(argument, options->arguments.values, *words++, argument->name, err));
    }
    if (*words != NULL)
        return failure_set(err, SEALIFT_INVALID, "`sealift %s`: '%s' is one argument too many; see `sealift help %s`",
                           options->command, *words, options->command);
    return SEALIFT_OK;
}

/* The first option named in `names` whose presence is `wanted`. */
static const struct option *
first_of(const struct options *options, const char *names, bool wanted)
{
    const char *name;
    struct place place;
    size_t len;

    while (option_next_word(&names, &name, &len))
        if (find(options, name, len, &place) && option_is_set(place.option, place.values) == wanted)
            return place.option;
    return NULL;
}

static enum sealift_status
check_company(const struct options *options, struct sealift_error *err)
{
    struct walk walk = {0};
    struct place place;

    while (walk_next(options, &walk, &place)) {
        const struct option *other;

        if (!option_is_set(place.option, place.values))
            continue;
        other = first_of(options, place.option->excludes, true);
        if (other != NULL)
            return failure_set(err, SEALIFT_INVALID, "--%s and --%s exclude each other: give one of them",
                               place.option->name, other->name);
        other = first_of(options, place.option->needs, false);
        if (other != NULL)
            return failure_set(err, SEALIFT_INVALID, "--%s means nothing without --%s%s%s", place.option->name,
                               other->name, other->placeholder != NULL ? " " : "",
                               other->placeholder != NULL ? other->placeholder : "");
    }
    return SEALIFT_OK;
}

static enum sealift_status
fill_in_from_environment(const struct place *place, struct sealift_error *err)
{
    const char *names = place->option->environment, *word;
    size_t len;

    while (option_next_word(&names, &word, &len)) {
        char name[ORIGIN_SIZE];
        const char *value;

        snprintf(name, sizeof(name), "$%.*s", (int)len, word);
        value = getenv(name + 1);
        if (value != NULL && *value != '\0')
            return option_store(place->option, place->values, value, name, err);
    }
    return SEALIFT_OK;
}

static enum sealift_status
fill_in(const struct place *place, struct sealift_error *err)
{
    if (!option_is_set(place->option, place->values))
        TRY(fill_in_from_environment(place, err));
    if (!option_is_set(place->option, place->values) && place->option->preset != NULL)
        TRY(option_store(place->option, place->values, place->option->preset, place->option->name, err));
    return SEALIFT_OK;
}

static enum sealift_status
fill_in_all(const struct options *options, struct sealift_error *err)
{
    struct walk walk = {0};
    struct place place;

    while (walk_next(options, &walk, &place))
        TRY(fill_in(&place, err));
    place = (struct place){options->arguments.table, options->arguments.values};
    for (; place.option->type != OPTION_END; place.option++)
        TRY(fill_in(&place, err));
    return SEALIFT_OK;
}

static enum sealift_status
check_required(const struct options *options, struct sealift_error *err)
{
    struct walk walk = {0};
    struct place place;

    while (walk_next(options, &walk, &place))
        if (place.option->required && !option_is_set(place.option, place.values))
            return failure_set(err, SEALIFT_INVALID, "`sealift %s` needs --%s %s: %s", options->command,
                               place.option->name, place.option->placeholder, place.option->help);
    for (const struct option *argument = options->arguments.table; argument->type != OPTION_END; argument++)
        if (argument->required && !option_is_set(argument, options->arguments.values))
            return failure_set(err, SEALIFT_INVALID, "`sealift %s`: %s is missing; give it, or set one of: %s",
                               options->command, argument->name, argument->environment);
    return SEALIFT_OK;
}

enum sealift_status
options_complete(const struct options *options, const char *const *words, struct sealift_error *err)
{
    TRY(hand_out_words(options, words, err));
    TRY(check_company(options, err));
    TRY(fill_in_all(options, err));
    return check_required(options, err);
}

void
options_forget(const struct options *options)
{
    struct walk walk = {0};
    struct place place;

    while (walk_next(options, &walk, &place))
        option_forget(place.option, place.values);
}
