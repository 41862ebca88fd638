#include "document.h"
#include "error.h"
#include "manifest.h"
#include "names.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static enum sealift_status
read_totals(const struct json *body, struct manifest_totals *totals, struct sealift_error *err)
{
    const struct json *json;

    TRY(json_need_object(body, "totals", &json, err));
    TRY(document_need_count(json, "entries", INT64_MAX, &totals->entries, err));
    TRY(document_need_count(json, "files", INT64_MAX, &totals->files, err));
    TRY(document_need_count(json, "directories", INT64_MAX, &totals->directories, err));
    TRY(document_need_count(json, "others", INT64_MAX, &totals->others, err));
    TRY(document_need_count(json, "size", INT64_MAX, &totals->size, err));
    TRY(document_need_count(json, "segments", INT64_MAX, &totals->segments, err));
    TRY(document_need_count(json, "stored", INT64_MAX, &totals->stored, err));
    return document_need_count(json, "missing", INT64_MAX, &totals->missing, err);
}

static enum sealift_status
read_frame(const struct json *part, struct frame_ref *frame, struct sealift_error *err)
{
    const struct json *json;

    frame->segment.kind = SEGMENT_TREE;
    TRY(json_need_object(part, "frame", &json, err));
    TRY(document_need_uuid(json, "upload", &frame->segment.upload, err));
    TRY(document_need_u32(json, "segment", NAME_NUMBER_MAX, &frame->segment.number, err));
    TRY(json_need_hex(json, "salt", frame->segment.salt, sizeof(frame->segment.salt), err));
    TRY(document_need_u32(json, "offset", UINT32_MAX, &frame->offset, err));
    TRY(document_need_u32(json, "size", UINT32_MAX, &frame->size, err));
    TRY(document_need_u32(json, "number", UINT32_MAX, &frame->number, err));
    if (!frame_ref_is_possible(frame))
        return error_set(err, SEALIFT_CORRUPT, "its tree begins in a frame that cannot be");
    return SEALIFT_OK;
}

static enum sealift_status
read_parts(const struct json *body, struct manifest *manifest, struct sealift_error *err)
{
    const struct json *json;
    size_t count;

    TRY(json_need_array(body, "parts", &json, err));
    count = json_count(json);
    if (count == 0 || count > MANIFEST_MAX_PARTS)
        return error_set(err, SEALIFT_CORRUPT, "\"parts\" has %zu elements, not 1 to %d", count, MANIFEST_MAX_PARTS);
    manifest->parts = calloc(count, sizeof(*manifest->parts));
    if (manifest->parts == NULL)
        return error_no_memory(err);
    for (; manifest->part_count < count; manifest->part_count++) {
        struct tree_root *part = &manifest->parts[manifest->part_count];

        TRY(document_need_u32(json_at(json, manifest->part_count), "level", TREE_MAX_LEVEL, &part->level, err));
        TRY(read_frame(json_at(json, manifest->part_count), &part->frame, err));
    }
    return SEALIFT_OK;
}

static enum sealift_status
read_log(const struct json *body, struct manifest *manifest, struct sealift_error *err)
{
    const struct json *json;

    TRY(json_need_object(body, "log", &json, err));
    TRY(document_need_u32(json, "record", NAME_NUMBER_MAX, &manifest->closing_record, err));
    return json_need_hex(json, "sha256", manifest->closing_sha256, sizeof(manifest->closing_sha256), err);
}

/* What came before: left out when there is nothing. */
static enum sealift_status
read_ancestry(const struct json *body, struct manifest *manifest, struct sealift_error *err)
{
    manifest->has_parent = json_get(body, "parent") != NULL;
    manifest->has_predecessor = json_get(body, "predecessor_sha256") != NULL;
    if (manifest->has_parent)
        TRY(document_need_uuid(body, "parent", &manifest->parent, err));
    if (manifest->has_predecessor)
        TRY(json_need_hex(body, "predecessor_sha256", manifest->predecessor_sha256, SHA256_SIZE, err));
    return SEALIFT_OK;
}

static enum sealift_status
read_body(const struct json *body, const struct uuid *fs, const struct uuid *upload, struct manifest *manifest,
          struct sealift_error *err)
{
    TRY(document_check(body, "manifest", err));
    TRY(document_expect_uuid(body, "fs", fs, err));
    TRY(document_expect_uuid(body, "upload", upload, err));
    manifest->fs = *fs;
    manifest->upload = *upload;
    TRY(document_need_count(body, "sequence", INT64_MAX, &manifest->sequence, err));
    TRY(read_ancestry(body, manifest, err));
    TRY(json_need_hex(body, "key_check", manifest->key_check, sizeof(manifest->key_check), err));
    TRY(document_need_time(body, "created", &manifest->created_ns, err));
    TRY(document_need_time(body, "published", &manifest->published_ns, err));
    TRY(document_need_bool(body, "live", &manifest->live, err));
    TRY(document_need_bool(body, "partial", &manifest->partial, err));
    TRY(read_totals(body, &manifest->totals, err));
    TRY(read_parts(body, manifest, err));
    TRY(read_log(body, manifest, err));
    return json_need_base64(body, "private", &manifest->sealed_private, err);
}

static enum sealift_status
parse_body(struct bytes line, const struct uuid *fs, const struct uuid *upload, struct manifest *manifest,
           struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    TRY(json_parse(line, "its first line", &json, err));
    TRY(read_body(json, fs, upload, manifest, err));
    TRY(buf_append_bytes(&manifest->body, line, err));
    return sha256(line, manifest->body_sha256, err);
}

static enum sealift_status
parse_envelope(struct bytes line, struct manifest *manifest, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    TRY(json_parse(line, "its second line", &json, err));
    TRY(envelope_read(json, &manifest->envelope, err));
    if (!uuid_equal(&manifest->envelope.fs, &manifest->fs) ||
        memcmp(manifest->envelope.key_check, manifest->key_check, KEY_CHECK_SIZE) != 0)
        return error_set(err, SEALIFT_CORRUPT, "its envelope holds the key of another filesystem or snapshot");
    return SEALIFT_OK;
}

static enum sealift_status
parse_hmac(struct bytes line, struct manifest *manifest, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;

    TRY(json_parse(line, "its third line", &json, err));
    return json_need_hex(json, "hmac", manifest->hmac, sizeof(manifest->hmac), err);
}

static bool
cut_line(struct bytes *text, struct bytes *ret_line)
{
    const uint8_t *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    struct bytes newline;

    return end != NULL && bytes_cut(text, (size_t)(end - text->data), ret_line) && bytes_cut(text, 1, &newline);
}

static enum sealift_status
parse_lines(struct bytes text, const struct uuid *fs, const struct uuid *upload, struct manifest *manifest,
            struct sealift_error *err)
{
    struct bytes lines[3];

    if (text.len > MANIFEST_MAX_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "has %zu bytes, more than a manifest can have", text.len);
    for (size_t i = 0; i < 3; i++)
        if (!cut_line(&text, &lines[i]))
            return error_set(err, SEALIFT_CORRUPT, "has %zu lines, not three", i);
    if (text.len > 0)
        return error_set(err, SEALIFT_CORRUPT, "goes on behind its third line");
    TRY(parse_body(lines[0], fs, upload, manifest, err));
    TRY(parse_envelope(lines[1], manifest, err));
    return parse_hmac(lines[2], manifest, err);
}

enum sealift_status
manifest_parse(struct bytes text, const struct uuid *fs, const struct uuid *upload, struct manifest *ret_manifest,
               struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    char name[NAME_SIZE];

    if (parse_lines(text, fs, upload, &manifest, err) != SEALIFT_OK) {
        name_of_manifest(fs, upload, name);
        return error_prefix(err, "manifest %s", name);
    }
    *ret_manifest = manifest;
    manifest = (struct manifest){0};
    return SEALIFT_OK;
}
