/* The commands. Each is a file of its own, cmd_*.c, that exports one `struct command`: its words, its tables, what it
 * does. */
#ifndef COMMAND_H
#define COMMAND_H

#include "option.h"

#define COMMAND_GROUPS 4

struct cli;

/* Options that several commands share are tables of their own, which fill a struct inside the command's values. */
struct option_group {
    const struct option *options; /* NULL: no more groups */
    size_t field;                 /* offsetof that struct */
};

struct command {
    const char *words;       /* "fs snapshot upload" */
    bool implied;            /* the last of them may be left out: `sealift fs` is `sealift fs list` */
    const char *summary;     /* a phrase in the imperative: no capital, no full stop */
    const char *description; /* paragraphs, with empty lines between them */
    const char *examples;    /* command lines, one a line */
    const char *interrupted; /* after Ctrl-C: how to go on; NULL: there is nothing to say */
    const struct option *arguments;
    struct option_group groups[COMMAND_GROUPS + 1];
    size_t size; /* of the struct that the tables fill; it begins as zeroes */
    enum sealift_status (*run)(struct cli *cli, const void *values, struct sealift_error *err);
};

extern const struct command *const commands[]; /* in the order of help; ends with NULL */
extern const struct option no_options[];       /* an empty table */

/* The command of exactly these words, or the one that they imply; NULL: none. */
const struct command *command_find(const char *words);

/* Whether commands begin with these words and go on behind them: "fs", "fs snapshot". The empty text: all do. */
bool command_is_beginning(const char *words);
/* Whether `command` is `words` or goes on behind them. */
bool command_begins_with(const struct command *command, const char *words);

#endif
