#include "topics.h"

#include "exit_code.h"
#include "prose.h"

const struct topic_entry topic_environment[] = {
    {"SEALIFT_HOME", "where the configuration table is kept, unless --home says it"},
    {"XDG_STATE_HOME", "where it is kept otherwise, for everybody but root: $XDG_STATE_HOME/sealift"},
    {"SEALIFT_VAULT_SECRET_ID", "the AppRole's secret id, unless `kms set vault --secret-id-file` named a file"},
    {"SEALIFT_KMIP_PASSWORD", "the password of the KMIP user, unless `kms set kmip --password-file` named a file"},
    {"VAULT_TOKEN, BAO_TOKEN", "the token, when `kms set vault` was given none of --token-file, --role-id and "
                               "--kubernetes-role"},
    {"VAULT_ADDR, BAO_ADDR", "the address, when `kms set vault` is given none"},
    {"VAULT_NAMESPACE, BAO_NAMESPACE", "the namespace, when `kms set vault` is given none"},
    {"VAULT_CACERT, BAO_CACERT", "the certificate authority, when `kms set vault` is given none"},
    {"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_REGION ...",
     "credentials and region for S3, as the AWS tools understand them"},
    {NULL, NULL},
};

static void
write_environment(FILE *out)
{
    fputs("Environment variables:\n", out);
    for (const struct topic_entry *entry = topic_environment; entry->term != NULL; entry++)
        prose_entry(out, entry->term, entry->text);
}

static void
write_exit_codes(FILE *out)
{
    fputs("Exit codes, and the status that an error has in JSON:\n", out);
    for (size_t i = 0; i < exit_codes_count; i++) {
        char term[32];

        snprintf(term, sizeof(term), "%-4d %s", exit_codes[i].code, sealift_status_name(exit_codes[i].status));
        prose_entry(out, term, exit_codes[i].meaning);
    }
}

const struct topic topics[] = {
    {"environment", "the environment variables that sealift looks at", write_environment},
    {"exit-codes", "what each exit code means", write_exit_codes},
    {NULL, NULL, NULL},
};
