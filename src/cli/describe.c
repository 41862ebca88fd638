#include "describe.h"

const char describe_program[] =
    "sealift carries encrypted snapshots of a filesystem to S3-compatible storage, together with the wrapped key "
    "that opens them, and brings them back into a new filesystem. Keys are wrapped by a key management system "
    "(KMS): whoever has the bucket but not the KMS has nothing; whoever has both needs nothing else.\n\n"
    "A cluster is one configuration table in a home folder. It knows object stores (obs), one KMS, filesystems "
    "(directory trees, each with a key of its own) and their snapshots. A snapshot in a bucket is known by its "
    "locator.";

const char describe_tour[] =
    "sealift obs add dr s3://bucket/prefix --endpoint https://s3.example.com\n"
    "sealift kms set vault https://vault.example.com:8200 cluster-key --role-id R --secret-id-file "
    "/etc/sealift/secret-id\n"
    "sealift fs add home /srv/home --obs dr\n"
    "sealift fs snapshot add home monday\n"
    "sealift fs snapshot upload home monday\n"
    "sealift fs snapshot verify home monday --objects\n"
    "sealift fs download home2 /srv/home2 dr LOCATOR";

static void
write_words(FILE *out, const char *words, const char *before, const char *between)
{
    const char *word;
    size_t len;

    for (const char *separator = before; option_next_word(&words, &word, &len); separator = between)
        fprintf(out, "%s%.*s", separator, (int)len, word);
}

void
describe_option(FILE *out, const struct option *option)
{
    fputs(option->help, out);
    if (option->letter != '\0')
        fprintf(out, "; in short: -%c", option->letter);
    if (option_may_be_repeated(option))
        fputs("; may be given several times", out);
    if (option->choices != NULL)
        write_words(out, option->choices, "; one of: ", ", ");
    if (option->environment != NULL)
        write_words(out, option->environment, "; else from $", ", $");
    if (option->preset != NULL)
        fprintf(out, "; default: %s", option->preset);
}

void
describe_term(FILE *out, const struct option *option, bool is_argument)
{
    fprintf(out, "%s%s", is_argument ? "" : "--", option->name);
    if (!is_argument && option_takes_value(option))
        fprintf(out, " %s", option->placeholder);
}

const struct option *
describe_next(const struct command *command, struct describe_walk *walk)
{
    while (command->groups[walk->group].options != NULL) {
        const struct option *option = &command->groups[walk->group].options[walk->entry++];

        if (option->type == OPTION_END)
            *walk = (struct describe_walk){.group = walk->group + 1};
        else if (option_is_listed(option))
            return option;
    }
    return NULL;
}
