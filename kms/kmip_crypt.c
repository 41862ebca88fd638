#include "kmip_crypt.h"

#include "error.h"
#include "scoped.h"

/* The order is the specification's; strict servers insist on it. */
static void
put_parameters(struct ttlv_writer *writer, const struct kmip_parameters *parameters)
{
    if (parameters->block_cipher_mode == 0 && parameters->padding_method == 0 && parameters->algorithm == 0 &&
        !parameters->random_iv && parameters->tag_length == 0)
        return;
    ttlv_begin(writer, KMIP_TAG_CRYPTOGRAPHIC_PARAMETERS);
    if (parameters->block_cipher_mode != 0)
        ttlv_put_enumeration(writer, KMIP_TAG_BLOCK_CIPHER_MODE, parameters->block_cipher_mode);
    if (parameters->padding_method != 0)
        ttlv_put_enumeration(writer, KMIP_TAG_PADDING_METHOD, parameters->padding_method);
    if (parameters->algorithm != 0)
        ttlv_put_enumeration(writer, KMIP_TAG_CRYPTOGRAPHIC_ALGORITHM, parameters->algorithm);
    if (parameters->random_iv)
        ttlv_put_boolean(writer, KMIP_TAG_RANDOM_IV, true);
    if (parameters->tag_length != 0)
        ttlv_put_integer(writer, KMIP_TAG_TAG_LENGTH, parameters->tag_length);
    ttlv_end(writer);
}

void
kmip_encrypt_write(struct ttlv_writer *writer, const struct kmip_crypt_request *request)
{
    ttlv_put_text(writer, KMIP_TAG_UNIQUE_IDENTIFIER, request->uid);
    put_parameters(writer, &request->parameters);
    ttlv_put_bytes(writer, KMIP_TAG_DATA, request->data);
    if (request->has_iv)
        ttlv_put_bytes(writer, KMIP_TAG_IV_COUNTER_NONCE, request->iv);
    if (request->has_additional_data)
        ttlv_put_bytes(writer, KMIP_TAG_AUTHENTICATED_ENCRYPTION_ADDITIONAL_DATA, request->additional_data);
}

void
kmip_decrypt_write(struct ttlv_writer *writer, const struct kmip_crypt_request *request)
{
    kmip_encrypt_write(writer, request);
    if (request->has_tag)
        ttlv_put_bytes(writer, KMIP_TAG_AUTHENTICATED_ENCRYPTION_TAG, request->tag);
}

static enum sealift_status
read_payload(const struct ttlv_item *payload, struct kmip_crypt_result *ret_result, struct sealift_error *err)
{
    struct ttlv_item data, iv, tag;

    TRY(ttlv_need(payload, KMIP_TAG_DATA, TTLV_BYTE_STRING, &data, err));
    TRY(ttlv_find(payload, KMIP_TAG_IV_COUNTER_NONCE, TTLV_BYTE_STRING, &iv, err));
    TRY(ttlv_find(payload, KMIP_TAG_AUTHENTICATED_ENCRYPTION_TAG, TTLV_BYTE_STRING, &tag, err));
    *ret_result = (struct kmip_crypt_result){
        .data = data.value,
        .has_iv = iv.tag != 0,
        .has_tag = tag.tag != 0,
        .iv = iv.value,
        .tag = tag.value,
    };
    return SEALIFT_OK;
}

enum sealift_status
kmip_crypt_read(const struct kmip_answer *answer, struct kmip_crypt_result *ret_result, struct sealift_error *err)
{
    if (read_payload(&answer->payload, ret_result, err) != SEALIFT_OK)
        return kmip_answer_senseless(err);
    return SEALIFT_OK;
}
