#include "scripted_kmip_cipher.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define TAG_SIZE 16
#define IV_MAX   128 /* of its own */

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

enum { STRUCTURE = 1, INTEGER, LONG_INTEGER, BIG_INTEGER, ENUMERATION, BOOLEAN, TEXT, BYTES };

enum { INVALID_FIELD = 0x07, CRYPTOGRAPHIC_FAILURE = 0x0a, MISSING_IV = 0x34 };

enum { CBC = 1, GCM = 9, PKCS5 = 3, AES = 3 };

static const char does_not_open[] = "Decryption failed.";

static bool
fail(struct scripted_crypt *crypt, uint32_t reason, const char *message)
{
    crypt->reason = reason;
    crypt->message = message;
    return false;
}

static bool
is(const struct scripted_item *item, int64_t value)
{
    return item->tag != 0 && scripted_ttlv_value(item) == value;
}

static bool
tag_has_field(const struct scripted_crypt *crypt)
{
    switch (crypt->model->tag) {
    case SCRIPTED_TAG_FIELD:
        return true;
    case SCRIPTED_TAG_COSMIAN:
        return crypt->version >= 0x0103;
    case SCRIPTED_TAG_USUAL:
    case SCRIPTED_TAG_PYKMIP:
        return crypt->version >= 0x0104;
    case SCRIPTED_TAG_APPENDED:
    case SCRIPTED_TAG_LOST:
        return false;
    }
    return false;
}

static bool
tag_is_lost(const struct scripted_crypt *crypt)
{
    return crypt->model->tag == SCRIPTED_TAG_LOST ||
           (crypt->model->tag == SCRIPTED_TAG_PYKMIP && crypt->version < 0x0104);
}

static void
read_parameters(struct scripted_crypt *crypt, const struct scripted_item *parameters, char *complaint)
{
    struct scripted_cursor cursor = scripted_cursor_of(parameters, complaint);
    struct scripted_item ignored;

    scripted_cursor_may(&cursor, 0x420011, ENUMERATION, &crypt->mode);
    scripted_cursor_may(&cursor, 0x42005f, ENUMERATION, &crypt->padding);
    scripted_cursor_may(&cursor, 0x420038, ENUMERATION, &ignored); /* Hashing Algorithm */
    scripted_cursor_may(&cursor, 0x420083, ENUMERATION, &ignored); /* Key Role Type */
    scripted_cursor_may(&cursor, 0x4200ae, ENUMERATION, &ignored); /* Digital Signature Algorithm */
    scripted_cursor_may(&cursor, 0x420028, ENUMERATION, &crypt->algorithm);
    scripted_cursor_may(&cursor, 0x4200c5, BOOLEAN, &crypt->random_iv);
    scripted_cursor_may(&cursor, 0x4200cd, INTEGER, &crypt->iv_length);
    scripted_cursor_may(&cursor, 0x4200ce, INTEGER, &crypt->tag_length);
    scripted_cursor_ends(&cursor);
}

void
scripted_crypt_read(struct scripted_crypt *crypt, struct scripted_cursor *payload, bool encrypting)
{
    bool has_later_fields = crypt->version >= 0x0104 || !crypt->model->refuses_later_fields;
    struct scripted_item parameters;

    if (scripted_cursor_may(payload, 0x42002b, STRUCTURE, &parameters))
        read_parameters(crypt, &parameters, payload->complaint);
    scripted_cursor_must(payload, 0x4200c2, BYTES, &crypt->data);
    scripted_cursor_may(payload, 0x42003d, BYTES, &crypt->iv);
    if (has_later_fields)
        scripted_cursor_may(payload, 0x4200fe, BYTES, &crypt->additional_data);
    if (has_later_fields && !encrypting)
        scripted_cursor_may(payload, 0x4200ff, BYTES, &crypt->tag);
    scripted_cursor_ends(payload);
}

static bool
check_parameters(struct scripted_crypt *crypt)
{
    const struct scripted_kmip_model *model = crypt->model;
    uint32_t reason = model->mode_reason != 0 ? model->mode_reason : INVALID_FIELD;
    bool gcm = is(&crypt->mode, GCM);

    if (!is(&crypt->algorithm, AES))
        return fail(crypt, INVALID_FIELD, "The cryptographic algorithm is required.");
    if ((!gcm && !is(&crypt->mode, CBC)) || (gcm && model->without_gcm) || (!gcm && model->without_cbc))
        return fail(crypt, reason, "The block cipher mode is not supported.");
    if (!gcm && !is(&crypt->padding, PKCS5))
        return fail(crypt, INVALID_FIELD, "The padding method is not supported for this mode.");
    if (gcm && !is(&crypt->tag_length, TAG_SIZE))
        return fail(crypt, INVALID_FIELD, "The authenticated encryption tag length is required.");
    if (crypt->iv_length.tag != 0)
        return fail(crypt, INVALID_FIELD, "Bits or bytes?");
    return true;
}

struct iv {
    uint8_t bytes[IV_MAX];
    size_t len;
    bool ours;
};

static bool
take_iv(struct scripted_crypt *crypt, struct iv *ret_iv)
{
    size_t least = is(&crypt->mode, GCM) ? 8 : 16, most = is(&crypt->mode, GCM) ? 32 : 16;

    if (crypt->iv.len < least || crypt->iv.len > most)
        return fail(crypt, INVALID_FIELD, "The IV has the wrong length.");
    memcpy(ret_iv->bytes, crypt->iv.value, crypt->iv.len);
    ret_iv->len = crypt->iv.len;
    ret_iv->ours = false;
    return true;
}

static bool
choose_iv(struct scripted_crypt *crypt, struct iv *ret_iv)
{
    const struct scripted_kmip_model *model = crypt->model;
    bool gcm = is(&crypt->mode, GCM);
    enum scripted_iv rule = gcm ? model->gcm_iv : model->cbc_iv;

    if (crypt->iv.tag != 0 && rule == SCRIPTED_IV_OURS)
        return fail(crypt, INVALID_FIELD, "The IV is the server's to make.");
    if (crypt->iv.tag != 0)
        return take_iv(crypt, ret_iv);
    if (rule == SCRIPTED_IV_CLIENTS)
        return fail(crypt, MISSING_IV, "The IV is missing.");
    ret_iv->len = gcm && model->gcm_iv_len != 0 ? model->gcm_iv_len : gcm ? 12 : 16;
    ret_iv->ours = true;
    NEED(ret_iv->len <= IV_MAX && RAND_bytes(ret_iv->bytes, (int)ret_iv->len) == 1);
    for (size_t i = 0; i < ret_iv->len && model->steady_iv; i++)
        ret_iv->bytes[i] = (uint8_t)(i + 1);
    return true;
}

static EVP_CIPHER_CTX *
start(const struct scripted_crypt *crypt, const struct iv *iv, bool encrypting)
{
    const EVP_CIPHER *ciphers[2][3] = {{EVP_aes_128_cbc(), EVP_aes_192_cbc(), EVP_aes_256_cbc()},
                                       {EVP_aes_128_gcm(), EVP_aes_192_gcm(), EVP_aes_256_gcm()}};
    bool gcm = is(&crypt->mode, GCM);
    size_t len = crypt->key->len != 0 ? crypt->key->len : 32;
    const EVP_CIPHER *cipher = ciphers[gcm][len / 8 - 2];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int moved;

    NEED(context != NULL && EVP_CipherInit_ex(context, cipher, NULL, NULL, NULL, encrypting) == 1);
    if (gcm)
        NEED(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)iv->len, NULL) == 1);
    NEED(EVP_CipherInit_ex(context, NULL, NULL, crypt->key->material, iv->bytes, encrypting) == 1);
    if (gcm && crypt->additional_data.len > 0)
        NEED(EVP_CipherUpdate(context, NULL, &moved, crypt->additional_data.value, (int)crypt->additional_data.len) ==
             1);
    return context;
}

/* All of the data, and the end: -1 when it does not come out right. `out` takes 16 bytes more than the data. */
static int
run(EVP_CIPHER_CTX *context, const uint8_t *data, size_t len, bool ignores_end, uint8_t *out)
{
    int moved = 0, more = 0;

    NEED(EVP_CipherUpdate(context, out, &moved, data, (int)len) == 1);
    if (EVP_CipherFinal_ex(context, out + moved, &more) == 1)
        return moved + more;
    return ignores_end ? moved : -1;
}

static bool
encrypt(struct scripted_crypt *crypt, struct scripted_ttlv *out)
{
    bool gcm = is(&crypt->mode, GCM), separate = tag_has_field(crypt), told;
    uint8_t *sealed = malloc(crypt->data.len + 2 * TAG_SIZE), tag[TAG_SIZE];
    EVP_CIPHER_CTX *context;
    struct iv iv;
    size_t len;

    NEED(sealed != NULL);
    if (!choose_iv(crypt, &iv)) {
        free(sealed);
        return false;
    }
    context = start(crypt, &iv, true);
    len = (size_t)run(context, crypt->data.value, crypt->data.len, false, sealed);
    if (gcm)
        NEED(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1);
    if (gcm && !separate && !tag_is_lost(crypt)) {
        memcpy(sealed + len, tag, TAG_SIZE);
        len += TAG_SIZE;
    }
    told = iv.ours && (gcm ? crypt->model->gcm_iv : crypt->model->cbc_iv) != SCRIPTED_IV_FORGOTTEN;
    scripted_ttlv_string(out, 0x4200c2, BYTES, sealed, len);
    if (told)
        scripted_ttlv_string(out, 0x42003d, BYTES, iv.bytes, iv.len);
    if (gcm && separate)
        scripted_ttlv_string(out, 0x4200ff, BYTES, tag, TAG_SIZE);
    EVP_CIPHER_CTX_free(context);
    free(sealed);
    return true;
}

/* The tag from where this server keeps it; `*ret_len` is what is left of the data. */
static bool
find_tag(struct scripted_crypt *crypt, uint8_t ret_tag[TAG_SIZE], size_t *ret_len)
{
    if (tag_has_field(crypt)) {
        if (crypt->tag.tag == 0 || crypt->tag.len != TAG_SIZE)
            return false;
        memcpy(ret_tag, crypt->tag.value, TAG_SIZE);
        return true;
    }
    if (crypt->data.len < TAG_SIZE)
        return false;
    *ret_len -= TAG_SIZE;
    memcpy(ret_tag, crypt->data.value + *ret_len, TAG_SIZE);
    return true;
}

static bool
decrypt(struct scripted_crypt *crypt, struct scripted_ttlv *out)
{
    const struct scripted_kmip_model *model = crypt->model;
    uint32_t reason = model->damage_reason != 0 ? model->damage_reason : CRYPTOGRAPHIC_FAILURE;
    bool gcm = is(&crypt->mode, GCM);
    uint8_t tag[TAG_SIZE] = {0}, *plain;
    size_t len = crypt->data.len;
    EVP_CIPHER_CTX *context;
    struct iv iv;
    int got;

    if (!take_iv(crypt, &iv))
        return false;
    if (gcm && !find_tag(crypt, tag, &len) && !model->ignores_damage)
        return fail(crypt, reason, does_not_open);
    plain = malloc(len + 2 * TAG_SIZE);
    NEED(plain != NULL);
    context = start(crypt, &iv, false);
    if (gcm)
        NEED(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1);
    got = run(context, crypt->data.value, len, model->ignores_damage, plain);
    if (got > 0 && model->damages)
        plain[0] ^= 1;
    if (got >= 0)
        scripted_ttlv_string(out, 0x4200c2, BYTES, plain, (size_t)got);
    EVP_CIPHER_CTX_free(context);
    free(plain);
    return got >= 0 || fail(crypt, reason, does_not_open);
}

bool
scripted_crypt_run(struct scripted_crypt *crypt, bool encrypting, struct scripted_ttlv *out)
{
    return check_parameters(crypt) && (encrypting ? encrypt(crypt, out) : decrypt(crypt, out));
}
