#include "command.h"

#include "commands.h"

#include <string.h>

const struct option no_options[] = {{0}};

const struct command *const commands[] = {
    &cmd_cluster_show,
    &cmd_cluster_recover,
    &cmd_obs_list,
    &cmd_obs_add,
    &cmd_obs_update,
    &cmd_obs_remove,
    &cmd_obs_snapshots,
    &cmd_kms_show,
    &cmd_kms_set_vault,
    &cmd_kms_set_kmip,
    &cmd_kms_reset,
    &cmd_kms_rewrap,
    &cmd_kms_check,
    &cmd_kms_drill,
    &cmd_kms_impact,
    &cmd_fs_list,
    &cmd_fs_add,
    &cmd_fs_update,
    &cmd_fs_kms_rewrap,
    &cmd_fs_rekey,
    &cmd_fs_remove,
    &cmd_fs_unlock,
    &cmd_fs_lock,
    &cmd_fs_download,
    &cmd_fs_key_list,
    &cmd_fs_key_add,
    &cmd_fs_key_remove,
    &cmd_snapshot_list,
    &cmd_snapshot_add,
    &cmd_snapshot_upload,
    &cmd_snapshot_verify,
    &cmd_snapshot_ls,
    &cmd_snapshot_get,
    &cmd_snapshot_remove,
    &cmd_help,
    &cmd_completion,
    NULL,
};

bool
command_begins_with(const struct command *command, const char *words)
{
    size_t len = strlen(words);

    return len == 0 ||
           (strncmp(command->words, words, len) == 0 && (command->words[len] == '\0' || command->words[len] == ' '));
}

const struct command *
command_find(const char *words)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        const char *last = strrchr((*command)->words, ' ');
        size_t len = strlen(words);

        if (strcmp((*command)->words, words) == 0)
            return *command;
        if ((*command)->implied && (size_t)(last - (*command)->words) == len &&
            memcmp((*command)->words, words, len) == 0)
            return *command;
    }
    return NULL;
}

bool
command_is_beginning(const char *words)
{
    for (const struct command *const *command = commands; *command != NULL; command++)
        if (command_begins_with(*command, words) && (*command)->words[strlen(words)] != '\0')
            return true;
    return false;
}
