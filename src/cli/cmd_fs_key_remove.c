#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "key_subject.h"
#include "obs_options.h"

struct fs_key_remove {
    struct key_subject subject;
    const char *record;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct fs_key_remove *remove = values;
    struct sealift_key_spec spec = {0};
    struct sealift *sealift;

    TRY(key_subject_read(&remove->subject, &spec, err));
    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_key_remove(sealift, &spec, remove->record, err));
    console_say(&cli->console, "Key record %s is removed. In a bucket that keeps versions an old version of it stays.",
                remove->record);
    return SEALIFT_OK;
}

static const struct option arguments[] = {
    KEY_SUBJECT_ARGUMENT(struct fs_key_remove),
    {.name = "RECORD",
     .type = OPTION_TEXT,
     .field = offsetof(struct fs_key_remove, record),
     .required = true,
     .help = "UUID of the key record, as `sealift fs key` lists it"},
    {0},
};

const struct command cmd_fs_key_remove = {
    .words = "fs key remove",
    .summary = "remove a key record, so that its KMS no longer opens a filesystem",
    .description =
        "Where the bucket allows deletion. Refused unless another record of the same key was opened by a KMS just now, "
        "so that the last one that opens is never removed; run it on a machine that has that other KMS. A record that "
        "cannot be read is removed without that.\n\n"
        "Snapshots carry a wrapping of their own, of the KMS that was in force when they were uploaded, and a bucket "
        "with versions keeps old ones: who must not open it any more is kept out by retiring the key in that KMS.",
    .examples = "sealift fs key remove home 018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7",
    .arguments = arguments,
    .groups = {{key_subject_options, offsetof(struct fs_key_remove, subject)},
               {obs_access_options, offsetof(struct fs_key_remove, subject.obs)}},
    .size = sizeof(struct fs_key_remove),
    .run = run,
};
