/* One pattern of what goes into snapshots, with the meaning that gitignore(5) gives it. docs/OPERATIONS.md, "What is
 * left out". */
#ifndef PATTERN_H
#define PATTERN_H

#include "buf.h"

struct pattern {
    char *text;            /* as it was given */
    struct bytes body;     /* of it: what is compared */
    bool negated;          /* "!": what matches stays */
    bool directories_only; /* "/" at the end */
    bool anchored;         /* "/" elsewhere: the whole path is compared, else its last name */
};

void pattern_done(struct pattern *pattern);

/* INVALID, with the reason, for what could never match anything. */
enum sealift_status pattern_parse(const char *text, struct pattern *ret_pattern, struct sealift_error *err);

/* Whether it says anything of the entry at `path`, which is not empty. That it may be for directories only is left to
 * the caller. */
bool pattern_matches(const struct pattern *pattern, struct bytes path);

#endif
