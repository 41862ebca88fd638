/* What `kms rewrap` and `fs kms-rewrap` do with what their tables filled. */
#ifndef CMD_KMS_REWRAP_H
#define CMD_KMS_REWRAP_H

#include "cli.h"

/* `values` is a struct sealift_rewrap_spec. */
enum sealift_status cmd_kms_rewrap_run(struct cli *cli, const void *values, struct sealift_error *err);

#endif
