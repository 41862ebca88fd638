#include "nearest.h"

#include <string.h>

#define LONGEST 48 /* no option or command is longer; what is, is no slip of the finger */

static size_t
smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance, one row at a time. */
static size_t
measure(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[LONGEST + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

            diagonal = row[j];
            row[j] = smallest(row[j] + 1, row[j - 1] + 1, replaced);
        }
    }
    return row[b_len];
}

void
nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t len = strlen(candidate);
    size_t distance;

    if (nearest->len == 0 || nearest->len > LONGEST || len > LONGEST)
        return;
    if (nearest->len >= 2 && nearest->len < len && memcmp(nearest->word, candidate, nearest->len) == 0)
        distance = 0;
    else
        distance = measure(nearest->word, nearest->len, candidate, len);
    if (distance > 1 + nearest->len / 4 || (nearest->best != NULL && distance >= nearest->distance))
        return;
    nearest->best = candidate;
    nearest->distance = distance;
}
