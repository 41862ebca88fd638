#include "cli_scoped.h"
#include "commands.h"
#include "kms_change_options.h"
#include "kms_change_view.h"

struct kms_reset {
    bool allow_downgrade;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    SCOPED(kms_change_view_done) struct kms_change_view view = kms_change_view_of(cli);
    const struct kms_reset *reset = values;
    struct sealift *sealift;
    enum sealift_status status;

    TRY(cli_open(cli, &sealift, err));
    status = sealift_kms_reset(sealift, reset->allow_downgrade, kms_change_view_add, &view, err);
    TRY(kms_change_view_show(&view, status, err));
    console_say(&cli->console, "No KMS is set any more.");
    return SEALIFT_OK;
}

static const struct option options[] = {
    {.name = "allow-downgrade",
     .type = OPTION_FLAG,
     .field = offsetof(struct kms_reset, allow_downgrade),
     .help = "move the filesystems that rely on the KMS to an insecure key file on this machine"},
    {0},
};

const struct command cmd_kms_reset = {
    .words = "kms reset",
    .summary = "have no key management system any more",
    .description =
        "Refused while filesystems rely on it: without the KMS nothing of theirs opens, neither here nor in object "
        "stores. `sealift kms set` moves them to another one.\n\n"
        "With --allow-downgrade they move to the local key, a file in the home folder: from then on whoever reads it "
        "reads everything, their uploaded snapshots, too, and whoever loses it has lost everything. Filesystems with "
        "a key of their own move as well. The KMS must be reachable for it, or nothing is changed. After a failure, or "
        "a kill, the same command goes on, and `sealift kms set` with that KMS goes back.",
    .examples = "sealift kms reset\nsealift kms reset --allow-downgrade",
    .interrupted = KMS_CHANGE_INTERRUPTED,
    .arguments = no_options,
    .groups = {{options, 0}},
    .size = sizeof(struct kms_reset),
    .run = run,
};
