/* "a, b,c" as an admin types it: its parts, one by one. */
#ifndef COMMA_LIST_H
#define COMMA_LIST_H

#include "buf.h"

/* The first part of *rest, without the spaces around it; it may be empty. *rest is then what follows the comma, or NULL
 * after the last one. False when *rest is NULL: there is no other. */
bool comma_list_next(const char **rest, struct bytes *ret_part);

#endif
