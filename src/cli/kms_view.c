#include "kms_view.h"

const struct column kms_view_columns[] = {
    {"type", "type", COLUMN_TEXT, offsetof(struct sealift_kms, type)},
    {"address", "address", COLUMN_TEXT, offsetof(struct sealift_kms, address)},
    {"key", "key", COLUMN_TEXT, offsetof(struct sealift_kms, key)},
    {"namespace", "namespace", COLUMN_TEXT, offsetof(struct sealift_kms, name_space)},
    {"transit_path", "transit path", COLUMN_TEXT, offsetof(struct sealift_kms, transit_path)},
    {"auth_method", "auth method", COLUMN_TEXT, offsetof(struct sealift_kms, auth_method)},
    {"auth_path", "auth path", COLUMN_TEXT, offsetof(struct sealift_kms, auth_path)},
    {"role_id", "role id", COLUMN_TEXT, offsetof(struct sealift_kms, role_id)},
    {"kubernetes_role", "kubernetes role", COLUMN_TEXT, offsetof(struct sealift_kms, kubernetes_role)},
    {"ca_cert", "ca cert", COLUMN_TEXT, offsetof(struct sealift_kms, ca_cert)},
    {"credential", "credential", COLUMN_TEXT, offsetof(struct sealift_kms, credential)},
    {"client_cert", "client cert", COLUMN_TEXT, offsetof(struct sealift_kms, client_cert)},
    {"client_key", "client key", COLUMN_TEXT, offsetof(struct sealift_kms, client_key)},
    {"username", "username", COLUMN_TEXT, offsetof(struct sealift_kms, username)},
    {"server_name", "server name", COLUMN_TEXT, offsetof(struct sealift_kms, server_name)},
    {"kmip_version", "kmip version", COLUMN_TEXT, offsetof(struct sealift_kms, kmip_version)},
    {"version_choice", "version choice", COLUMN_TEXT, offsetof(struct sealift_kms, version_choice)},
    {"mode", "mode", COLUMN_TEXT, offsetof(struct sealift_kms, mode)},
    {0},
};
