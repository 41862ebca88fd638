#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "key_subject.h"
#include "key_view.h"
#include "obs_options.h"

struct fs_key_list {
    struct key_subject subject;
    bool check;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(listing_done) struct listing listing = {.out = cli->out, .json = cli->json, .columns = key_view_columns};
    const struct fs_key_list *list = values;
    struct sealift_key_spec spec = {.check = list->check};
    struct sealift *sealift;
    enum sealift_status status;

    TRY(key_subject_read(&list->subject, &spec, err));
    TRY(cli_open(cli, &sealift, err));
    status = sealift_key_list(sealift, &spec, key_view_add, &listing, err);
    listing_end(&listing);
    if (status == SEALIFT_OK && listing.rows == 0)
        console_say(&cli->console, "There is no key record.");
    return status;
}

static const struct option arguments[] = {
    KEY_SUBJECT_ARGUMENT(struct fs_key_list),
    {0},
};

static const struct option options[] = {
    {.name = "check",
     .type = OPTION_FLAG,
     .field = offsetof(struct fs_key_list, check),
     .help = "have the KMS open each, just now"},
    {0},
};

const struct command cmd_fs_key_list = {
    .words = "fs key list",
    .implied = true,
    .summary = "list who can open a filesystem",
    .description = "A row for each wrapping of its keys: the one in the table, and every key record in its bucket; "
                   "with the locator of a snapshot the records of its key, and what the snapshot itself carries. Any "
                   "one of a key is enough.\n\n"
                   "What a bucket says of KMS and key is a claim of whoever wrote it. With --check the KMS is asked, "
                   "and what opened is shown instead: `yes`; `no`: the KMS that it names does not open it; `unknown`: "
                   "this cluster does not have that KMS, or it did not answer. To see whether a second KMS opens it, "
                   "ask on a machine that has that one.",
    .examples = "sealift fs key home\nsealift fs key home --check\n"
                "sealift fs key list 6f1d0a6e-3b1c-4c55-9d0a-0123456789ab --obs s3://bucket/prefix",
    .arguments = arguments,
    .groups = {{key_subject_options, offsetof(struct fs_key_list, subject)},
               {options, 0},
               {obs_access_options, offsetof(struct fs_key_list, subject.obs)}},
    .size = sizeof(struct fs_key_list),
    .run = run,
};
