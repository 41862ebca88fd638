#include "selection_options.h"

#include <sealift/selection.h>

const struct option selection_options[] = {
    {.name = "exclude",
     .type = OPTION_TEXTS,
     .field = offsetof(struct sealift_selection_spec, exclude),
     .placeholder = "PATTERN",
     .help = "leave out what PATTERN matches, written as in a .gitignore: '*.tmp', '/var/cache/', '!keep.tmp'"},
    {.name = "exclude-from",
     .type = OPTION_FILES,
     .field = offsetof(struct sealift_selection_spec, exclude_from),
     .placeholder = "FILE",
     .help = "the same for each line of FILE, or of standard input if it is -; --exclude comes behind it and wins"},
    {.name = "exclude-caches",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_selection_spec, exclude_caches),
     .help = "of a directory that a CACHEDIR.TAG marks as a cache keep only the tag"},
    {.name = "exclude-nodump",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_selection_spec, exclude_nodump),
     .help = "leave out what has the nodump flag (`chattr +d`)"},
    {0},
};
