/* Encrypt and Decrypt of the scripted KMIP server: their payloads, and AES through OpenSSL. */
#ifndef SCRIPTED_KMIP_CIPHER_H
#define SCRIPTED_KMIP_CIPHER_H

#include "scripted_kmip_model.h"

struct scripted_crypt {
    const struct scripted_kmip_model *model;
    uint16_t version;
    const struct scripted_key *key;

    /* As they were read; tag 0: not there. */
    struct scripted_item mode, padding, algorithm, random_iv, iv_length, tag_length;
    struct scripted_item data, iv, additional_data, tag;

    uint32_t reason; /* of a failure */
    const char *message;
};

/* What stands behind the UID, in its order and with nothing behind it. */
void scripted_crypt_read(struct scripted_crypt *crypt, struct scripted_cursor *payload, bool encrypting);

/* Appends what stands behind the answer's UID; false with a reason. */
bool scripted_crypt_run(struct scripted_crypt *crypt, bool encrypting, struct scripted_ttlv *out);

#endif
