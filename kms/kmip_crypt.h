/* Encrypt and Decrypt (KMIP 1.2, sections 4.29 and 4.30; 2.1, sections 6.1.17 and 6.1.11): one call each, never a
 * stream. The fields of authenticated encryption are 1.4's, but some servers have them earlier: they are written
 * whenever they are given, and read whenever they are there. */
#ifndef KMIP_CRYPT_H
#define KMIP_CRYPT_H

#include "kmip_message.h"

/* Zero: left out. */
struct kmip_parameters {
    uint32_t block_cipher_mode; /* enum kmip_block_cipher_mode */
    uint32_t padding_method;
    uint32_t algorithm; /* the OASIS transcripts leave it out, PyKMIP insists on it */
    bool random_iv;     /* the server is to make the IV */
    int32_t tag_length; /* bytes */
};

struct kmip_crypt_request {
    const char *uid;
    struct kmip_parameters parameters; /* left out as a whole when it is all zero */
    struct bytes data;
    bool has_iv, has_additional_data, has_tag; /* a field may be there and empty */
    struct bytes iv;
    struct bytes additional_data;
    struct bytes tag; /* of Decrypt */
};

void kmip_encrypt_write(struct ttlv_writer *writer, const struct kmip_crypt_request *request);
void kmip_decrypt_write(struct ttlv_writer *writer, const struct kmip_crypt_request *request);

/* Views into the answer. */
struct kmip_crypt_result {
    struct bytes data;
    bool has_iv, has_tag;
    struct bytes iv, tag;
};

/* Of either operation. CORRUPT: no Data. */
enum sealift_status kmip_crypt_read(const struct kmip_answer *answer, struct kmip_crypt_result *ret_result,
                                    struct sealift_error *err);

#endif
