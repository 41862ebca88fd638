/* What something writes to a FILE, as a text: write to captured_begin(), then read what captured_end() returns. */
#ifndef CAPTURED_H
#define CAPTURED_H

#include <stdio.h>
#include <stdlib.h>

struct captured {
    FILE *out;
    char *text; /* good until the process ends, as a test's own soon does */
    size_t len;
};

/* All texts, since tests compare early ones with late ones and should not have to free any. They are freed all the
 * same: a leak of what is tested must not hide among leaks of the tests. */
struct captured_kept {
    struct captured_kept *next;
    char *text;
};
static struct captured_kept *captured_all;

[[gnu::destructor]] static void
captured_free_all(void)
{
    while (captured_all != NULL) {
        struct captured_kept *kept = captured_all;

        captured_all = kept->next;
        free(kept->text);
        free(kept);
    }
}

static inline void
captured_keep(char *text)
{
    struct captured_kept *kept = malloc(sizeof(*kept));

    if (kept == NULL)
        abort();
    *kept = (struct captured_kept){captured_all, text};
    captured_all = kept;
}

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
    captured_keep(captured->text);
    return captured->text;
}

#endif
