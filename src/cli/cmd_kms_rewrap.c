#include "cmd_kms_rewrap.h"

#include "cli_scoped.h"
#include "commands.h"
#include "obs_options.h"
#include "rewrapped_view.h"

enum sealift_status
cmd_kms_rewrap_run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done)
    struct listing listing = {.out = cli->out, .json = cli->json, .columns = rewrapped_view_columns};
    const struct sealift_rewrap_spec *spec = values;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(obs_options_check(&spec->obs, err));
    TRY(cli_open(cli, &sealift, err));
    status = sealift_kms_rewrap(sealift, spec, rewrapped_view_add, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK && listing.rows == 0)
        console_say(&cli->console, "There is no filesystem to rewrap.");
    return status;
}

static const struct option options[] = {
    {.name = "all",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_rewrap_spec, all),
     .excludes = "obs",
     .help = "also filesystems with a key of their own, each to that key's newest version"},
    {.name = "new-key-uid",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_rewrap_spec, new_key_uid),
     .placeholder = "UID",
     .excludes = "obs",
     .help = "KMIP, where it is required: the key that becomes the cluster key, as KMIP keys have no versions"},
    {.name = "convert-to-cluster-key-on-fs",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_rewrap_spec, convert),
     .excludes = "obs",
     .help = "filesystems with a key of their own move to the cluster key"},
    {.name = "dry-run",
     .type = OPTION_FLAG,
     .field = offsetof(struct sealift_rewrap_spec, dry_run),
     .help = "say what would be done, and wrap and write nothing"},
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_rewrap_spec, obs.url),
     .placeholder = "OBS",
     .help = "the filesystems of this object store (a name from `sealift obs`, or a URL), also unknown ones"},
    {.name = "fs",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_rewrap_spec, fs_id),
     .placeholder = "UUID",
     .needs = "obs",
     .help = "only this filesystem of the object store"},
    {0},
};

const struct command cmd_kms_rewrap = {
    .words = "kms rewrap",
    .summary = "wrap filesystems' keys with the newest version of the KMS's key",
    .description =
        "After a key was rotated in the KMS: every filesystem under the cluster key, and with each all its uploaded "
        "snapshots, without anything being read or uploaded again. It costs one key record and three calls to the KMS "
        "for each key of a filesystem, however many snapshots there are; what is current already, one call. With Vault "
        "the KMS rewraps by itself. Each new wrapping is shown to open before it counts.\n\n"
        "Afterwards the old version can be retired (Vault: min_decryption_version), which makes the old wrappings "
        "useless, also to whoever copied them. A filesystem that fails does not keep the others from it: look at what "
        "failed before that. After a failure, or a kill, the same command goes on.\n\n"
        "With --obs also filesystems that this cluster's table does not know, whose own cluster may be gone: their "
        "keys move to this cluster's key, as far as this cluster can open them. A second KMS's wrappings (`sealift fs "
        "key add`) are left as they are.",
    .examples = "vault write -f transit/keys/cluster-key/rotate && sealift kms rewrap\n"
                "sealift kms rewrap --all --dry-run\n"
                "sealift kms rewrap --new-key-uid 7c5b0d1e\n"
                "sealift kms rewrap --obs dr --fs 6f1d0a6e-3b1c-4c55-9d0a-0123456789ab",
    .interrupted = "What was rewrapped stays so; give the same command again to go on.",
    .arguments = no_options,
    .groups = {{options, 0}, {obs_access_options, offsetof(struct sealift_rewrap_spec, obs)}},
    .size = sizeof(struct sealift_rewrap_spec),
    .run = cmd_kms_rewrap_run,
};
