#include "vault_key.h"

#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

enum sealift_status
vault_key_from_answer(const struct vault_answer *answer, struct vault_key *ret_key, struct sealift_error *err)
{
    const char *type = json_string(vault_answer_data(answer, "type"));
    struct vault_key key = {
        .latest_version = json_integer(vault_answer_data(answer, "latest_version"), 0),
        .min_decryption_version = json_integer(vault_answer_data(answer, "min_decryption_version"), 0),
        .encrypts = json_bool(vault_answer_data(answer, "supports_encryption"), false),
        .decrypts = json_bool(vault_answer_data(answer, "supports_decryption"), false),
        .derived = json_bool(vault_answer_data(answer, "derived"), false),
        .soft_deleted = json_bool(vault_answer_data(answer, "soft_deleted"), false),
        .exportable = json_bool(vault_answer_data(answer, "exportable"), false),
        .plaintext_backup = json_bool(vault_answer_data(answer, "allow_plaintext_backup"), false),
        .deletable = json_bool(vault_answer_data(answer, "deletion_allowed"), false),
    };

    if (type == NULL || key.latest_version < 1)
        return error_set(err, SEALIFT_CORRUPT,
                         "what is found there is no transit key: check the transit path (--transit-path)");
    snprintf(key.type, sizeof(key.type), "%s", type);
    *ret_key = key;
    return SEALIFT_OK;
}

enum sealift_status
vault_key_read(struct vault_login *login, const struct vault_place *place, struct vault_key *ret_key,
               struct sealift_error *err)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    SCOPED(free_done) char *path = NULL;
    char subject[1600];

    TRY(text_format(&path, "%s/keys/%s", err, place->mount, place->name));
    TRY(vault_login_call(login, &(struct vault_request){.method = "GET", .path = path, .pace = place->pace}, &answer,
                         err));
    vault_answer_note(&answer, place->errand);
    if (!vault_answer_is_success(&answer))
        return vault_error(VAULT_READ_KEY, place, &answer, err);
    if (vault_key_from_answer(&answer, ret_key, err) != SEALIFT_OK) {
        vault_error_subject(VAULT_READ_KEY, place, subject, sizeof(subject));
        return error_prefix(err, "Vault %s", subject);
    }
    return SEALIFT_OK;
}

static enum sealift_status
refuse(const struct vault_place *place, const char *why, const char *type, struct sealift_error *err)
{
    return error_set(err, SEALIFT_KEY,
                     "Vault key %s/%s (%s): %s; use a key of type aes256-gcm96, created with  vault "
                     "write -f %s/keys/NAME",
                     place->mount, place->name, type, why, place->mount);
}

enum sealift_status
vault_key_check(const struct vault_key *key, const struct vault_place *place, struct sealift_error *err)
{
    if (key->soft_deleted)
        return error_set(err, SEALIFT_KEY, "Vault key %s/%s: it is soft-deleted; have it restored, or use another key",
                         place->mount, place->name);
    if (!key->encrypts || !key->decrypts)
        return refuse(place, "a key of this type cannot encrypt and decrypt", key->type, err);
    if (key->derived)
        return refuse(place, "it is a derived key, which needs a context for each call", key->type, err);
    return SEALIFT_OK;
}

const char *
vault_key_warning(const struct vault_key *key, size_t index)
{
    const struct {
        bool holds;
        const char *text;
    } warnings[] = {
        {key->exportable, "the key may be exported: whoever may do so needs the server no more"},
        {key->plaintext_backup, "the key may be backed up in plain text"},
        {key->deletable, "the key may be deleted (deletion_allowed), and with it all that it ever wrapped"},
        {strcmp(key->type, "aes128-gcm96") == 0, "the key has 128 bits only; aes256-gcm96 is what we advise"},
        {strncmp(key->type, "rsa-", 4) == 0, "an RSA key works, but aes256-gcm96 is what we advise"},
    };

    for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
        if (warnings[i].holds && index-- == 0)
            return warnings[i].text;
    }
    return NULL;
}
