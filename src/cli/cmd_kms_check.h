/* A line of `sealift kms check`. */
#ifndef CMD_KMS_CHECK_H
#define CMD_KMS_CHECK_H

#include "output.h"

extern const struct column cmd_kms_check_columns[];

#endif
