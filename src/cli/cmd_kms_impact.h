/* What the impact of a key is shown as in JSON; docs/JSON.md describes it. */
#ifndef CMD_KMS_IMPACT_H
#define CMD_KMS_IMPACT_H

#include "output.h"

extern const struct column cmd_kms_impact_columns[];        /* of struct sealift_impacted */
extern const struct column cmd_kms_impact_totals_columns[]; /* of struct sealift_impact_result */

#endif
