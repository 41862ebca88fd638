/* All commands by name; the order of help stands in command.c. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "command.h"

extern const struct command cmd_cluster_show;
extern const struct command cmd_cluster_recover;
extern const struct command cmd_obs_list;
extern const struct command cmd_obs_add;
extern const struct command cmd_obs_update;
extern const struct command cmd_obs_remove;
extern const struct command cmd_obs_snapshots;
extern const struct command cmd_kms_show;
extern const struct command cmd_kms_set_vault;
extern const struct command cmd_kms_set_kmip;
extern const struct command cmd_kms_reset;
extern const struct command cmd_kms_rewrap;
extern const struct command cmd_kms_check;
extern const struct command cmd_kms_drill;
extern const struct command cmd_kms_impact;
extern const struct command cmd_fs_list;
extern const struct command cmd_fs_add;
extern const struct command cmd_fs_update;
extern const struct command cmd_fs_kms_rewrap;
extern const struct command cmd_fs_rekey;
extern const struct command cmd_fs_remove;
extern const struct command cmd_fs_unlock;
extern const struct command cmd_fs_lock;
extern const struct command cmd_fs_download;
extern const struct command cmd_fs_key_list;
extern const struct command cmd_fs_key_add;
extern const struct command cmd_fs_key_remove;
extern const struct command cmd_snapshot_list;
extern const struct command cmd_snapshot_add;
extern const struct command cmd_snapshot_upload;
extern const struct command cmd_snapshot_verify;
extern const struct command cmd_snapshot_ls;
extern const struct command cmd_snapshot_get;
extern const struct command cmd_snapshot_remove;
extern const struct command cmd_help;
extern const struct command cmd_completion;

#endif
