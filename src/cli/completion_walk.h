/* What both shells' completion scripts need to go through: each beginning of commands once, each option name once. */
#ifndef COMPLETION_WALK_H
#define COMPLETION_WALK_H

#include "command.h"

#include <stdio.h>

/* Calls `write` for "", "obs", "obs list", "obs add" ...: every beginning of a command's words, the whole of them
 * included. */
void completion_each_beginning(FILE *out, void (*write)(FILE *out, const char *words));
/* Calls `write` for each option that takes a value, the global ones included, once a name. */
void completion_each_value(FILE *out, void (*write)(FILE *out, const struct option *option));

/* The words that may follow a beginning, with a blank between them. */
void completion_write_next(FILE *out, const char *words);
/* Calls `write` for all options that may be given then. */
void completion_each_option(FILE *out, const char *words, void (*write)(FILE *out, const struct option *option));

#endif
