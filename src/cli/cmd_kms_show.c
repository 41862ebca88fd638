#include "cli_scoped.h"
#include "commands.h"
#include "kms_view.h"

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    struct sealift *sealift;
    struct sealift_kms kms;

    (void)values;
    TRY(cli_open(cli, &sealift, err));
    TRY(sealift_kms_get(sealift, &kms, err));
    if (cli->json)
        cli_show(cli, kms_view_columns, &kms);
    else
        output_record(cli->out, kms_view_columns, &kms);
    if (kms.move_advice != NULL)
        console_say(&cli->console, "%s.", kms.move_advice);
    return SEALIFT_OK;
}

const struct command cmd_kms_show = {
    .words = "kms show",
    .implied = true,
    .summary = "show the key management system that wraps this cluster's keys",
    .description =
        "Its type, address and key, how sealift logs in, and where the credentials are found; of a KMIP server "
        "also the version and the mode that were agreed on. A credential itself is never shown, because it is "
        "never stored.",
    .examples = "sealift kms\nsealift kms --json",
    .arguments = no_options,
    .run = run,
};
