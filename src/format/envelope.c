#include "envelope.h"

#include "aead.h"
#include "digest.h"
#include "error.h"
#include "kdf.h"
#include "key_schedule.h"
#include "scoped.h"

#include <inttypes.h>
#include <string.h>

bool
envelope_text_is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e)
            return false;
    }
    return true;
}

/* Writing. What is empty or unknown is left out. */

static void
put_text_unless_empty(struct json_writer *writer, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_put_string(writer, key, text);
}

static void
write_hint(const struct kms_hint *hint, struct json_writer *writer)
{
    json_open_object(writer, "kms");
    json_put_string(writer, "type", hint->type);
    put_text_unless_empty(writer, "namespace", hint->name_space);
    put_text_unless_empty(writer, "mount", hint->mount);
    json_put_string(writer, "key_identifier", hint->key_identifier);
    if (hint->key_version != 0)
        json_put_integer(writer, "key_version", hint->key_version);
    put_text_unless_empty(writer, "details", hint->details);
    json_close_object(writer);
}

void
envelope_write(const struct envelope *envelope, struct json_writer *writer, const char *key)
{
    char fs[UUID_TEXT_SIZE];

    uuid_format(&envelope->fs, fs);
    json_open_object(writer, key);
    json_put_integer(writer, "version", ENVELOPE_VERSION);
    json_put_integer(writer, "suite", ENVELOPE_SUITE);
    json_put_string(writer, "fs", fs);
    json_put_hex(writer, "key_check", BYTES_OF(envelope->key_check));
    write_hint(&envelope->kms, writer);
    json_put_string(writer, "wrapped_kek", envelope->wrapped_kek);
    json_put_hex(writer, "sealed_fs_key", BYTES_OF(envelope->sealed_fs_key));
    if (envelope->has_at_rest_key)
        json_put_hex(writer, "sealed_at_rest_key", BYTES_OF(envelope->sealed_at_rest_key));
    json_close_object(writer);
}

enum sealift_status
envelope_to_json(const struct envelope *envelope, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    envelope_write(envelope, writer, NULL);
    return json_writer_finish(writer, out, err);
}

/* Reading. */

static enum sealift_status
copy_plain(const char *key, const char *text, char *out, size_t size, struct sealift_error *err)
{
    size_t len = strlen(text);

    if (len >= size)
        return error_set(err, SEALIFT_CORRUPT, "envelope: \"%s\" has %zu bytes, %zu is the most", key, len, size - 1);
    if (!envelope_text_is_plain(text))
        return error_set(err, SEALIFT_CORRUPT, "envelope: \"%s\" holds something else than printable ASCII", key);
    memcpy(out, text, len + 1);
    return SEALIFT_OK;
}

static enum sealift_status
need_plain(const struct json *object, const char *key, char *out, size_t size, struct sealift_error *err)
{
    const char *text;

    TRY(json_need_string(object, key, &text, err));
    if (text[0] == '\0')
        return error_set(err, SEALIFT_CORRUPT, "envelope: \"%s\" is empty", key);
    return copy_plain(key, text, out, size, err);
}

static enum sealift_status
want_plain(const struct json *object, const char *key, char *out, size_t size, struct sealift_error *err)
{
    const char *text = "";

    if (json_get(object, key) != NULL)
        TRY(json_need_string(object, key, &text, err));
    return copy_plain(key, text, out, size, err);
}

static enum sealift_status
read_hint(const struct json *json, struct kms_hint *hint, struct sealift_error *err)
{
    const struct json *kms;

    TRY(json_need_object(json, "kms", &kms, err));
    TRY(need_plain(kms, "type", hint->type, sizeof(hint->type), err));
    TRY(want_plain(kms, "namespace", hint->name_space, sizeof(hint->name_space), err));
    TRY(want_plain(kms, "mount", hint->mount, sizeof(hint->mount), err));
    TRY(need_plain(kms, "key_identifier", hint->key_identifier, sizeof(hint->key_identifier), err));
    TRY(want_plain(kms, "details", hint->details, sizeof(hint->details), err));
    if (json_get(kms, "key_version") != NULL)
        TRY(json_need_integer(kms, "key_version", 0, INT64_MAX, &hint->key_version, err));
    return SEALIFT_OK;
}

static enum sealift_status
check_version(const struct json *json, struct sealift_error *err)
{
    int64_t version, suite;

    TRY(json_need_integer(json, "version", 1, INT64_MAX, &version, err));
    if (version > ENVELOPE_VERSION)
        return error_set(err, SEALIFT_INVALID,
                         "envelope: its version is %" PRId64 " and this sealift knows versions up to %d; use a later "
                         "sealift",
                         version, ENVELOPE_VERSION);
    TRY(json_need_integer(json, "suite", 1, INT64_MAX, &suite, err));
    if (suite != ENVELOPE_SUITE)
        return error_set(err, SEALIFT_INVALID,
                         "envelope: its cipher suite is %" PRId64 " and this sealift knows only suite %d; use a later "
                         "sealift",
                         suite, ENVELOPE_SUITE);
    return SEALIFT_OK;
}

enum sealift_status
envelope_read(const struct json *json, struct envelope *ret_envelope, struct sealift_error *err)
{
    struct envelope envelope = {0};
    const char *fs;

    TRY(check_version(json, err));
    TRY(json_need_string(json, "fs", &fs, err));
    if (!uuid_parse(fs, &envelope.fs))
        return error_set(err, SEALIFT_CORRUPT, "envelope: \"fs\" is no UUID");
    TRY(json_need_hex(json, "key_check", envelope.key_check, sizeof(envelope.key_check), err));
    TRY(read_hint(json, &envelope.kms, err));
    TRY(need_plain(json, "wrapped_kek", envelope.wrapped_kek, sizeof(envelope.wrapped_kek), err));
    TRY(json_need_hex(json, "sealed_fs_key", envelope.sealed_fs_key, sizeof(envelope.sealed_fs_key), err));
    envelope.has_at_rest_key = json_get(json, "sealed_at_rest_key") != NULL;
    if (envelope.has_at_rest_key)
        TRY(json_need_hex(json, "sealed_at_rest_key", envelope.sealed_at_rest_key, sizeof(envelope.sealed_at_rest_key),
                          err));
    *ret_envelope = envelope;
    return SEALIFT_OK;
}

/* Sealing and opening. */

static enum sealift_status
append_u32(struct buf *out, uint32_t value, struct sealift_error *err)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};

    return buf_append(out, bytes, sizeof(bytes), err);
}

enum sealift_status
envelope_context(const struct envelope *envelope, struct buf *out, struct sealift_error *err)
{
    static const char domain[] = "sealift/1 envelope";

    TRY(buf_append(out, domain, sizeof(domain), err)); /* with its NUL */
    TRY(append_u32(out, ENVELOPE_VERSION, err));
    TRY(append_u32(out, ENVELOPE_SUITE, err));
    TRY(buf_append(out, envelope->fs.bytes, sizeof(envelope->fs.bytes), err));
    return buf_append(out, envelope->key_check, sizeof(envelope->key_check), err);
}

/* What is sealed under a KEK, each under a sub-key of its own: so neither can be put in the other's place. */
static const char fs_key_label[] = "sealift/1 seal fs key";
static const char at_rest_key_label[] = "sealift/1 seal at-rest key";

static enum sealift_status
seal(const struct secret *kek, const char *label, struct bytes context, const struct secret *key, uint8_t *out,
     size_t out_len, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *sub_key = NULL;
    SCOPED(buf_done) struct buf sealed = {0};

    if (key->len + AEAD_TAG_SIZE != out_len)
        return error_set(err, SEALIFT_INTERNAL, "envelope: a key of %zu bytes does not fit its place", key->len);
    TRY(hkdf_sha256(kek, (struct bytes){0}, label, KEY_SIZE, &sub_key, err));
    TRY(aead_seal_secret(sub_key, context, key, &sealed, err));
    memcpy(out, sealed.data, out_len);
    return SEALIFT_OK;
}

enum sealift_status
envelope_seal(struct envelope *envelope, const struct secret *kek, const struct secret *fs_key,
              const struct secret *at_rest_key, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf context = {0};

    TRY(key_check_value(fs_key, &envelope->fs, envelope->key_check, err));
    TRY(envelope_context(envelope, &context, err));
    TRY(seal(kek, fs_key_label, buf_bytes(&context), fs_key, envelope->sealed_fs_key, sizeof(envelope->sealed_fs_key),
             err));
    envelope->has_at_rest_key = at_rest_key != NULL;
    if (at_rest_key == NULL)
        return SEALIFT_OK;
    return seal(kek, at_rest_key_label, buf_bytes(&context), at_rest_key, envelope->sealed_at_rest_key,
                sizeof(envelope->sealed_at_rest_key), err);
}

static enum sealift_status
open_sealed(const struct secret *kek, const char *label, struct bytes context, struct bytes sealed,
            struct secret **ret_key, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *sub_key = NULL;

    TRY(hkdf_sha256(kek, (struct bytes){0}, label, KEY_SIZE, &sub_key, err));
    return aead_open_secret(sub_key, context, sealed, ret_key, err);
}

static enum sealift_status
check_key(const struct envelope *envelope, const struct secret *fs_key, struct sealift_error *err)
{
    uint8_t key_check[KEY_CHECK_SIZE];

    TRY(key_check_value(fs_key, &envelope->fs, key_check, err));
    if (!digest_equal(key_check, envelope->key_check, sizeof(key_check)))
        return error_set(err, SEALIFT_KEY, "envelope: the FS key in it is not the one that its key check value names");
    return SEALIFT_OK;
}

enum sealift_status
envelope_open(const struct envelope *envelope, const struct secret *kek, struct secret **ret_fs_key,
              struct secret **ret_at_rest_key, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf context = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *at_rest_key = NULL;

    TRY(envelope_context(envelope, &context, err));
    if (open_sealed(kek, fs_key_label, buf_bytes(&context), BYTES_OF(envelope->sealed_fs_key), &fs_key, err) !=
        SEALIFT_OK)
        return error_prefix(err, "envelope: the sealed FS key");
    TRY(check_key(envelope, fs_key, err));
    if (ret_at_rest_key != NULL && envelope->has_at_rest_key &&
        open_sealed(kek, at_rest_key_label, buf_bytes(&context), BYTES_OF(envelope->sealed_at_rest_key), &at_rest_key,
                    err) != SEALIFT_OK)
        return error_prefix(err, "envelope: the sealed at-rest key");
    *ret_fs_key = TAKE(fs_key);
    if (ret_at_rest_key != NULL)
        *ret_at_rest_key = TAKE(at_rest_key);
    return SEALIFT_OK;
}
