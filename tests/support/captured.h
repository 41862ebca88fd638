/* What something writes to a FILE, as a text: write to captured_begin(), then read what captured_end() returns. */
#ifndef CAPTURED_H
#define CAPTURED_H

#include <stdio.h>
#include <stdlib.h>

struct captured {
    FILE *out;
    char *text; /* the test's process ends soon: nobody frees it */
    size_t len;
};

static inline FILE *
captured_begin(struct captured *captured)
{
    captured->out = open_memstream(&captured->text, &captured->len);
    if (captured->out == NULL)
        abort();
    return captured->out;
}

static inline const char *
captured_end(struct captured *captured)
{
    fclose(captured->out);
    return captured->text;
}

#endif
