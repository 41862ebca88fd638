/* What the drill shows as JSON; docs/JSON.md describes it. */
#ifndef CMD_KMS_DRILL_H
#define CMD_KMS_DRILL_H

#include "output.h"

extern const struct column cmd_kms_drill_columns[];        /* of struct sealift_drilled */
extern const struct column cmd_kms_drill_totals_columns[]; /* of struct sealift_drill_result */

#endif
