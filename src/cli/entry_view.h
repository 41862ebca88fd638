/* How an entry of a snapshot is shown. */
#ifndef ENTRY_VIEW_H
#define ENTRY_VIEW_H

#include "output.h"

#include <sealift/snapshot.h>

struct entry_view {
    const char *path, *type;
    const char *mode; /* "0755"; NULL: of a hard link, which has none of its own */
    int64_t uid, gid;
    uint64_t size;
    int64_t modified_ns; /* since 1970, as near as that reaches: 1677 to 2262 */
    int64_t mtime_s, mtime_ns;
    int64_t major, minor;
    const char *target;
    char mode_text[8];
};

extern const struct column entry_view_columns[]; /* of struct entry_view */

/* The view points to what the entry points to, and into itself. */
void entry_view_fill(const struct sealift_entry *entry, struct entry_view *view);

/* A line for people: the path; before it, when `is_long`, type and mode, owner, size and time, and behind it what it
 * leads to. */
void entry_view_write(FILE *out, const struct sealift_entry *entry, bool is_long);

#endif
