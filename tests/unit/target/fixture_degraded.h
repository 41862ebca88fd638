/* What a target could not set, as it tells its caller. */
#ifndef FIXTURE_DEGRADED_H
#define FIXTURE_DEGRADED_H

#include "report.h"

extern char degraded[16384]; /* a line each: "a/b: reason" */

/* The callback that adds a line to it. */
void degraded_note(void *context, struct bytes entry, const char *what);

#endif
