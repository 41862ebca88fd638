#include "codepoint.h"

/* How many continuation bytes follow this first byte; -1: it is no first byte. */
static int
count_continuations(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    if (first >= 0xf0 && first <= 0xf4)
        return 3;
    return -1;
}

bool
codepoint_next(const char **text, uint32_t *ret_codepoint)
{
    static const uint8_t first_mask[] = {0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const uint8_t *at = (const uint8_t *)*text;
    int more = count_continuations(at[0]);
    uint32_t codepoint;

    *ret_codepoint = at[0];
    *text += 1;
    if (more < 0)
        return false;
    codepoint = at[0] & first_mask[more];
    for (int i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80) /* the final NUL is none either, so this never reads past it */
            return false;
        codepoint = codepoint << 6 | (at[i] & 0x3f);
    }
    if (codepoint < smallest[more] || codepoint > 0x10ffff || (codepoint >= 0xd800 && codepoint <= 0xdfff))
        return false;
    *ret_codepoint = codepoint;
    *text += more;
    return true;
}
