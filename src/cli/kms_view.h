/* How the cluster's KMS is shown: where its credential is found, never the credential. */
#ifndef KMS_VIEW_H
#define KMS_VIEW_H

#include "cli.h"

extern const struct column kms_view_columns[]; /* of struct sealift_kms */

#endif
