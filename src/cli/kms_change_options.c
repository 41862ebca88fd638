#include "kms_change_options.h"

const struct option kms_change_options[] = {
    {.name = "convert-to-cluster-key-on-fs",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_kms_change, convert),
     .excludes = "no-check",
     .help = "filesystems with a key of their own move to this key (without it: refused when this KMS lacks theirs)"},
    {.name = "destroy-local-key",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_kms_change, destroy_local_key),
     .excludes = "no-check",
     .help = "destroy the local key's file, even if snapshots of other filesystems in object stores hang on it"},
    {.name = "no-check",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_kms_change, no_check),
     .help = "store it without trying it and without moving anything; `sealift kms rewrap` moves later"},
    {0},
};
