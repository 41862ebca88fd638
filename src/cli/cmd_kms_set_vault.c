#include "cli_scoped.h"
#include "commands.h"
#include "kms_change_options.h"
#include "kms_change_view.h"

struct kms_set_vault {
    struct sealift_vault_spec spec;
    struct sealift_kms_change change;
};

static enum sealift_status
run(struct cli *cli, const void *values, struct sealift_error *err)
{
    const struct kms_set_vault *set = values;
    SCOPED(kms_change_view_done) struct kms_change_view view = kms_change_view_of(cli);
    struct sealift_kms_change change = set->change;
    struct sealift *sealift;

    change.each = kms_change_view_add;
    change.context = &view;
    TRY(cli_open(cli, &sealift, err));
    return kms_change_view_show(&view, sealift_kms_set_vault(sealift, &set->spec, &change, err), err);
}

static const struct option arguments[] = {
    {.name = "ADDRESS",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_vault, spec.address),
     .environment = "VAULT_ADDR BAO_ADDR",
     .required = true,
     .help = "http(s)://HOST:PORT; of several servers with commas between"},
    {.name = "KEY",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_vault, spec.key),
     .required = true,
     .help = "name of the transit key, which must exist"},
    {0},
};

#define OF_KMIP "kms set kmip: "
#define LOGIN   "Vault is logged in to with --role-id, --kubernetes-role or --token-file"

static const struct option options[] = {
    {.name = "token-file",
     .type = OPTION_SECRET_FILE,
     .field = offsetof(struct kms_set_vault, spec.token_file),
     .placeholder = "FILE",
     .excludes = "role-id kubernetes-role",
     .help = "log in with the token in this file (without any of the three ways: $VAULT_TOKEN or $BAO_TOKEN)"},
    {.name = "role-id",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_vault, spec.role_id),
     .placeholder = "ID",
     .excludes = "kubernetes-role",
     .help = "log in by AppRole, with this role id"},
    {.name = "secret-id-file",
     .type = OPTION_SECRET_FILE,
     .field = offsetof(struct kms_set_vault, spec.secret_id_file),
     .placeholder = "FILE",
     .needs = "role-id",
     .help = "the file that holds the role's secret id (without it: $SEALIFT_VAULT_SECRET_ID)"},
    {.name = "kubernetes-role",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_vault, spec.kubernetes_role),
     .placeholder = "ROLE",
     .help = "log in with the pod's Kubernetes service account, in this role"},
    {.name = "kubernetes-jwt-file",
     .type = OPTION_SECRET_FILE,
     .field = offsetof(struct kms_set_vault, spec.kubernetes_jwt_file),
     .placeholder = "FILE",
     .needs = "kubernetes-role",
     .help = "the service account's token (without it: where Kubernetes mounts it)"},
    {.name = "namespace",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_vault, spec.name_space),
     .placeholder = "NAMESPACE",
     .environment = "VAULT_NAMESPACE BAO_NAMESPACE",
     .help = "where login and key are: team/a; / is the root namespace"},
    {.name = "transit-path",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_vault, spec.transit_path),
     .placeholder = "PATH",
     .preset = "transit",
     .help = "where the transit engine is mounted"},
    {.name = "auth-path",
     .type = OPTION_TEXT,
     .field = offsetof(struct kms_set_vault, spec.auth_path),
     .placeholder = "PATH",
     .help = "where the login is mounted (without it: approle or kubernetes)"},
    {.name = "ca-cert",
     .type = OPTION_FILE,
     .field = offsetof(struct kms_set_vault, spec.ca_cert),
     .placeholder = "FILE",
     .environment = "VAULT_CACERT BAO_CACERT",
     .help = "the certificate authority, in PEM, that signs the server's certificate"},
    {.name = "token", .type = OPTION_REFUSED, .help = "use --token-file FILE, or the environment variable VAULT_TOKEN"},
    {.name = "secret-id",
     .type = OPTION_REFUSED,
     .help = "use --secret-id-file FILE, or the environment variable SEALIFT_VAULT_SECRET_ID"},
    {.name = "kubernetes-jwt", .type = OPTION_REFUSED, .help = "use --kubernetes-jwt-file FILE"},
    {.name = "password", .type = OPTION_REFUSED, .help = "it is KMIP's anyway: " LOGIN},
    {.name = "client-cert", .type = OPTION_FOREIGN, .help = OF_KMIP LOGIN},
    {.name = "client-key", .type = OPTION_FOREIGN, .help = OF_KMIP LOGIN},
    {.name = "username", .type = OPTION_FOREIGN, .help = OF_KMIP LOGIN},
    {.name = "password-file", .type = OPTION_FOREIGN, .help = OF_KMIP LOGIN},
    {.name = "kmip-version", .type = OPTION_FOREIGN, .help = OF_KMIP "Vault has no versions to agree on"},
    {.name = "server-name",
     .type = OPTION_FOREIGN,
     .help = OF_KMIP "Vault's certificate must hold the name in ADDRESS"},
    {0},
};

const struct command cmd_kms_set_vault = {
    .words = "kms set vault",
    .summary = "wrap this cluster's keys with a transit key of Vault or OpenBao",
    .description =
        "Before it is stored it is tried: log in, read the key, wrap, unwrap, compare. The table keeps where the "
        "credential is found, never the credential: the file or the environment variable must be there again whenever "
        "sealift needs the KMS. Where a FILE of a credential is asked for, credential:NAME is one that systemd hands "
        "over (LoadCredential=).\n\n"
        "Several servers are one cluster: they are tried in turn, beginning with the one that answered last. One that "
        "is down, sealed or cut off is passed over for the next; one login holds for all of "
        "them.\n\n" KMS_CHANGE_DESCRIPTION
        "\n\nOf the three logins exactly one is used: a token, AppRole (--role-id) or Kubernetes (--kubernetes-role).",
    .examples = "sealift kms set vault https://vault.example.com:8200 cluster-key --role-id R --secret-id-file "
                "/etc/sealift/secret-id\n"
                "sealift kms set vault https://vault1.example.com:8200,https://vault2.example.com:8200 cluster-key "
                "--role-id R --secret-id-file /etc/sealift/secret-id\n"
                "VAULT_ADDR=https://vault.example.com:8200 sealift kms set vault cluster-key --token-file "
                "/etc/sealift/token --namespace team/a",
    .interrupted = KMS_CHANGE_INTERRUPTED,
    .arguments = arguments,
    .groups = {{options, 0}, {kms_change_options, offsetof(struct kms_set_vault, change)}},
    .size = sizeof(struct kms_set_vault),
    .run = run,
};
