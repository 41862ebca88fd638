#include "cli_scoped.h"
#include "commands.h"
#include "kms_change_options.h"
#include "kms_change_view.h"

struct kms_set_kmip {
    struct sealift_kmip_spec spec;
    struct sealift_kms_change change;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct kms_set_kmip *set = values;
    SCOPED(kms_change_view_done) struct kms_change_view view = kms_change_view_of(cli);
    struct sealift_kms_change change = set->change;
    struct sealift *sealift;

    change.each = kms_change_view_add;
    change.context = &view;
    TRY(cli_open(cli, &sealift, err));
    return kms_change_view_show(&view, sealift_kms_set_kmip(sealift, &set->spec, &change, err), err);
}

static const struct option arguments[] = {
    {.name = "HOST:PORT",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_kmip, spec.servers),
     .required = true,
     .help = "the server; several of one cluster with commas between: HOST:PORT,HOST:PORT; IPv6 in brackets"},
    {.name = "KEY-UID",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_kmip, spec.key),
     .required = true,
     .help = "unique identifier of the AES key, which must exist"},
    {0},
};

#define OF_VAULT  "kms set vault: "
#define LOGIN     "KMIP logs in with --client-cert and --client-key"
#define KEY_FILE  "the key file must do without a passphrase: keep it at mode 0600, or hand it over as credential:NAME"
#define NO_MOUNTS "a KMIP key is found by its unique identifier alone"

static const struct option options[] = {
    {.name = "client-cert",
     .type = OPTION_FILE,
     .field = offsetof(struct kms_set_kmip, spec.client_cert),
     .placeholder = "FILE",
     .required = true,
     .help = "the certificate, in PEM, that says who we are; then what leads to its authority"},
    {.name = "client-key",
     .type = OPTION_SECRET_FILE,
     .field = offsetof(struct kms_set_kmip, spec.client_key),
     .placeholder = "FILE",
     .required = true,
     .help = "its private key, in PEM, without a passphrase"},
    {.name = "ca-cert",
     .type = OPTION_FILE,
     .field = offsetof(struct kms_set_kmip, spec.ca_cert),
     .placeholder = "FILE",
     .help = "the certificate authority, in PEM, that signs the server's certificate (without it: the system's)"},
    {.name = "username",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_kmip, spec.username),
     .placeholder = "NAME",
     .help = "for a server that wants a user name beside the certificate"},
    {.name = "password-file",
     .type = OPTION_SECRET_FILE,
     .field = offsetof(struct kms_set_kmip, spec.password_file),
     .placeholder = "FILE",
     .needs = "username",
     .help = "the file that holds the user's password (without it: $SEALIFT_KMIP_PASSWORD)"},
    {.name = "kmip-version",
     .type = OPTION_CHOICE,
     .field = offsetof(struct kms_set_kmip, spec.version),
     .placeholder = "VERSION",
     .choices = "1.2 1.3 1.4 2.0 2.1",
     .help = "speak this version and no other (without it: agreed on with the server)"},
    {.name = "server-name",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_kmip, spec.server_name),
     .placeholder = "NAME",
     .help = "that the server's certificate must hold (without it: the host)"},
    {.name = "password",
     .type = OPTION_REFUSED,
     .help = "use --password-file FILE, or the environment variable SEALIFT_KMIP_PASSWORD"},
    {.name = "client-key-pass", .type = OPTION_REFUSED, .help = KEY_FILE},
    {.name = "client-key-password", .type = OPTION_REFUSED, .help = KEY_FILE},
    {.name = "client-key-passphrase", .type = OPTION_REFUSED, .help = KEY_FILE},
    {.name = "token", .type = OPTION_REFUSED, .help = "it is Vault's anyway: " LOGIN},
    {.name = "secret-id", .type = OPTION_REFUSED, .help = "it is Vault's anyway: " LOGIN},
    {.name = "kubernetes-jwt", .type = OPTION_REFUSED, .help = "it is Vault's anyway: " LOGIN},
    {.name = "token-file", .type = OPTION_FOREIGN, .help = OF_VAULT LOGIN},
    {.name = "role-id", .type = OPTION_FOREIGN, .help = OF_VAULT LOGIN},
    {.name = "secret-id-file", .type = OPTION_FOREIGN, .help = OF_VAULT LOGIN},
    {.name = "kubernetes-role", .type = OPTION_FOREIGN, .help = OF_VAULT LOGIN},
    {.name = "kubernetes-jwt-file", .type = OPTION_FOREIGN, .help = OF_VAULT LOGIN},
    {.name = "auth-path", .type = OPTION_FOREIGN, .help = OF_VAULT LOGIN},
    {.name = "namespace", .type = OPTION_FOREIGN, .help = OF_VAULT NO_MOUNTS},
    {.name = "transit-path", .type = OPTION_FOREIGN, .help = OF_VAULT NO_MOUNTS},
    {0},
};

const struct command cmd_kms_set_kmip = {
    .words = "kms set kmip",
    .summary = "wrap this cluster's keys with an AES key of a KMIP server",
    .description =
        "Before it is stored it is tried: agree on a version, read the key, encrypt, decrypt, compare, with AES-GCM "
        "or, where the server has no AES-GCM, with AES-CBC. The table keeps the version and the mode that were found, "
        "and where certificate, key and password are, never what is in them: they must be there again whenever sealift "
        "needs the KMS, and are read anew at every connection, so they may be replaced in place. Where a FILE of a "
        "credential is asked for, credential:NAME is one that systemd hands over (LoadCredential=).\n\n"
        "Several servers are one cluster: they are tried in turn, beginning with the one that answered last, and each "
        "must have the key.\n\n" KMS_CHANGE_DESCRIPTION,
    .examples = "sealift kms set kmip kmip.example.com:5696 KEY-UID --client-cert /etc/sealift/kmip.pem --client-key "
                "/etc/sealift/kmip.key --ca-cert /etc/sealift/kmip-ca.pem\n"
                "sealift kms set kmip kmip1.example.com:5696,kmip2.example.com:5696 KEY-UID --client-cert "
                "/etc/sealift/kmip.pem --client-key credential:kmip-key --username sealift --password-file "
                "credential:kmip-password",
    .interrupted = KMS_CHANGE_INTERRUPTED,
    .arguments = arguments,
    .groups = {{options, 0}, {kms_change_options, offsetof(struct kms_set_kmip, change)}},
    .size = sizeof(struct kms_set_kmip),
    .run = run,
};
