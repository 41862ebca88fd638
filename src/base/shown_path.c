#include "shown_path.h"

#include <string.h>

#define GAP " ... "

/* A path that is handed to the kernel has no NUL; one that a hostile tree brings may. */
static void
show(char *out, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = data[i] != '\0' ? (char)data[i] : '?';
    out[len] = '\0';
}

struct shown_path
shown_path(struct bytes path)
{
    struct shown_path shown = {"."};
    size_t room = sizeof(shown.text) - sizeof(GAP);
    size_t head = room / 3;

    if (path.len > 0 && path.len <= room)
        show(shown.text, path.data, path.len);
    if (path.len > room) {
        show(shown.text, path.data, head);
        memcpy(shown.text + head, GAP, strlen(GAP));
        show(shown.text + head + strlen(GAP), path.data + path.len - (room - head), room - head);
    }
    return shown;
}
