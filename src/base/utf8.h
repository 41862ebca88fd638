/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF. */
#ifndef UTF8_H
#define UTF8_H

#include "buf.h"

/* The length (1 to 4) of the character that `text` begins with; 0 when it begins with none. */
size_t utf8_char_len(struct bytes text);
bool utf8_is_valid(struct bytes text);

#endif
