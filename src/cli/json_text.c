#include "json_text.h"

#include "codepoint.h"

static void
write_codepoint(FILE *out, uint32_t codepoint, const char *from, size_t len)
{
    switch (codepoint) {
    case '"':
    case '\\':
        fprintf(out, "\\%c", (int)codepoint);
        return;
    case '\n':
        fputs("\\n", out);
        return;
    case '\t':
        fputs("\\t", out);
        return;
    default:
        /* DEL and C1 could stand as they are, but a terminal would obey some of them. */
        if (codepoint < 0x20 || (codepoint >= 0x7f && codepoint < 0xa0))
            fprintf(out, "\\u%04x", (unsigned)codepoint);
        else
            fwrite(from, 1, len, out);
    }
}

void
json_text_write(FILE *out, const char *text)
{
    putc('"', out);
    while (*text != '\0') {
        const char *from = text;
        uint32_t codepoint;

        if (codepoint_next(&text, &codepoint))
            write_codepoint(out, codepoint, from, (size_t)(text - from));
        else
            fputs("\\ufffd", out);
    }
    putc('"', out);
}

bool
json_text_is_lossless(const char *text)
{
    uint32_t codepoint;

    while (*text != '\0')
        if (!codepoint_next(&text, &codepoint))
            return false;
    return true;
}

void
json_text_write_hex(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++)
        fprintf(out, "%02x", (unsigned)(unsigned char)*text);
    putc('"', out);
}
