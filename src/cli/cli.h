/* A run of the program: what every command is given. */
#ifndef CLI_H
#define CLI_H

#include "console.h"
#include "request.h"

#include <sealift/sealift.h>

struct cli {
    struct request request;
    struct console console;  /* standard error */
    FILE *out;               /* standard output: results */
    bool json, quiet;        /* as asked for: how results are shown */
    struct sealift *sealift; /* NULL until cli_open() */
};

/* The whole program; returns the exit code. argv ends with NULL. */
int cli_main(int argc, char **argv, FILE *out, FILE *errors);

extern const struct column cli_version_columns[];

/* Opens the cluster on the first call: `help` must not make a home folder. */
enum sealift_status cli_open(struct cli *cli, struct sealift **ret_sealift, struct sealift_error *err);

/* Lets the console hear of a transfer. */
void cli_watch(struct cli *cli, struct sealift_transfer_options *transfer);

/* One result: a JSON object, or a value a line; for people nothing with --quiet. */
void cli_show(struct cli *cli, const struct column *columns, const void *row);

#endif
