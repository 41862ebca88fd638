/* Writes, at build time, what is installed beside the program: generate MAN-FOLDER COMPLETION-FOLDER. */
#include "completion.h"
#include "man.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* SOURCE_DATE_EPOCH makes a build reproducible (reproducible-builds.org). */
static void
write_date(char out[64])
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = epoch != NULL ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
    struct tm parts;

    gmtime_r(&now, &parts);
    strftime(out, 64, "%B %e, %Y", &parts);
}

static FILE *
create(const char *folder, const char *name, const char *suffix)
{
    char path[4096];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
    out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    return out;
}

static void
finish(FILE *out)
{
    if (ferror(out) || fclose(out) != 0) {
        perror("generate: cannot write");
        exit(1);
    }
}

static void
write_page(const char *folder, const struct command *command, const char *date)
{
    char name[MAN_NAME_SIZE];
    FILE *out;

    man_name(command, name);
    out = create(folder, name, ".1");
    if (command != NULL)
        man_command(out, command, date);
    else
        man_program(out, date);
    finish(out);
}

int
main(int argc, char **argv)
{
    char date[64];
    FILE *out;

    if (argc != 3) {
        fputs("usage: generate MAN-FOLDER COMPLETION-FOLDER\n", stderr);
        return 2;
    }
    write_date(date);
    write_page(argv[1], NULL, date);
    for (const struct command *const *command = commands; *command != NULL; command++)
        write_page(argv[1], *command, date);
    out = create(argv[2], "sealift", "");
    completion_bash(out);
    finish(out);
    out = create(argv[2], "_sealift", "");
    completion_zsh(out);
    finish(out);
    return 0;
}
