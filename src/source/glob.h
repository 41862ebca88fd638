/* A name against a shell's pattern: `*` is any run of bytes, `?` any one, `[a-z]`, `[!a-z]` and `[[:digit:]]` one of a
 * set, a backslash takes the meaning from what follows. Bytes, not characters; as wildmatch() of git, within one name.
 * Never more than the product of both lengths in steps, whatever the pattern. */
#ifndef GLOB_H
#define GLOB_H

#include "buf.h"

/* Neither holds a '/'. A glob with a flaw matches nothing. */
bool glob_matches(struct bytes glob, struct bytes name);

/* Why a glob can never match: a phrase; NULL: it can. */
const char *glob_flaw(struct bytes glob);

#endif
