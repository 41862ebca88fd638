#include "visible.h"

#include "codepoint.h"

#include <wchar.h>

static bool
is_harmless(uint32_t codepoint)
{
    if (codepoint < 0x20 || (codepoint >= 0x7f && codepoint < 0xa0))
        return false; /* C0, DEL, C1 */
    if (codepoint == 0x2028 || codepoint == 0x2029)
        return false; /* line and paragraph separators */
    if (codepoint == 0x061c || codepoint == 0x200e || codepoint == 0x200f)
        return false; /* direction marks */
    return !(codepoint >= 0x202a && codepoint <= 0x202e) && !(codepoint >= 0x2066 && codepoint <= 0x2069);
}

static void
write_shown(FILE *out, const char *text, bool keep_newlines)
{
    while (*text != '\0') {
        const char *from = text;
        uint32_t codepoint;
        bool valid = codepoint_next(&text, &codepoint);

        if (valid && (is_harmless(codepoint) || (keep_newlines && codepoint == '\n'))) {
            fwrite(from, 1, (size_t)(text - from), out);
            continue;
        }
        for (; from < text; from++)
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)*from);
    }
}

void
visible_write(FILE *out, const char *text)
{
    write_shown(out, text, false);
}

void
visible_write_lines(FILE *out, const char *text)
{
    write_shown(out, text, true);
}

size_t
visible_width(const char *text)
{
    size_t width = 0;

    while (*text != '\0') {
        uint32_t codepoint;
        int columns = 1;

        if (codepoint_next(&text, &codepoint))
            columns = wcwidth((wchar_t)codepoint);
        width += columns >= 0 ? (size_t)columns : 1;
    }
    return width;
}
