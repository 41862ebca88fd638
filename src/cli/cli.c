#include "cli.h"

#include "cli_scoped.h"
#include "exit_code.h"
#include "failure.h"
#include "help.h"
#include "interrupt.h"

#include <string.h>

struct version_row {
    const char *version;
    int64_t format;
};

const struct column cli_version_columns[] = {
    {"version", "sealift", COLUMN_TEXT, offsetof(struct version_row, version)},
    {"format", "format", COLUMN_NUMBER, offsetof(struct version_row, format)},
    {0},
};

enum sealift_status
cli_open(struct cli *cli, struct sealift **ret_sealift, struct sealift_error *err)
{
    const struct globals *globals = &cli->request.globals;
    const struct sealift_options options = {
        .home = globals->home,
        .memory = (size_t)globals->memory,
        .log_level = globals->verbose ? SEALIFT_LOG_DEBUG : SEALIFT_LOG_WARNING,
        .log = console_log,
        .log_context = &cli->console,
        .audit_log = globals->audit_log,
        .command = cli->request.command->words,
        .kms_wait_seconds = globals->kms_wait_seconds,
    };

    if (cli->sealift == NULL) {
        TRY(sealift_open(&options, &cli->sealift, err));
        interrupt_watch(cli->sealift);
    }
    *ret_sealift = cli->sealift;
    return SEALIFT_OK;
}

void
cli_watch(struct cli *cli, struct sealift_transfer_options *transfer)
{
    transfer->progress = console_progress;
    transfer->notice = console_notice;
    transfer->context = &cli->console;
}

void
cli_show(struct cli *cli, const struct column *columns, const void *row)
{
    if (cli->json) {
        output_json(cli->out, columns, row);
        putc('\n', cli->out);
    } else if (!cli->quiet) {
        output_record(cli->out, columns, row);
    }
}

static void
cli_done(struct cli *cli)
{
    interrupt_watch(NULL);
    sealift_close(&cli->sealift);
    console_done(&cli->console);
    request_done(&cli->request);
}

/* When the command line cannot be read, the error should still have the form that was asked for. */
static bool
asks_for_json(char *const *argv)
{
    for (; *argv != NULL && strcmp(*argv, "--") != 0; argv++)
        if (strcmp(*argv, "--json") == 0)
            return true;
    return false;
}

static void
show_version(struct cli *cli)
{
    const struct version_row row = {sealift_version(), sealift_format_version()};

    if (cli->json)
        cli_show(cli, cli_version_columns, &row);
    else
        fprintf(cli->out, "sealift %s (format %lld)\n", row.version, (long long)row.format);
}

static enum sealift_status
run(struct cli *cli, struct sealift_error *err)
{
    const struct request *request = &cli->request;

    if (request->globals.version)
        show_version(cli);
    else if (request->globals.help && request->command == NULL)
        help_overview(cli->out);
    else if (request->globals.help)
        help_command(cli->out, request->command);
    else if (request->command == NULL)
        return failure_set(err, SEALIFT_INVALID, "a command is missing; `sealift help` lists what there is");
    else
        return request->command->run(cli, request->values, err);
    return SEALIFT_OK;
}

static void
report(struct cli *cli, const struct sealift_error *err)
{
    const struct command *command = cli->request.command;

    console_error(&cli->console, err);
    if (err->status == SEALIFT_CANCELLED && command != NULL && command->interrupted != NULL)
        console_say(&cli->console, "sealift: %s", command->interrupted);
}

int
cli_main(int argc, char **argv, FILE *out, FILE *errors)
{
    SCOPED(cli_done) struct cli cli = {.out = out, .console = {.out = errors}};
    struct sealift_error err = {0}, flush_err = {0};
    enum sealift_status status = request_parse(argc, argv, &cli.request, &err);
    const struct globals *globals = &cli.request.globals;

    cli.json = cli.console.json = globals->json || (status != SEALIFT_OK && asks_for_json(argv));
    cli.quiet = cli.console.quiet = globals->quiet;
    cli.console.verbose = globals->verbose;
    console_init(&cli.console);
    interrupt_install(cli.quiet || cli.json);

    if (status == SEALIFT_OK)
        status = run(&cli, &err);
    if (output_flush(out, &flush_err) != SEALIFT_OK && status == SEALIFT_OK) {
        status = flush_err.status;
        err = flush_err;
    }
    if (status != SEALIFT_OK)
        report(&cli, &err);
    return exit_code_of(status);
}
