#include "obs_options.h"

#include "failure.h"

#include <string.h>

static const char refused_keys[] = "use the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                                   "--profile NAME for one in the AWS configuration files";

const struct option obs_access_options[] = {
    {.name = "endpoint",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_obs_spec, endpoint),
     .placeholder = "URL",
     .help = "S3: http(s)://HOST[:PORT] of a server that is not AWS"},
    {.name = "region",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_obs_spec, region),
     .placeholder = "REGION",
     .help = "S3: the bucket's region (without it: from the AWS environment, else what the server says)"},
    {.name = "profile",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_obs_spec, profile),
     .placeholder = "NAME",
     .help = "S3: the profile in the AWS configuration files that holds the credentials"},
    {.name = "ca-cert",
     .type = OPTION_FILE,
     .field = offsetof(struct sealift_obs_spec, ca_cert),
     .placeholder = "FILE",
     .help = "S3: the certificate authority, in PEM, that signs the server's certificate"},
    {.name = "addressing",
     .type = OPTION_CHOICE,
     .field = offsetof(struct sealift_obs_spec, addressing),
     .placeholder = "STYLE",
     .choices = "auto path virtual",
     .help = "S3: whether the bucket stands in the path or in the host name (without it: auto)"},
    {.name = "access-key", .type = OPTION_REFUSED, .help = refused_keys},
    {.name = "access-key-id", .type = OPTION_REFUSED, .help = refused_keys},
    {.name = "secret-key", .type = OPTION_REFUSED, .help = refused_keys},
    {.name = "secret-access-key", .type = OPTION_REFUSED, .help = refused_keys},
    {.name = "session-token", .type = OPTION_REFUSED, .help = refused_keys},
    {0},
};

const struct option obs_write_options[] = {
    {.name = "storage-class",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_obs_spec, storage_class),
     .placeholder = "CLASS",
     .help = "S3: the storage class that objects are put into"},
    {.name = "sse",
     .type = OPTION_CHOICE,
     .field = offsetof(struct sealift_obs_spec, sse),
     .placeholder = "ALGORITHM",
     .choices = "AES256 aws:kms aws:kms:dsse",
     .help = "S3: ask the server to encrypt once more on its side"},
    {.name = "sse-kms-key-id",
     .type = OPTION_TEXT,
     .field = offsetof(struct sealift_obs_spec, sse_kms_key_id),
     .placeholder = "ID",
     .needs = "sse",
     .help = "S3: the key that the server takes for it"},
    {.name = "lock-mode",
     .type = OPTION_CHOICE,
     .field = offsetof(struct sealift_obs_spec, lock_mode),
     .placeholder = "MODE",
     .choices = "governance compliance",
     .needs = "lock-for",
     .help = "S3: Object Lock for every object that is put"},
    {.name = "lock-for",
     .type = OPTION_DAYS,
     .field = offsetof(struct sealift_obs_spec, lock_days),
     .placeholder = "DAYS",
     .needs = "lock-mode",
     .help = "S3: how long, from each PUT; 30d, 4w, 1y"},
    {0},
};

/* The option of that name that has a text; NULL: there is none. */
static const struct option *
find_text_option(const char *name, size_t len)
{
    static const struct option *const tables[] = {obs_access_options, obs_write_options};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct option *option = tables[i]; option->type != OPTION_END; option++)
            if ((option->type == OPTION_TEXT || option->type == OPTION_CHOICE || option->type == OPTION_FILE) &&
                strlen(option->name) == len && memcmp(option->name, name, len) == 0)
                return option;
    return NULL;
}

enum sealift_status
obs_options_reset(const char *names, struct sealift_obs_spec *spec, struct sealift_error *err)
{
    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        const struct option *option = find_text_option(names, len);

        if (option == NULL)
            return failure_set(err, SEALIFT_INVALID,
                               "--reset: '%.*s' is no option that can be taken back; `sealift help obs update` lists "
                               "them",
                               (int)len, names);
        if (option_is_set(option, spec))
            return failure_set(err, SEALIFT_INVALID, "--reset %s and --%s: choose one", option->name, option->name);
        *(const char **)(void *)((char *)spec + option->field) = "";
        names += len;
        names += *names == ',';
    }
    return SEALIFT_OK;
}

enum sealift_status
obs_options_check(const struct sealift_obs_spec *spec, struct sealift_error *err)
{
    if (spec->url != NULL && strstr(spec->url, "://") != NULL)
        return SEALIFT_OK;
    for (const struct option *option = obs_access_options; option->type != OPTION_END; option++)
        if (option_is_set(option, spec))
            return failure_set(err, SEALIFT_INVALID,
                               "--%s says how a URL is reached, and no URL is given: a name from the table knows that "
                               "already, and `sealift obs update` changes it",
                               option->name);
    return SEALIFT_OK;
}
