#include "own_key_spec.h"

#include "error.h"
#include "handle.h"
#include "scoped.h"
#include "spec_field.h"

static enum sealift_status
check_whole(const struct sealift_own_key_spec *spec, struct sealift_error *err)
{
    const char *const others[] = {spec->name_space,     spec->transit_path,  spec->auth_path,   spec->role_id,
                                  spec->secret_id_file, spec->secret_id_env, spec->client_cert, spec->client_key};

    if (spec->secret_id_file != NULL && spec->secret_id_env != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "the secret id is in a file (--kms-secret-id-file) or in an environment variable "
                         "(--kms-secret-id-env): choose one");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (spec->key_identifier == NULL && others[i] != NULL)
            return error_set(err, SEALIFT_INVALID,
                             "what is said of a filesystem's own key means nothing without the key itself "
                             "(--kms-key-identifier)");
    return SEALIFT_OK;
}

static enum sealift_status
read_fields(const struct sealift_own_key_spec *spec, struct own_key *own, struct sealift_error *err)
{
    TRY(spec_put(own->key, sizeof(own->key), "the key's identifier", spec->key_identifier, err));
    TRY(spec_put(own->name_space, sizeof(own->name_space), "the namespace", spec->name_space, err));
    TRY(spec_put(own->transit_path, sizeof(own->transit_path), "the transit path", spec->transit_path, err));
    TRY(spec_put(own->auth_path, sizeof(own->auth_path), "the auth path", spec->auth_path, err));
    TRY(spec_put(own->role_id, sizeof(own->role_id), "the role id", spec->role_id, err));
    TRY(spec_put_credential(&own->credential, "the secret id file's path", spec->secret_id_file, spec->secret_id_env,
                            err));
    TRY(spec_put_path(own->client_cert, sizeof(own->client_cert), "the client certificate's path", spec->client_cert,
                      err));
    return spec_put_credential(&own->client_key, "the client key's path", spec->client_key, NULL, err);
}

enum sealift_status
own_key_spec_read(const struct sealift_own_key_spec *spec, struct own_key *ret_own, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct own_key own = {0};

    if (spec != NULL) {
        if (spec->key_identifier != NULL)
            TRY(handle_need(spec->key_identifier, "the key's identifier", err));
        TRY(check_whole(spec, err));
        TRY(read_fields(spec, &own, err));
    }
    /* What could not be read again must not be stored: a variable's name with a blank in it, say. */
    TRY(own_key_to_json(&own, &text, err));
    return own_key_from_json(buf_bytes(&text), ret_own, err);
}
