/* What `sealift fs snapshot verify` answers with. */
#ifndef CMD_SNAPSHOT_VERIFY_H
#define CMD_SNAPSHOT_VERIFY_H

#include "output.h"

/* Each kind has found out something else. */
extern const struct column cmd_snapshot_verify_keys_columns[];
extern const struct column cmd_snapshot_verify_objects_columns[];
extern const struct column cmd_snapshot_verify_read_columns[];
extern const struct column cmd_snapshot_verify_data_columns[];

#endif
