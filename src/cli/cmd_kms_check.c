#include "cmd_kms_check.h"

#include "cli.h"
#include "cli_scoped.h"
#include "commands.h"
#include "listing.h"
#include "visible.h"

struct finding_row {
    const char *call, *result, *message;
};

const struct column cmd_kms_check_columns[] = {
    {"call", "call", COLUMN_TEXT, offsetof(struct finding_row, call)},
    {"result", "result", COLUMN_TEXT, offsetof(struct finding_row, result)},
    {"message", "message", COLUMN_TEXT, offsetof(struct finding_row, message)},
    {0},
};

struct check {
    struct cli *cli;
    struct listing listing;
    enum sealift_status status;
    struct sealift_error *err;
};

static const char *
result_of(const struct sealift_kms_finding *finding)
{
    if (!finding->ok)
        return "FAILED";
    return finding->warning ? "warning" : "ok";
}

/* For people each line comes when its call has been answered: a KMS that hangs is seen to hang. */
static void
show_line(FILE *out, const struct finding_row *row)
{
    fprintf(out, "%-8s %-23s ", row->result, row->call);
    visible_write(out, row->message != NULL ? row->message : "");
    putc('\n', out);
    fflush(out);
}

static void
show(void *context, const struct sealift_kms_finding *finding)
{
    struct check *check = context;
    const struct finding_row row = {finding->call, result_of(finding), finding->message};

    if (!check->cli->json)
        show_line(check->cli->out, &row);
    else if (check->status == SEALIFT_OK)
        check->status = listing_add(&check->listing, &row, check->err);
}

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    struct check check = {
        .cli = cli, .listing = {.out = cli->out, .json = true, .columns = cmd_kms_check_columns}, .err = err};
    struct sealift *sealift;
    enum sealift_status status;

    (void)values;
    TRY(cli_open(cli, &sealift, err));
    status = sealift_kms_check(sealift, show, &check, err);
    if (cli->json)
        listing_end(&check.listing);
    TRY(status);
    return check.status;
}

const struct command cmd_kms_check = {
    .words = "kms check",
    .summary = "try each call that sealift needs of the KMS",
    .description = "A line a call: ok, warning or FAILED, with what the server refuses and what to ask its admin for. "
                   "Nothing is changed in the KMS. The exit code tells the first failure.",
    .examples = "sealift kms check",
    .arguments = no_options,
    .run = run,
};
