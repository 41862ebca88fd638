/* What help and man page both say of a command's tables. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "command.h"

#include <stdio.h>

/* What an option does, with its choices, default and environment variables. */
void describe_option(FILE *out, const struct option *option);
/* "--endpoint URL"; of an argument its name. */
void describe_term(FILE *out, const struct option *option, bool is_argument);

/* Goes through a command's options, all groups; begin with {0}. Those that are refused are left out. */
struct describe_walk {
    size_t group, entry;
};
const struct option *describe_next(const struct command *command, struct describe_walk *walk); /* NULL: no more */

/* The program as a whole: paragraphs, and a tour of command lines. */
extern const char describe_program[];
extern const char describe_tour[];

#endif
