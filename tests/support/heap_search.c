#include "heap_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The main heap; nothing that searches it lies there. */
static bool
find_heap(uintptr_t *ret_begin, uintptr_t *ret_end)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], buffer[4096];
    bool found = false;

    if (maps == NULL)
        return false;
    setvbuf(maps, buffer, _IOFBF, sizeof(buffer));
    while (!found && fgets(line, sizeof(line), maps) != NULL)
        found = strstr(line, "[heap]") != NULL && sscanf(line, "%lx-%lx", ret_begin, ret_end) == 2;
    fclose(maps);
    return found;
}

static bool
stands_at(const uint8_t *at, const char *shifted, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != (uint8_t)(shifted[i] - 1))
            return false;
    return true;
}

size_t
heap_count_shifted(const char *shifted)
{
    uintptr_t begin, end;
    size_t len = strlen(shifted), count = 0;

    if (!find_heap(&begin, &end))
        return 0;
    for (uintptr_t at = begin; at + len <= end; at++)
        count += stands_at((const uint8_t *)at, shifted, len); /* mapped and readable from begin to end */
    return count;
}
