/* Completion for shells, written from the tables. */
#ifndef COMPLETION_H
#define COMPLETION_H

#include <stdio.h>

void completion_bash(FILE *out);
void completion_zsh(FILE *out);

#endif
