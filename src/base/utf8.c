#include "utf8.h"

static bool
is_within(uint8_t byte, uint8_t first, uint8_t last)
{
    return byte >= first && byte <= last;
}

/* The table of RFC 3629, section 4: only the second byte has limits that depend on the first. */
size_t
utf8_char_len(struct bytes text)
{
    const uint8_t *c = text.data;
    uint8_t second_first = 0x80, second_last = 0xbf;
    size_t len;

    if (text.len == 0)
        return 0;
    if (c[0] < 0x80)
        return 1;
    if (is_within(c[0], 0xc2, 0xdf))
        len = 2;
    else if (is_within(c[0], 0xe0, 0xef))
        len = 3;
    else if (is_within(c[0], 0xf0, 0xf4))
        len = 4;
    else
        return 0;
    if (c[0] == 0xe0)
        second_first = 0xa0;
    if (c[0] == 0xed)
        second_last = 0x9f;
    if (c[0] == 0xf0)
        second_first = 0x90;
    if (c[0] == 0xf4)
        second_last = 0x8f;
    if (text.len < len || !is_within(c[1], second_first, second_last))
        return 0;
    for (size_t i = 2; i < len; i++)
        if (!is_within(c[i], 0x80, 0xbf))
            return 0;
    return len;
}

bool
utf8_is_valid(struct bytes text)
{
    while (text.len > 0) {
        size_t len = utf8_char_len(text);
        struct bytes character;

        if (len == 0 || !bytes_cut(&text, len, &character))
            return false;
    }
    return true;
}
