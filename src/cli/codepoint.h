/* UTF-8, one code point at a time. File names may hold any bytes, so what is not UTF-8 must be noticed. */
#ifndef CODEPOINT_H
#define CODEPOINT_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the code point at *text, which must not be at the final NUL, and moves *text behind it. False: the byte there
 * begins no valid sequence (overlong forms and surrogates are not valid); it alone was skipped and is in
 * *ret_codepoint. */
bool codepoint_next(const char **text, uint32_t *ret_codepoint);

#endif
