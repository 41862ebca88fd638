#include "cli_scoped.h"
#include "commands.h"
#include "failure.h"
#include "fs_view.h"
#include "own_key_options.h"
#include "selection_options.h"

struct fs_add {
    struct sealift_fs_spec spec;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct fs_add *add = values;
    struct sealift *sealift;

    if (add->spec.obs == NULL && !add->spec.no_key_backup)
        return failure_set(err, SEALIFT_INVALID,
                           "`sealift fs add` needs --obs OBS: the store that keeps the wrapped key, and later the "
                           "snapshots; without it (--no-key-backup) the key is lost together with this table");
    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_fs_add(sealift, &add->spec, err));
    return fs_view_show(cli, add->spec.name, err);
}

static const struct option arguments[] = {
    {.name = "NAME",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_add, spec.name),
     .required = true,
     .help = "what the filesystem will be called"},
    {.name = "PATH",
     .type = OPTION_FOLDER,
     .field = offsetof(struct fs_add, spec.path),
     .required = true,
     .help = "the directory that it is"},
    {0},
};

static const struct option options[] = {
    {.name = "obs",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_add, spec.obs),
     .placeholder = "OBS",
     .excludes = "no-key-backup",
     .help = "name of the store that keeps the wrapped key and the snapshots"},
    {.name = "no-key-backup",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_add, spec.no_key_backup),
     .help = "add it without a store: when this table is lost, the key is lost"},
    {.name = "encrypted",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_add, spec.encrypted),
     .help = "make PATH, which is empty or does not exist yet, an encrypted directory, which only the KMS unlocks "
             "(ext4, F2FS)"},
    {.name = "allow-no-kms",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_add, spec.allow_no_kms),
     .help = "without a KMS, wrap with a key file in the home folder: INSECURE, for trials"},
    {0},
};

const struct command cmd_fs_add = {
    .words = "fs add",
    .summary = "add a filesystem, with a key of its own",
    .description =
        "A random 256-bit key is drawn, wrapped by the KMS, and shown to open. The wrapped key goes into the "
        "bucket and is read back before the table keeps it: from then on the bucket and the KMS are enough to "
        "get everything back. PATH must exist, and nothing in it is touched.\n\n"
        "With --encrypted PATH must be empty, and is made where it does not exist: the kernel encrypts contents and "
        "names in PATH (Linux fscrypt) under a second random key, "
        "which the KMS wraps, too: it is in the bucket before PATH is encrypted, and it is never written in the clear. "
        "After a start of the machine `sealift fs unlock` asks the KMS and gives it to the kernel.\n\n"
        "With --kms-key-identifier the KMS wraps under a key of the filesystem's own instead of the cluster key: "
        "another tenant's, say, in a namespace and with a role of its own. Where its credential is found is kept, the "
        "credential never; and no credential opens another tenant's filesystem. For Vault the cluster must log in by "
        "AppRole or Kubernetes (`sealift help kms set vault`).\n\n"
        "What --exclude and its kin name is left out of all snapshots; `sealift fs update` changes it.",
    .examples = "sealift fs add home /srv/home --obs dr\n"
                "sealift fs add www /srv/www --obs dr --exclude '*.tmp' --exclude /cache/ --exclude-caches\n"
                "sealift fs add vault /srv/vault --obs dr --encrypted\n"
                "sealift fs add blue /srv/blue --obs dr --kms-namespace tenants/blue --kms-key-identifier backup "
                "--kms-role-id ID --kms-secret-id-file /etc/sealift/blue",
    .arguments = arguments,
    .groups = {{options, 0},
               {own_key_options, offsetof(struct fs_add, spec.own_key)},
               {selection_options, offsetof(struct fs_add, spec.selection)}},
    .size = sizeof(struct fs_add),
    .run = run,
};
