#include "prose.h"

#include <string.h>

#define ENTRY_INDENT 26

static void
begin_line(FILE *out, size_t indent)
{
    fprintf(out, "%*s", (int)indent, "");
}

void
prose_write(FILE *out, const char *text, size_t indent, bool hanging)
{
    size_t column = hanging ? indent : 0;

    for (;;) {
        size_t blank = strspn(text, " \n"), len;

        if (strncmp(text, "\n\n", 2) == 0) {
            fputs("\n\n", out);
            column = 0;
        }
        text += blank;
        len = strcspn(text, " \n");
        if (len == 0)
            break;
        if (column > indent && column + 1 + len > PROSE_WIDTH) {
            putc('\n', out);
            column = 0;
        } else if (column > indent) {
            putc(' ', out);
            column++;
        }
        if (column == 0) {
            begin_line(out, indent);
            column = indent;
        }
        fwrite(text, 1, len, out);
        column += len;
        text += len;
    }
    putc('\n', out);
}

void
prose_entry(FILE *out, const char *term, const char *text)
{
    int len = fprintf(out, "  %s", term);

    if (len + 2 > ENTRY_INDENT) {
        putc('\n', out);
        prose_write(out, text, ENTRY_INDENT, false);
        return;
    }
    begin_line(out, (size_t)(ENTRY_INDENT - len));
    prose_write(out, text, ENTRY_INDENT, true);
}
