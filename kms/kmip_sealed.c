#include "kmip_sealed.h"

#include "error.h"
#include "kmip_mode.h"
#include "scoped.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define FORM      "kmip:v1:"
#define TEXT_MAX  ((KMIP_SEALED_DATA_MAX + 2) / 3 * 4)
#define AES_BLOCK 16
#define IV_MIN    8

/* --- The bounds --- */

static const char *
flaw(char out[64], const char *what, size_t len)
{
    snprintf(out, 64, "the %s has %zu byte%s", what, len, len == 1 ? "" : "s");
    return out;
}

const char *
kmip_sealed_iv_flaw(const struct kmip_sealed *sealed, char out[64])
{
    bool fits = sealed->cipher == KMIP_AES_CBC ? sealed->iv_len == AES_BLOCK
                                               : sealed->iv_len >= IV_MIN && sealed->iv_len <= KMIP_SEALED_IV_MAX;

    return fits ? NULL : flaw(out, "IV", sealed->iv_len);
}

/* AES-CBC pads 32 bytes to 48; AES-GCM adds nothing but the tag. */
const char *
kmip_sealed_data_flaw(const struct kmip_sealed *sealed, char out[64])
{
    size_t least = sealed->has_tag ? KEY_SIZE : KEY_SIZE + KMIP_SEALED_TAG_SIZE;
    bool fits = sealed->cipher == KMIP_AES_CBC ? sealed->data_len == KEY_SIZE + AES_BLOCK
                                               : sealed->data_len >= least && sealed->data_len <= KMIP_SEALED_DATA_MAX;

    return fits ? NULL : flaw(out, "ciphertext", sealed->data_len);
}

bool
kmip_sealed_move_tag(const struct kmip_sealed *sealed, struct kmip_sealed *ret_moved)
{
    struct kmip_sealed moved = *sealed;
    char text[64];

    moved.has_tag = !sealed->has_tag;
    if (sealed->cipher != KMIP_AES_GCM || kmip_sealed_data_flaw(sealed, text) != NULL)
        return false;
    if (sealed->has_tag && sealed->data_len > sizeof(sealed->data) - sizeof(sealed->tag))
        return false;
    if (sealed->has_tag) {
        memcpy(moved.data + moved.data_len, sealed->tag, sizeof(sealed->tag));
        moved.data_len += sizeof(sealed->tag);
    } else {
        moved.data_len -= sizeof(sealed->tag);
        memcpy(moved.tag, moved.data + moved.data_len, sizeof(moved.tag));
    }
    *ret_moved = moved;
    return true;
}

/* --- Writing --- */

static enum sealift_status
write_details(const struct kmip_sealed *sealed, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_string(writer, "cipher", kmip_cipher_name(sealed->cipher));
    json_put_string(writer, "version", kmip_version_text(sealed->version));
    json_put_hex(writer, "iv", (struct bytes){sealed->iv, sealed->iv_len});
    if (sealed->has_tag)
        json_put_hex(writer, "tag", BYTES_OF(sealed->tag));
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

enum sealift_status
kmip_sealed_format(const struct kmip_sealed *sealed, struct kms_hint *hint, struct buf *out, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf details = {.max = sizeof(hint->details)};
    const char *text;

    TRY(write_details(sealed, &details, err));
    TRY(buf_text(&details, &text, err));
    TRY(buf_append_text(out, FORM, err));
    TRY(base64_encode((struct bytes){sealed->data, sealed->data_len}, out, err));
    memcpy(hint->details, text, details.len + 1);
    return SEALIFT_OK;
}

/* --- Reading --- */

static enum sealift_status
damaged(const char *what, struct sealift_error *err)
{
    return error_set(err, SEALIFT_KEY, "the wrapped key is damaged: %s", what);
}

static enum sealift_status
is_later(const char *what, const char *value, struct sealift_error *err)
{
    return error_set(err, SEALIFT_KEY,
                     "the wrapped key has the %s \"%.32s\" and is of a later sealift: update this one", what, value);
}

/* The text has a ceiling before it is decoded, and so has what comes of it. */
static enum sealift_status
read_data(const char *text, struct kmip_sealed *sealed, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf data = {0};

    if (strncmp(text, "kmip:v", strlen("kmip:v")) == 0 && strncmp(text, FORM, strlen(FORM)) != 0)
        return is_later("form", text, err);
    if (strncmp(text, FORM, strlen(FORM)) != 0 || strnlen(text, WRAPPED_KEK_MAX) > strlen(FORM) + TEXT_MAX ||
        base64_decode(bytes_of_text(text + strlen(FORM)), &data, err) != SEALIFT_OK || data.len > KMIP_SEALED_DATA_MAX)
        return damaged("it is no \"" FORM "...\" of KMIP", err);
    if (data.len > 0)
        memcpy(sealed->data, data.data, data.len);
    sealed->data_len = data.len;
    return SEALIFT_OK;
}

static enum sealift_status
read_cipher(const char *name, struct kmip_sealed *sealed, struct sealift_error *err)
{
    for (size_t i = 0; i < KMIP_MODE_COUNT; i++) {
        if (strcmp(kmip_mode_name(&kmip_modes[i]), name) == 0) {
            sealed->cipher = kmip_modes[i].cipher;
            return SEALIFT_OK;
        }
    }
    return is_later("cipher", name, err);
}

static bool
read_hex(const char *text, uint8_t *out, size_t size, size_t *ret_len)
{
    size_t digits = strlen(text);

    *ret_len = digits / 2;
    return digits <= 2 * size && hex_decode(text, out, *ret_len);
}

static enum sealift_status
read_tag(const struct json *json, struct kmip_sealed *sealed, struct sealift_error *err)
{
    if (json == NULL)
        return SEALIFT_OK;
    if (sealed->cipher != KMIP_AES_GCM)
        return damaged("AES-CBC has no tag", err);
    if (json_string(json) == NULL || !hex_decode(json_string(json), sealed->tag, sizeof(sealed->tag)))
        return damaged("its tag is none", err);
    sealed->has_tag = true;
    return SEALIFT_OK;
}

static enum sealift_status
read_details(const char *text, struct kmip_sealed *sealed, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;
    const char *cipher, *version, *iv;

    if (json_parse(bytes_of_text(text), "KMIP", &json, err) != SEALIFT_OK)
        return damaged("its details are no JSON", err);
    cipher = json_string(json_get(json, "cipher"));
    version = json_string(json_get(json, "version"));
    iv = json_string(json_get(json, "iv"));
    if (cipher == NULL || version == NULL || iv == NULL)
        return damaged("its details lack the cipher, the version or the IV", err);
    TRY(read_cipher(cipher, sealed, err));
    if (kmip_version_parse(version, &sealed->version, err) != SEALIFT_OK)
        return is_later("version of KMIP", version, err);
    if (!read_hex(iv, sealed->iv, sizeof(sealed->iv), &sealed->iv_len))
        return damaged("its IV is none", err);
    return read_tag(json_get(json, "tag"), sealed, err);
}

enum sealift_status
kmip_sealed_parse(const struct kms_hint *hint, const char *wrapped_kek, struct kmip_sealed *ret_sealed,
                  struct sealift_error *err)
{
    struct kmip_sealed sealed = {0};
    char text[64];

    TRY(read_data(wrapped_kek, &sealed, err));
    TRY(read_details(hint->details, &sealed, err));
    if (kmip_sealed_iv_flaw(&sealed, text) != NULL || kmip_sealed_data_flaw(&sealed, text) != NULL)
        return damaged(text, err);
    *ret_sealed = sealed;
    return SEALIFT_OK;
}
