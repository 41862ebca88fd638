#include "transfer_options.h"

#include <sealift/transfer.h>

const struct option transfer_options[] = {
    {.name = "workers",
     .type = OPTION_COUNT,
     .field = offsetof(struct sealift_transfer_options, workers),
     .placeholder = "N",
     .most = 256,
     .help = "threads that compress and seal, or open and write (without it: one a core, at most 16)"},
    {.name = "connections",
     .type = OPTION_COUNT,
     .field = offsetof(struct sealift_transfer_options, connections),
     .placeholder = "N",
     .most = 256,
     .help = "transfers at the same time (without it: 8, fewer under a low --memory)"},
    {0},
};
