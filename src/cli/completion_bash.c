#include "completion.h"

#include "completion_walk.h"

static const char *
kind_of(const struct option *option)
{
    switch (option->type) {
    case OPTION_FILE:
    case OPTION_FILES:
    case OPTION_SECRET_FILE:
        return "file";
    case OPTION_FOLDER:
        return "folder";
    case OPTION_CHOICE:
        return option->choices;
    default:
        return "text";
    }
}

static void
write_name(FILE *out, const struct option *option)
{
    fprintf(out, " --%s", option->name);
}

static void
write_value(FILE *out, const struct option *option)
{
    fprintf(out, "    --%s) REPLY='%s' ;;\n", option->name, kind_of(option));
}

static void
write_beginning(FILE *out, const char *words)
{
    const struct command *command = command_find(words);
    const struct option *argument = command != NULL ? command->arguments : no_options;

    fprintf(out, "    '%s')\n        next='", words);
    completion_write_next(out, words);
    fputs("'\n        options='", out);
    completion_each_option(out, words, write_name);
    fputs("'\n        places=(", out);
    for (; argument->type != OPTION_END; argument++)
        fprintf(out, "'%s' ", kind_of(argument));
    fputs(")\n        ;;\n", out);
}

void
completion_bash(FILE *out)
{
    fputs("# Completion of sealift for bash, written by `sealift completion bash`.\n\n"
          "# What follows an option: file, folder, text, or the words that it may be; nothing for a flag.\n"
          "_sealift_value()\n{\n    case $1 in\n",
          out);
    completion_each_value(out, write_value);
    fputs("    *) REPLY= ;;\n    esac\n}\n\n"
          "# What may follow these words: more words, options, arguments. Fails when no command begins with them.\n"
          "_sealift_tables()\n{\n    case $1 in\n",
          out);
    completion_each_beginning(out, write_beginning);
    fputs("    *) return 1 ;;\n    esac\n}\n\n"
          "_sealift()\n"
          "{\n"
          "    local word chosen= kind= next options REPLY i at=0\n"
          "    local -a line=() places\n"
          "\n"
          "    # Readline cuts words at colons; here they are put together again.\n"
          "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
          "        word=${COMP_WORDS[i]}\n"
          "        if [[ $word == :* || ($word && $i -gt 0 && ${line[-1]} == *:) ]]; then\n"
          "            line[-1]+=$word\n"
          "        else\n"
          "            line+=(\"$word\")\n"
          "        fi\n"
          "    done\n"
          "    word=${line[-1]}\n"
          "\n"
          "    for ((i = 1; i < ${#line[@]} - 1; i++)); do\n"
          "        if [[ ${line[i]} == -* ]]; then\n"
          "            _sealift_value \"${line[i]}\"\n"
          "            [[ $REPLY ]] || continue\n"
          "            # It also cuts --name=value, into three.\n"
          "            [[ ${line[i + 1]} == = && i+1 -lt ${#line[@]}-1 ]] && ((i++))\n"
          "            ((++i == ${#line[@]} - 1)) && kind=$REPLY\n"
          "        elif _sealift_tables \"${chosen:+$chosen }${line[i]}\"; then\n"
          "            chosen=\"${chosen:+$chosen }${line[i]}\"\n"
          "        else\n"
          "            ((at++))\n"
          "        fi\n"
          "    done\n"
          "    [[ $word == = ]] && word=\n"
          "    _sealift_tables \"$chosen\"\n"
          "\n"
          "    if [[ ! $kind && $word == -* ]]; then\n"
          "        kind=$options\n"
          "    elif [[ ! $kind && $next && $at == 0 ]]; then\n"
          "        kind=$next\n"
          "    elif [[ ! $kind ]]; then\n"
          "        kind=${places[at]:-text}\n"
          "    fi\n"
          "    COMPREPLY=()\n"
          "    case $kind in\n"
          "    text) ;;\n"
          "    file) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
          "    folder) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
          "    *) mapfile -t COMPREPLY < <(compgen -W \"$kind\" -- \"$word\") ;;\n"
          "    esac\n"
          "    [[ $kind == file || $kind == folder ]] && compopt -o filenames 2>/dev/null\n"
          "    # What stands before the last cut is there already.\n"
          "    [[ $word != \"${COMP_WORDS[COMP_CWORD]}\" ]] && "
          "COMPREPLY=(\"${COMPREPLY[@]#\"${word%\"${word##*:}\"}\"}\")\n"
          "    return 0\n"
          "}\n"
          "complete -F _sealift sealift\n",
          out);
}
