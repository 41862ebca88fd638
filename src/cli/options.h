/* Reading a command line by its tables.
 *
 * `--name value` and `--name=value`; `--` ends the options; options and arguments may be mixed. Nothing may be
 * abbreviated, so that a new option never breaks a script. Only an option's name is ever repeated in a message, never
 * the value of one that is not known: it might be a secret. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "option.h"

#define OPTIONS_TABLES 6

/* A table and the struct that it fills. */
struct option_set {
    const struct option *table; /* NULL: no more sets */
    void *values;
};

struct options {
    const char *command; /* "obs add", for messages; NULL: none yet */
    struct option_set sets[OPTIONS_TABLES];
    struct option_set arguments; /* the positional ones */
};

/* Whether `word` is written as an option: "-x", "--x", but neither "-" nor "--". */
bool options_is_one(const char *word);
/* Whether the tables have the option that `word` names. */
bool options_knows(const struct options *options, const char *word);

/* Stores the option at argv[*at] and moves *at behind it and its value. */
enum sealift_status options_take(const struct options *options, char *const *argv, int *at, struct sealift_error *err);

/* Stores everything from argv[at] on; the positional ones go to `words`, which has room for all and a NULL. */
enum sealift_status options_read(const struct options *options, char *const *argv, int at, const char **words,
                                 struct sealift_error *err);

/* Hands the gathered words to the arguments, then fills in from the environment and by presets, and checks what
 * excludes, needs and is required. Required arguments are served first; optional ones share what is left over, from
 * left to right. */
enum sealift_status options_complete(const struct options *options, const char *const *words,
                                     struct sealift_error *err);

/* Frees what the values own: the lists of options that may be repeated. */
void options_forget(const struct options *options);

#endif
