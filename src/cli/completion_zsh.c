#include "completion.h"

#include "completion_walk.h"

#include <string.h>

/* Inside '...': a quote ends the string, says itself, and begins it anew; `special` characters get zsh's backslash. */
static void
write_quoted(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (*text == '\\' || strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
    }
}

/* ":MESSAGE:ACTION", as _arguments takes it. */
static void
write_action(FILE *out, const char *message, const struct option *option)
{
    putc(':', out);
    write_quoted(out, message, ":");
    putc(':', out);
    switch (option->type) {
    case OPTION_FILE:
    case OPTION_FILES:
    case OPTION_SECRET_FILE:
        fputs("_files", out);
        break;
    case OPTION_FOLDER:
        fputs("_files -/", out);
        break;
    case OPTION_CHOICE:
        putc('(', out);
        write_quoted(out, option->choices, ":");
        putc(')', out);
        break;
    default:
        putc(' ', out);
    }
}

static void
write_option(FILE *out, const struct option *option)
{
    fprintf(out, " \\\n            '%s--%s%s[", option_may_be_repeated(option) ? "*" : "", option->name,
            option_takes_value(option) ? "=" : "");
    write_quoted(out, option->help, "[]");
    putc(']', out);
    if (option_takes_value(option))
        write_action(out, option->placeholder, option);
    putc('\'', out);
}

static void
write_arguments(FILE *out, const struct option *argument)
{
    for (unsigned place = 1; argument->type != OPTION_END; argument++, place++) {
        if (argument->type == OPTION_WORDS)
            fputs(" \\\n            '*", out);
        else
            fprintf(out, " \\\n            '%u", place);
        write_action(out, argument->name, argument);
        putc('\'', out);
    }
}

static void
write_beginning(FILE *out, const char *words)
{
    const struct command *command = command_find(words);

    fprintf(out, "    ('%s')\n        _arguments :", words);
    completion_each_option(out, words, write_option);
    if (command_is_beginning(words)) {
        fputs(" \\\n            '1:command:(", out);
        completion_write_next(out, words);
        fputs(")'", out);
    } else if (command != NULL) {
        write_arguments(out, command->arguments);
    }
    fputs("\n        ;;\n", out);
}

static void
write_pattern(FILE *out, const char *words)
{
    if (*words != '\0')
        fprintf(out, "        ('%s') chosen=$longer; continue ;;\n", words);
}

static void
write_value(FILE *out, const struct option *option)
{
    fprintf(out, "        (--%s) ((i + 1 < CURRENT)) && rest+=(\"${words[++i]}\") ;;\n", option->name);
}

void
completion_zsh(FILE *out)
{
    fputs("#compdef sealift\n"
          "# Completion of sealift for zsh, written by `sealift completion zsh`.\n\n"
          "_sealift() {\n"
          "    local chosen= longer=\n"
          "    local -a rest=(sealift)\n"
          "    integer i\n"
          "\n"
          "    # The command's words are taken out; _arguments sees what is left.\n"
          "    for ((i = 2; i < CURRENT; i++)); do\n"
          "        longer=\"${chosen:+$chosen }${words[i]}\"\n"
          "        case $longer in\n",
          out);
    completion_each_beginning(out, write_pattern);
    fputs("        esac\n"
          "        rest+=(\"${words[i]}\")\n"
          "        case ${words[i]} in\n",
          out);
    completion_each_value(out, write_value);
    fputs("        esac\n"
          "    done\n"
          "    i=$((${#rest} + 1))\n"
          "    rest+=(\"${(@)words[CURRENT,-1]}\")\n"
          "    words=(\"${rest[@]}\")\n"
          "    CURRENT=$i\n"
          "\n"
          "    case $chosen in\n",
          out);
    completion_each_beginning(out, write_beginning);
    fputs("    esac\n"
          "}\n"
          "\n"
          "# Autoloaded, this file is the function's body; sourced, it only defines it.\n"
          "if [[ $funcstack[1] == _sealift ]]; then\n"
          "    _sealift \"$@\"\n"
          "else\n"
          "    compdef _sealift sealift\n"
          "fi\n",
          out);
}
