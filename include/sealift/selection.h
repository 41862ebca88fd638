/* What of a filesystem goes into its snapshots: everything but what is named here. */
#ifndef SEALIFT_SELECTION_H
#define SEALIFT_SELECTION_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sealift_selection_spec {
    /* Patterns with the meaning of gitignore(5), below the filesystem's root; the last that matches decides, and those
     * of files come first. Each list ends with NULL; NULL: none. */
    const char *const *exclude;
    const char *const *exclude_from; /* files with a pattern a line; "-": standard input */
    bool exclude_caches;             /* what lies in a directory with a CACHEDIR.TAG, but the tag */
    bool exclude_nodump;             /* what has the nodump flag (chattr +d) */
};

#ifdef __cplusplus
}
#endif

#endif
