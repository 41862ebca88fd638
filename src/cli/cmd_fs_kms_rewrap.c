#include "cmd_kms_rewrap.h"
#include "commands.h"

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_rewrap_spec, fs),
     .required = true,
     .help = "of the filesystem"},
    {0},
};

static const struct option options[] = {
    {.name = "new-key-uid",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_rewrap_spec, new_key_uid),
     .placeholder = "UID",
     .help = "KMIP: the key that its own key becomes, as KMIP keys have no versions"},
    {.name = "dry-run",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_rewrap_spec, dry_run),
     .help = "say what would be done, and wrap and write nothing"},
    {0},
};

const struct command cmd_fs_kms_rewrap = {
    .words = "fs kms-rewrap",
    .summary = "wrap one filesystem's key with the newest version of its KMS key",
    .description =
        "After the key was rotated in the KMS. Its uploaded snapshots follow, without being read or uploaded again: "
        "one key record, however many they are. With Vault the KMS rewraps by itself, and the key does not leave it. "
        "The new wrapping is shown to open before it counts, and the old ones stay in the bucket until their key "
        "version is retired (min_decryption_version).\n\n"
        "A KMIP key has no versions: --new-key-uid names another key on the same servers, for a filesystem with a key "
        "of its own. `sealift kms rewrap` does all filesystems that are under the cluster key.",
    .examples = "sealift fs kms-rewrap home\nsealift fs kms-rewrap tenant --new-key-uid 7c5b0d1e",
    .interrupted = "What was written stays and counts; give the same command again to go on.",
    .arguments = arguments,
    .groups = {{options, 0}},
    .size = sizeof(struct sealift_rewrap_spec),
    .run = cmd_kms_rewrap_run,
};
