/* `sealift help`: written from the tables. */
#ifndef HELP_H
#define HELP_H

#include "command.h"

#include <stdio.h>

void help_overview(FILE *out);
void help_command(FILE *out, const struct command *command);

/* A command, the beginning of several ("fs snapshot"), or a topic ("exit-codes"). NOT_FOUND says what was probably
 * meant. */
enum sealift_status help_topic(FILE *out, const char *topic, struct sealift_error *err);

#endif
