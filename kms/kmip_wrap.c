#include "kmip_wrap.h"

#include "error.h"
#include "kmip_crypt.h"
#include "kmip_error.h"
#include "kmip_mode.h"
#include "scoped.h"

#include <string.h>

#define GCM_IV_SIZE   12 /* what NIST SP 800-38D, section 5.2.1.1, recommends */
#define CBC_IV_SIZE   16
#define VENDOR_REASON 0x80000000u /* and above (KMIP 1.2, section 9.1.3.2) */

/* No IV Length: the specification counts it in bits, some clients and servers in bytes. */
static struct kmip_parameters
parameters_of(enum kmip_cipher cipher)
{
    if (cipher == KMIP_AES_GCM)
        return (struct kmip_parameters){
            .block_cipher_mode = KMIP_MODE_GCM, .algorithm = KMIP_ALGORITHM_AES, .tag_length = KMIP_SEALED_TAG_SIZE};
    return (struct kmip_parameters){
        .block_cipher_mode = KMIP_MODE_CBC, .padding_method = KMIP_PADDING_PKCS5, .algorithm = KMIP_ALGORITHM_AES};
}

static void
write_encrypt(struct ttlv_writer *writer, enum kmip_version version, const void *context)
{
    (void)version;
    kmip_encrypt_write(writer, context);
}

static void
write_decrypt(struct ttlv_writer *writer, enum kmip_version version, const void *context)
{
    (void)version;
    kmip_decrypt_write(writer, context);
}

static enum sealift_status
explain(const struct kmip_reply *reply, const struct kmip_call *call, struct sealift_error *err)
{
    return error_prefix(err, "KMIP %s: %s with key %s", reply->server,
                        call->operation == KMIP_ENCRYPT ? "encrypt" : "decrypt", call->uid);
}

/* --- Wrapping --- */

/* Reasons that tell nothing. Cosmian's KMS says Operation Not Supported for whatever it has none for. */
static bool
says_nothing(uint32_t reason)
{
    return reason == KMIP_REASON_NONE || reason == KMIP_REASON_OPERATION_NOT_SUPPORTED ||
           reason == KMIP_REASON_CRYPTOGRAPHIC_FAILURE || reason == KMIP_REASON_GENERAL_FAILURE ||
           reason >= VENDOR_REASON;
}

/* Encrypting cannot fail for what is encrypted, so a failure without a better reason is the mode's, too. */
static bool
another_mode_may_do(const struct kmip_answer *answer)
{
    return kmip_error_is_about_mode(answer) ||
           (answer->status == KMIP_OPERATION_FAILED && says_nothing(answer->reason));
}

static enum sealift_status
take_iv(const struct kmip_crypt_result *result, struct bytes own, struct kmip_sealed *sealed, bool *ret_try_another,
        struct sealift_error *err)
{
    /* What the server names is what it used. It need not repeat ours. */
    struct bytes iv = result->has_iv && result->iv.len > 0 ? result->iv : own;

    if (iv.len == 0) {
        *ret_try_another = true;
        return error_set(err, SEALIFT_KEY, "the server was to make the IV, and its answer has none");
    }
    if (iv.len > sizeof(sealed->iv))
        return error_set(err, SEALIFT_CORRUPT, "the IV has %zu bytes", iv.len);
    memcpy(sealed->iv, iv.data, iv.len);
    sealed->iv_len = iv.len;
    return SEALIFT_OK;
}

static enum sealift_status
take_tag(const struct kmip_crypt_result *result, struct kmip_sealed *sealed, bool *ret_try_another,
         struct sealift_error *err)
{
    if (sealed->cipher != KMIP_AES_GCM || !result->has_tag || result->tag.len == 0)
        return SEALIFT_OK;
    if (result->tag.len != sizeof(sealed->tag)) {
        *ret_try_another = true;
        return error_set(err, SEALIFT_KEY, "the tag has %zu bytes instead of %zu", result->tag.len,
                         sizeof(sealed->tag));
    }
    memcpy(sealed->tag, result->tag.data, sizeof(sealed->tag));
    sealed->has_tag = true;
    return SEALIFT_OK;
}

static enum sealift_status
take_data(const struct kmip_crypt_result *result, struct kmip_sealed *sealed, bool *ret_try_another,
          struct sealift_error *err)
{
    char text[64];

    if (result->data.len > sizeof(sealed->data))
        return error_set(err, SEALIFT_CORRUPT, "the ciphertext has %zu bytes", result->data.len);
    if (result->data.len > 0)
        memcpy(sealed->data, result->data.data, result->data.len);
    sealed->data_len = result->data.len;
    if (kmip_sealed_iv_flaw(sealed, text) != NULL)
        return error_set(err, SEALIFT_CORRUPT, "%s, which %s does not take", text, kmip_cipher_name(sealed->cipher));
    if (kmip_sealed_data_flaw(sealed, text) == NULL)
        return SEALIFT_OK;
    *ret_try_another = true;
    if (sealed->cipher == KMIP_AES_GCM && !sealed->has_tag)
        return error_set(err, SEALIFT_KEY, "%s, and there is no tag: nobody could open it again", text);
    return error_set(err, SEALIFT_KEY, "%s, which is not what %s makes of a key", text,
                     kmip_cipher_name(sealed->cipher));
}

static enum sealift_status
take_sealed(const struct kmip_reply *reply, struct bytes own_iv, struct kmip_sealed *sealed, bool *ret_try_another,
            struct sealift_error *err)
{
    struct kmip_crypt_result result;

    TRY(kmip_crypt_read(&reply->answer, &result, err));
    TRY(take_iv(&result, own_iv, sealed, ret_try_another, err));
    TRY(take_tag(&result, sealed, ret_try_another, err));
    return take_data(&result, sealed, ret_try_another, err);
}

enum sealift_status
kmip_wrap(const struct kmip_key *key, const struct kmip_mode *mode, const struct secret *kek,
          struct kmip_sealed *ret_sealed, const char **ret_server, bool *ret_try_another, struct sealift_error *err)
{
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};
    uint8_t iv[CBC_IV_SIZE];
    struct bytes own_iv = {iv, mode->cipher == KMIP_AES_GCM ? GCM_IV_SIZE : CBC_IV_SIZE};
    struct kmip_crypt_request request = {
        .uid = key->uid, .parameters = parameters_of(mode->cipher), .data = secret_bytes(kek)};
    struct kmip_call call = {.operation = KMIP_ENCRYPT, .uid = key->uid, .write = write_encrypt, .context = &request};
    struct kmip_sealed sealed = {.cipher = mode->cipher};

    *ret_try_another = false;
    if (!mode->own_iv)
        own_iv.len = 0;
    key->world->entropy->fill(key->world->entropy, iv, own_iv.len);
    request.parameters.random_iv = !mode->own_iv;
    request.has_iv = mode->own_iv;
    request.iv = own_iv;

    TRY(kmip_key_call(key, &call, &reply, err));
    if (reply.answer.status != KMIP_SUCCESS) {
        *ret_try_another = another_mode_may_do(&reply.answer);
        return kmip_reply_check(&reply, &call, err);
    }
    sealed.version = reply.version;
    if (take_sealed(&reply, own_iv, &sealed, ret_try_another, err) != SEALIFT_OK)
        return explain(&reply, &call, err);
    *ret_sealed = sealed;
    if (ret_server != NULL)
        *ret_server = reply.server;
    return SEALIFT_OK;
}

/* --- Unwrapping --- */

/* The field of the tag is 1.4's; who gave us a tag in an earlier version takes it in that one, too. */
static enum kmip_version
version_for(const struct kmip_sealed *sealed)
{
    if (!sealed->has_tag)
        return KMIP_VERSION_UNKNOWN;
    return sealed->version < KMIP_1_4 ? sealed->version : KMIP_1_4;
}

static enum sealift_status
take_kek(struct kmip_reply *reply, const struct kmip_call *call, struct secret **ret_kek, struct sealift_error *err)
{
    struct kmip_crypt_result result;

    if (kmip_crypt_read(&reply->answer, &result, err) != SEALIFT_OK)
        return explain(reply, call, err);
    if (result.data.len == KEY_SIZE)
        return secret_copy(result.data, ret_kek, err);

    /* Damage that happened to leave a valid padding: it must sound like damage that did not. */
    reply->answer.status = KMIP_OPERATION_FAILED;
    reply->answer.reason = KMIP_REASON_CRYPTOGRAPHIC_FAILURE;
    reply->answer.message[0] = '\0';
    return kmip_reply_check(reply, call, err);
}

enum sealift_status
kmip_decrypt(const struct kmip_key *key, const struct kmip_sealed *sealed, struct secret **ret_kek,
             enum kmip_verdict *ret_verdict, struct sealift_error *err)
{
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};
    struct kmip_crypt_request request = {
        .uid = key->uid,
        .parameters = parameters_of(sealed->cipher),
        .data = {sealed->data, sealed->data_len},
        .has_iv = true,
        .iv = {sealed->iv, sealed->iv_len},
        .has_tag = sealed->has_tag,
        .tag = BYTES_OF(sealed->tag),
    };
    struct kmip_call call = {.operation = KMIP_DECRYPT,
                             .uid = key->uid,
                             .write = write_decrypt,
                             .context = &request,
                             .at_least = version_for(sealed)};

    *ret_verdict = KMIP_SILENT;
    TRY(kmip_key_call(key, &call, &reply, err));
    *ret_verdict = reply.answer.status == KMIP_SUCCESS ? KMIP_OPENED : KMIP_REFUSED;
    TRY(kmip_reply_check(&reply, &call, err));
    return take_kek(&reply, &call, ret_kek, err);
}
