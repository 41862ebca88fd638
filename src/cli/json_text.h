/* JSON strings (RFC 8259). */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stdbool.h>
#include <stdio.h>

/* Writes `text` in quotes; each byte that is not UTF-8 becomes U+FFFD. */
void json_text_write(FILE *out, const char *text);
/* Whether json_text_write() loses nothing. */
bool json_text_is_lossless(const char *text);
/* The bytes as hexadecimal digits, in quotes: what cannot be said as text. */
void json_text_write_hex(FILE *out, const char *text);

#endif
