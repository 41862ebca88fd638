/* One option, or one positional argument: the single place from which parsing, defaults, help, completion and man
 * pages are made. A command's table is an array of these that ends with a zeroed entry. */
#ifndef OPTION_H
#define OPTION_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The comment names the field that receives the value. A field that is zero was not given: so no value may be zero. */
enum option_type {
    OPTION_END,
    OPTION_FLAG,        /* bool; takes no value */
    OPTION_TEXT,        /* const char * */
    OPTION_CHOICE,      /* const char *, one of `choices` */
    OPTION_FILE,        /* const char * */
    OPTION_FOLDER,      /* const char * */
    OPTION_SECRET_FILE, /* const char *; it must still be there at the next login */
    OPTION_BYTES,       /* uint64_t; K, M, G, T */
    OPTION_DAYS,        /* int64_t; d, w, y */
    OPTION_DURATION,    /* int64_t, in seconds; s, m, h */
    OPTION_COUNT,       /* unsigned, 1 ... `most` */
    OPTION_TEXTS,       /* const char *const *, ends with NULL: it may be given several times */
    OPTION_FILES,       /* the same, of files */
    OPTION_WORDS,       /* const char *const *, ends with NULL; arguments only: all that are left */
    OPTION_REFUSED,     /* a secret that has no business in argv: `help` says what to use instead */
    OPTION_FOREIGN,     /* an option of another command: `help` says whose, and what is done here */
};

struct option {
    const char *name; /* "endpoint"; of an argument what usage lines show: "NAME" */
    enum option_type type;
    char letter;             /* of a flag, its short form: 'l' for -l */
    size_t field;            /* offsetof in the struct that the table fills */
    const char *placeholder; /* of the value: "URL" */
    const char *choices;     /* "auto path virtual" */
    const char *preset;      /* the value when nothing is given, as it would be typed */
    const char *environment; /* "VAULT_ADDR BAO_ADDR": when it is not given, the first of them that is set */
    const char *help;        /* a phrase; help and man page add default and environment */
    const char *excludes;    /* names of options that cannot be given together with this one */
    const char *needs;       /* names of options without which this one means nothing */
    unsigned most;
    bool required; /* an argument with `environment` may be left out when that is set */
};

/* Whether help, completion and man page tell of it. */
bool option_is_listed(const struct option *option);
bool option_takes_value(const struct option *option);
bool option_may_be_repeated(const struct option *option);
bool option_is_set(const struct option *option, const void *values);

/* Whether an argument may be missing from the command line. */
bool option_may_be_left_out(const struct option *option);

/* Converts `text` and stores it in its field. `origin` is where it comes from, for the message: "--memory",
 * "$SEALIFT_HOME". */
enum sealift_status option_store(const struct option *option, void *values, const char *text, const char *origin,
                                 struct sealift_error *err);

/* Frees what option_store() made: the list of one that may be repeated. */
void option_forget(const struct option *option, void *values);

/* Goes through the words of `choices`, `environment`, `excludes`, `needs`: false when there are no more. Begin with
 * *at = the list, which may be NULL. */
bool option_next_word(const char **at, const char **ret_word, size_t *ret_len);

#endif
