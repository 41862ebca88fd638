#include "man.h"

#include "describe.h"
#include "exit_code.h"
#include "globals.h"
#include "topics.h"

#include <ctype.h>
#include <string.h>

void
man_name(const struct command *command, char out[MAN_NAME_SIZE])
{
    snprintf(out, MAN_NAME_SIZE, "sealift%s%s", command != NULL ? "-" : "", command != NULL ? command->words : "");
    for (; *out != '\0'; out++)
        if (*out == ' ')
            *out = '-';
}

static bool
ends_sentence(const char *text, const char *at)
{
    return at > text && (at[-1] == '.' || at[-1] == ':' || at[-1] == ';') && at[0] == ' ' &&
           isupper((unsigned char)at[1]);
}

/* Running text: roff's own characters are disarmed, `code` is bold, a sentence begins a line as mdoc wants it. */
static void
write_text(FILE *out, const char *text)
{
    bool bold = false;
    const char *from = text;

    for (; *text != '\0'; text++) {
        bool at_start = text == from || text[-1] == '\n' || ends_sentence(from, text - 1);

        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '`') {
            fputs(bold ? "\\fR" : "\\fB", out);
            bold = !bold;
        } else if (strncmp(text, "\n\n", 2) == 0) {
            fputs("\n.Pp\n", out);
            text++;
        } else if (ends_sentence(from, text)) {
            putc('\n', out);
        } else if (*text == '\\') {
            fputs("\\e", out);
        } else if (strncmp(text, " --", 3) == 0 || strncmp(text, "(--", 3) == 0) {
            fprintf(out, "%c\\%%\\-", *text); /* an option is never hyphenated */
            text++;
        } else if (*text == '-' && (text == from || text[-1] != ' ' || text[1] == '-')) {
            fputs("\\-", out);
        } else {
            putc(*text, out);
        }
    }
    putc('\n', out);
}

static void
begin_page(FILE *out, const struct command *command, const char *summary, const char *date)
{
    char name[MAN_NAME_SIZE];

    man_name(command, name);
    fprintf(out, ".\\\" Written from the option tables in src/cli.\n.Dd %s\n.Dt ", date);
    for (const char *c = name; *c != '\0'; c++)
        putc(toupper((unsigned char)*c), out);
    fprintf(out, " 1\n.Os sealift\n.Sh NAME\n.Nm %s\n.Nd %s\n", name, summary);
}

static void
write_option_macro(FILE *out, const struct option *option)
{
    fprintf(out, "Fl \\-%s", option->name);
    if (option_takes_value(option))
        fprintf(out, " Ar %s", option->placeholder);
    putc('\n', out);
}

static void
write_synopsis(FILE *out, const struct command *command)
{
    struct describe_walk walk = {0};
    const struct option *option;

    fprintf(out, ".Sh SYNOPSIS\n.Nm sealift %s\n", command->words);
    for (const struct option *argument = command->arguments; argument->type != OPTION_END; argument++)
        fprintf(out, ".%sAr %s%s\n", option_may_be_left_out(argument) ? "Op " : "", argument->name,
                argument->type == OPTION_WORDS ? " ..." : "");
    while ((option = describe_next(command, &walk)) != NULL) {
        fputs(option->required ? "." : ".Op ", out);
        write_option_macro(out, option);
    }
}

/* What describe_option() writes, with roff's characters disarmed. */
static void
write_description(FILE *out, const struct option *option)
{
    char text[1024] = "";
    FILE *memory = fmemopen(text, sizeof(text), "w");

    if (memory != NULL) {
        describe_option(memory, option);
        fclose(memory);
    }
    write_text(out, text);
}

static void
write_arguments(FILE *out, const struct command *command)
{
    if (command->arguments->type == OPTION_END)
        return;
    fputs(".Pp\nThe arguments are:\n.Bl -tag -width Ds\n", out);
    for (const struct option *argument = command->arguments; argument->type != OPTION_END; argument++) {
        fprintf(out, ".It Ar %s\n", argument->name);
        write_description(out, argument);
    }
    fputs(".El\n", out);
}

static void
write_option_entry(FILE *out, const struct option *option)
{
    fputs(".It ", out);
    write_option_macro(out, option);
    write_description(out, option);
}

static void
write_options(FILE *out, const struct command *command)
{
    struct describe_walk walk = {0};
    const struct option *option = describe_next(command, &walk);

    if (option == NULL)
        return;
    fputs(".Pp\nThe options are, beside those of all commands in\n.Xr sealift 1 :\n.Bl -tag -width Ds\n", out);
    for (; option != NULL; option = describe_next(command, &walk))
        write_option_entry(out, option);
    fputs(".El\n", out);
}

static void
write_exit_status(FILE *out)
{
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < exit_codes_count; i++) {
        fprintf(out, ".It %d Pq %s\n", exit_codes[i].code, sealift_status_name(exit_codes[i].status));
        write_text(out, exit_codes[i].meaning);
    }
    fputs(".El\n", out);
}

static void
write_environment(FILE *out)
{
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n", out);
    for (const struct topic_entry *entry = topic_environment; entry->term != NULL; entry++) {
        fprintf(out, ".It Ev %s\n", entry->term);
        write_text(out, entry->text);
    }
    fputs(".El\n", out);
}

static void
write_examples(FILE *out, const char *examples)
{
    fputs(".Sh EXAMPLES\n.Bd -literal -offset indent\n", out);
    for (; *examples != '\0'; examples++) {
        if (*examples == '\\')
            fputs("\\e", out);
        else if (*examples == '-')
            fputs("\\-", out);
        else
            putc(*examples, out);
    }
    fputs("\n.Ed\n", out);
}

static void
write_commands(FILE *out)
{
    fputs(".Pp\nThe commands are:\n.Bl -tag -width Ds\n", out);
    for (const struct command *const *command = commands; *command != NULL; command++) {
        char name[MAN_NAME_SIZE];

        man_name(*command, name);
        fprintf(out, ".It Xr %s 1\n", name);
        write_text(out, (*command)->summary);
    }
    fputs(".El\n", out);
}

void
man_program(FILE *out, const char *date)
{
    begin_page(out, NULL, "encrypted filesystem snapshots in object storage", date);
    fputs(".Sh SYNOPSIS\n.Nm sealift\n.Ar command\n.Op Ar argument ...\n.Op Ar option ...\n.Sh DESCRIPTION\n", out);
    write_text(out, describe_program);
    write_commands(out);
    fputs(".Pp\nThe options of all commands may stand before or behind a command's words:\n.Bl -tag -width Ds\n", out);
    for (const struct option *option = global_options; option->type != OPTION_END; option++)
        write_option_entry(out, option);
    fputs(".El\n.Pp\nOptions may also be written as\n.Fl \\-name Ns = Ns Ar value ;\nthey cannot be abbreviated.\n"
          "What follows\n.Fl \\-\nis an argument, also when it begins with a dash.\n",
          out);
    write_environment(out);
    fputs(".Sh FILES\n.Bl -tag -width Ds\n.It Pa /var/lib/sealift\n"
          "root's home folder: the configuration table with wrapped keys, mode 0700; never a plain key, never a "
          "credential\n.El\n",
          out);
    write_exit_status(out);
    write_examples(out, describe_tour);
}

void
man_command(FILE *out, const struct command *command, const char *date)
{
    begin_page(out, command, command->summary, date);
    write_synopsis(out, command);
    fputs(".Sh DESCRIPTION\n", out);
    write_text(out, command->description);
    write_arguments(out, command);
    write_options(out, command);
    fputs(".Sh EXIT STATUS\nSee\n.Xr sealift 1 .\n", out);
    write_examples(out, command->examples);
    fputs(".Sh SEE ALSO\n.Xr sealift 1\n", out);
}
