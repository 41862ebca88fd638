#include "private_part.h"

#include "document.h"
#include "error.h"
#include "scoped.h"

#include <string.h>

static enum sealift_status
make_aad(const struct uuid *fs, const struct uuid *object, struct buf *out, struct sealift_error *err)
{
    static const char domain[] = "sealift/1 private";

    TRY(buf_append(out, domain, sizeof(domain), err)); /* with its NUL */
    TRY(buf_append(out, fs->bytes, sizeof(fs->bytes), err));
    return buf_append(out, object->bytes, sizeof(object->bytes), err);
}

static enum sealift_status
to_json(const struct private_part *part, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;
    SCOPED(json_free) struct json *selection = NULL;

    if (part->generation == 0 || part->generation > INT64_MAX)
        return error_set(err, SEALIFT_INTERNAL, "names to be sealed without a generation");
    TRY(json_parse(bytes_of_text(part->selection[0] != '\0' ? part->selection : "{}"), "a selection", &selection, err));
    TRY(json_writer_new(&writer, err));
    document_open(writer, "private");
    json_put_string(writer, "filesystem", part->filesystem);
    json_put_string(writer, "snapshot", part->snapshot);
    json_put_string(writer, "path", part->path);
    json_put_string(writer, "source", part->source);
    json_put_string(writer, "host", part->host);
    json_put_integer(writer, "generation", (int64_t)part->generation);
    json_put_bool(writer, "encrypted", part->encrypted);
    json_put_copy(writer, "selection", selection);
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

enum sealift_status
private_part_seal(const struct private_part *part, const struct secret *fs_key, const struct uuid *fs,
                  const struct uuid *object, struct buf *out, struct sealift_error *err)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(aead_free) struct aead *aead = NULL;
    SCOPED(buf_done) struct buf plain = {.wipe = true};
    SCOPED(buf_done) struct buf aad = {0};

    TRY(to_json(part, &plain, err));
    TRY(make_aad(fs, object, &aad, err));
    TRY(key_for_private(fs_key, object, &key, err));
    TRY(aead_new(key, &aead, err));
    TRY(buf_reserve(out, plain.len + AEAD_TAG_SIZE, err));
    TRY(aead_seal(aead, nonce, buf_bytes(&aad), buf_bytes(&plain), out->data + out->len, err));
    out->len += plain.len + AEAD_TAG_SIZE;
    return SEALIFT_OK;
}

static enum sealift_status
need_text(const struct json *json, const char *key, char *out, size_t size, struct sealift_error *err)
{
    const char *text;
    size_t len;

    TRY(json_need_string(json, key, &text, err));
    len = strlen(text);
    if (len >= size)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" has %zu bytes, %zu is the most", key, len, size - 1);
    memcpy(out, text, len + 1);
    return SEALIFT_OK;
}

/* Keys were counted from the first rekey on: what says nothing was sealed when there was but one. */
static enum sealift_status
read_generation(const struct json *json, uint64_t *ret_generation, struct sealift_error *err)
{
    int64_t generation = 1;

    if (json_get(json, "generation") != NULL)
        TRY(json_need_integer(json, "generation", 1, INT64_MAX, &generation, err));
    *ret_generation = (uint64_t)generation;
    return SEALIFT_OK;
}

/* As text: what it says is for whoever asks. */
static enum sealift_status
need_selection(const struct json *json, char *out, size_t size, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;
    SCOPED(buf_done) struct buf text = {.wipe = true};
    const struct json *selection;

    TRY(json_need_object(json, "selection", &selection, err));
    TRY(json_writer_new(&writer, err));
    json_put_copy(writer, NULL, selection);
    TRY(json_writer_finish(writer, &text, err));
    if (text.len >= size)
        return error_set(err, SEALIFT_CORRUPT, "\"selection\" has %zu bytes, %zu is the most", text.len, size - 1);
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return SEALIFT_OK;
}

static enum sealift_status
from_json(struct bytes text, struct private_part *part, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    TRY(json_parse(text, "the private part", &json, err));
    TRY(document_check(json, "private", err));
    TRY(need_text(json, "filesystem", part->filesystem, sizeof(part->filesystem), err));
    TRY(need_text(json, "snapshot", part->snapshot, sizeof(part->snapshot), err));
    TRY(need_text(json, "path", part->path, sizeof(part->path), err));
    TRY(need_text(json, "source", part->source, sizeof(part->source), err));
    TRY(need_text(json, "host", part->host, sizeof(part->host), err));
    TRY(read_generation(json, &part->generation, err));
    TRY(document_need_bool(json, "encrypted", &part->encrypted, err));
    return need_selection(json, part->selection, sizeof(part->selection), err);
}

static enum sealift_status
open_plain(struct bytes sealed, const struct secret *fs_key, const struct uuid *fs, const struct uuid *object,
           struct buf *plain, struct sealift_error *err)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(aead_free) struct aead *aead = NULL;
    SCOPED(buf_done) struct buf aad = {0};

    if (sealed.len < AEAD_TAG_SIZE || sealed.len > PRIVATE_PART_MAX_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "%zu bytes cannot be one", sealed.len);
    TRY(make_aad(fs, object, &aad, err));
    TRY(key_for_private(fs_key, object, &key, err));
    TRY(aead_new(key, &aead, err));
    TRY(buf_reserve(plain, sealed.len, err));
    TRY(aead_open(aead, nonce, buf_bytes(&aad), sealed, plain->data, err));
    plain->len = sealed.len - AEAD_TAG_SIZE;
    return SEALIFT_OK;
}

enum sealift_status
private_part_open(struct bytes sealed, const struct secret *fs_key, const struct uuid *fs, const struct uuid *object,
                  struct private_part *ret_part, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf plain = {.wipe = true};
    struct private_part part = {0};

    if (open_plain(sealed, fs_key, fs, object, &plain, err) != SEALIFT_OK ||
        from_json(buf_bytes(&plain), &part, err) != SEALIFT_OK)
        return error_prefix(err, "the private part");
    *ret_part = part;
    return SEALIFT_OK;
}
