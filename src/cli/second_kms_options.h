/* The options that name a further KMS, which is to open a filesystem, too. */
#ifndef SECOND_KMS_OPTIONS_H
#define SECOND_KMS_OPTIONS_H

#include "option.h"

#include <sealift/keys.h>

/* As they stand on the command line. */
struct second_kms_values {
    const char *vault, *kmip, *local_key_file;
    const char *key;
    const char *ca_cert;
    const char *name_space, *transit_path, *auth_path, *role_id, *secret_id_file, *secret_id_env, *token_file;
    const char *client_cert, *client_key;
};
extern const struct option second_kms_options[]; /* they fill it */

/* The public form, whose specs are kept beside it. */
struct second_kms {
    struct sealift_second_kms_spec spec;
    struct sealift_vault_spec vault;
    struct sealift_kmip_spec kmip;
};
/* INVALID unless one KMS is named, with its key. */
enum sealift_status second_kms_read(const struct second_kms_values *values, struct second_kms *ret_kms,
                                    struct sealift_error *err);

#endif
