#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "key_subject.h"
#include "key_view.h"
#include "obs_options.h"
#include "second_kms_options.h"

struct fs_key_add {
    struct key_subject subject;
    struct second_kms_values kms;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done) struct listing listing = {.out = cli->out, .json = cli->json, .columns = key_view_columns};
    const struct fs_key_add *add = values;
    struct sealift_key_spec spec = {0};
    struct second_kms second;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(key_subject_read(&add->subject, &spec, err));
    TRY(second_kms_read(&add->kms, &second, err));
    TRY(cli_open(cli, &sealift, err));
    status = sealift_key_add(sealift, &spec, &second.spec, key_view_add, &listing, err);
    listing_end(&listing);
    return status;
}

static const struct option arguments[] = {
    KEY_SUBJECT_ARGUMENT(struct fs_key_add),
    {0},
};

const struct command cmd_fs_key_add = {
    .words = "fs key add",
    .summary = "let a second KMS open a filesystem, too",
    .description = "A disaster recovery Vault, a KMIP server, or a break-glass key in a file that is kept offline. "
                   "Each key of the filesystem, with all its uploaded snapshots, gets one more key record, which that "
                   "KMS is shown to open; from then on any one of them is enough. Nothing in the table changes, and "
                   "the second KMS is not kept there: who wants to open by it uses a machine on which it is set "
                   "(`sealift kms set`), or puts the key file there as local-kms.key in the home folder.\n\n"
                   "`sealift kms rewrap` leaves such wrappings alone: when the second KMS's key was rotated, add it "
                   "again. Give it again after `sealift fs rekey`, too, and for snapshots that were uploaded with "
                   "--new-data-key since. Where it has a wrapping that opens already, none is added.",
    .examples = "sealift fs key add home --vault https://dr.example.com:8200 --kms-key-identifier sealift "
                "--kms-role-id R --kms-secret-id-file /etc/sealift/dr-secret-id\n"
                "sealift fs key add home --local-key-file /media/usb/home.key\n"
                "sealift fs key add home --kmip kmip.example.com:5696 --kms-key-identifier 7c5b0d1e --kms-client-cert "
                "/etc/sealift/kmip.pem --kms-client-key /etc/sealift/kmip.key",
    .interrupted = "What was added stays and counts; give the same command again to go on.",
    .arguments = arguments,
    .groups = {{key_subject_options, offsetof(struct fs_key_add, subject)},
               {second_kms_options, offsetof(struct fs_key_add, kms)},
               {obs_access_options, offsetof(struct fs_key_add, subject.obs)}},
    .size = sizeof(struct fs_key_add),
    .run = run,
};
