#include "comma_list.h"

#include <string.h>

static struct bytes
without_spaces(struct bytes part)
{
    while (part.len > 0 && part.data[0] == ' ')
        part = (struct bytes){part.data + 1, part.len - 1};
    while (part.len > 0 && part.data[part.len - 1] == ' ')
        part.len--;
    return part;
}

bool
comma_list_next(const char **rest, struct bytes *ret_part)
{
    const char *text = *rest;
    size_t len;

    if (text == NULL)
        return false;
    len = strcspn(text, ",");
    *ret_part = without_spaces((struct bytes){(const uint8_t *)text, len});
    *rest = text[len] == ',' ? text + len + 1 : NULL;
    return true;
}
