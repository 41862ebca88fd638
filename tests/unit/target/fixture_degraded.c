#include "fixture_degraded.h"

#include <stdio.h>
#include <string.h>

char degraded[16384];

void
degraded_note(void *context, struct bytes entry, const char *what)
{
    size_t len = strlen(degraded);

    (void)context;
    snprintf(degraded + len, sizeof(degraded) - len, "%.*s: %s\n", (int)entry.len, (const char *)entry.data, what);
}
