/* Paragraphs on a terminal. */
#ifndef PROSE_H
#define PROSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PROSE_WIDTH 80

/* Writes `text` wrapped at PROSE_WIDTH, every line indented; empty lines between paragraphs stay. Ends with a newline.
 * The first line's indent is supposed to be written already when `hanging`. */
void prose_write(FILE *out, const char *text, size_t indent, bool hanging);

/* An entry of a list: the term, then the text beside it, or below it when the term is too long. */
void prose_entry(FILE *out, const char *term, const char *text);

#endif
