/* Text for people's eyes. Names come from disks and servers: whatever could move a cursor, colour a terminal or turn
 * the reading direction round is shown as \xNN instead of being done. */
#ifndef VISIBLE_H
#define VISIBLE_H

#include <stddef.h>
#include <stdio.h>

void visible_write(FILE *out, const char *text);
/* The same, but newlines stay: for messages of several lines. */
void visible_write_lines(FILE *out, const char *text);

/* Columns that a terminal needs for a text that visible_write() wrote. */
size_t visible_width(const char *text);

#endif
