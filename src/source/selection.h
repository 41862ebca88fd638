/* What of a filesystem goes into its snapshots: patterns of what is left out, and two habits. It is kept with the
 * filesystem, and sealed into each snapshot, as JSON:
 * {"exclude":["*.tmp"],"exclude_caches":true,"exclude_nodump":true}, where what is not there is not left out; "{}" is
 * everything. docs/FORMAT.md, "Private part". */
#ifndef SELECTION_H
#define SELECTION_H

#include "pattern.h"
#include "private_part.h"

/* The zero value is everything. Once made it is only read, by any thread. */
struct selection {
    struct pattern *patterns; /* the last one that matches decides */
    size_t count, capacity;
    bool exclude_caches; /* what lies in a directory with a CACHEDIR.TAG, but the tag */
    bool exclude_nodump; /* what has the nodump flag (chattr +d) */
};

void selection_done(struct selection *selection);

/* Appends a pattern. INVALID also when it is not UTF-8. */
enum sealift_status selection_add(struct selection *selection, const char *pattern, struct sealift_error *err);
/* Appends those of a file, as .gitignore is written: one a line, without empty lines, those that begin with '#', and
 * spaces at the end that no backslash keeps. `name` is for messages. */
enum sealift_status selection_add_lines(struct selection *selection, struct bytes lines, const char *name,
                                        struct sealift_error *err);

/* Appends what the JSON says; CORRUPT when it says something else. */
enum sealift_status selection_read(struct selection *selection, const char *json, struct sealift_error *err);
/* The JSON, with its NUL; INVALID when it does not fit. */
enum sealift_status selection_write(const struct selection *selection, char out[SELECTION_MAX],
                                    struct sealift_error *err);

/* The patterns as they were given, which stay the selection's; ends with NULL. The caller frees the list. */
enum sealift_status selection_list(const struct selection *selection, const char ***ret_list,
                                   struct sealift_error *err);

/* The pattern that leaves out the entry at `path` when it is a directory, and when it is anything else; NULL: it
 * stays. That a directory above it may be left out is for the walk, which never gets here then. */
struct verdict {
    const struct pattern *directory, *other;
};
/* `selection` may be NULL, `path` is not empty. */
struct verdict selection_judge(const struct selection *selection, struct bytes path);

#endif
