/* Man pages in mdoc, written from the tables: sealift(1), and one page a command. */
#ifndef MAN_H
#define MAN_H

#include "command.h"

#include <stdio.h>

#define MAN_NAME_SIZE 64

/* "sealift-fs-snapshot-upload"; of NULL "sealift". */
void man_name(const struct command *command, char out[MAN_NAME_SIZE]);

/* `date` is "November 24, 2026". */
void man_program(FILE *out, const char *date);
void man_command(FILE *out, const struct command *command, const char *date);

#endif
