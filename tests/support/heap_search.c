#include "heap_search.h"

#include "wiping_heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct range {
    uintptr_t begin, end;
};

/* The mapping that holds `address`; empty when none does. Nothing that searches it lies there. */
static struct range
mapping_of(uintptr_t address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], buffer[4096];
    struct range range = {0};

    if (maps == NULL)
        return range;
    setvbuf(maps, buffer, _IOFBF, sizeof(buffer));
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx", &range.begin, &range.end) == 2 && range.begin <= address && address < range.end)
            break;
        range = (struct range){0};
    }
    fclose(maps);
    return range;
}

/* It looks where nobody else may, freed blocks among them. */
[[gnu::no_sanitize_address]] static bool
stands_at(const uint8_t *at, const char *shifted, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != (uint8_t)(shifted[i] - 1))
            return false;
    return true;
}

static size_t
count_in(struct range range, const char *shifted)
{
    size_t len = strlen(shifted), count = 0;

    for (uintptr_t at = range.begin; at + len <= range.end; at++)
        count += stands_at((const uint8_t *)at, shifted, len); /* mapped and readable from begin to end */
    return count;
}

size_t
heap_count_shifted(const char *shifted)
{
    void *probe = wiping_heap_malloc(1);
    size_t count = count_in(mapping_of((uintptr_t)probe), shifted);

    wiping_heap_free(probe);
#ifndef __SANITIZE_ADDRESS__
    count += count_in(mapping_of((uintptr_t)sbrk(0) - 1), shifted); /* malloc()'s */
#endif
    return count;
}
