#include "document.h"
#include "error.h"
#include "manifest.h"
#include "scoped.h"

#include <assert.h>
#include <string.h>

static void
put_totals(struct json_writer *writer, const struct manifest_totals *totals)
{
    json_open_object(writer, "totals");
    json_put_integer(writer, "entries", (int64_t)totals->entries);
    json_put_integer(writer, "files", (int64_t)totals->files);
    json_put_integer(writer, "directories", (int64_t)totals->directories);
    json_put_integer(writer, "others", (int64_t)totals->others);
    json_put_integer(writer, "size", (int64_t)totals->size);
    json_put_integer(writer, "segments", (int64_t)totals->segments);
    json_put_integer(writer, "stored", (int64_t)totals->stored);
    json_put_integer(writer, "missing", (int64_t)totals->missing);
    json_close_object(writer);
}

/* A frame of a tree segment. */
static void
put_frame(struct json_writer *writer, const struct frame_ref *frame)
{
    json_open_object(writer, "frame");
    document_put_uuid(writer, "upload", &frame->segment.upload);
    json_put_integer(writer, "segment", frame->segment.number);
    json_put_hex(writer, "salt", BYTES_OF(frame->segment.salt));
    json_put_integer(writer, "offset", frame->offset);
    json_put_integer(writer, "size", frame->size);
    json_put_integer(writer, "number", frame->number);
    json_close_object(writer);
}

static void
put_parts(struct json_writer *writer, const struct manifest *manifest)
{
    json_open_array(writer, "parts");
    for (size_t i = 0; i < manifest->part_count; i++) {
        json_open_object(writer, NULL);
        json_put_integer(writer, "level", manifest->parts[i].level);
        put_frame(writer, &manifest->parts[i].frame);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void
put_log(struct json_writer *writer, const struct manifest *manifest)
{
    json_open_object(writer, "log");
    json_put_integer(writer, "record", manifest->closing_record);
    json_put_hex(writer, "sha256", BYTES_OF(manifest->closing_sha256));
    json_close_object(writer);
}

static enum sealift_status
build_body(const struct manifest *manifest, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    document_open(writer, "manifest");
    document_put_uuid(writer, "fs", &manifest->fs);
    document_put_uuid(writer, "upload", &manifest->upload);
    json_put_integer(writer, "sequence", (int64_t)manifest->sequence);
    if (manifest->has_parent)
        document_put_uuid(writer, "parent", &manifest->parent);
    if (manifest->has_predecessor)
        json_put_hex(writer, "predecessor_sha256", BYTES_OF(manifest->predecessor_sha256));
    json_put_hex(writer, "key_check", BYTES_OF(manifest->key_check));
    document_put_time(writer, "created", manifest->created_ns);
    document_put_time(writer, "published", manifest->published_ns);
    json_put_bool(writer, "live", manifest->live);
    json_put_bool(writer, "partial", manifest->partial);
    put_totals(writer, &manifest->totals);
    put_parts(writer, manifest);
    put_log(writer, manifest);
    json_put_base64(writer, "private", buf_bytes(&manifest->sealed_private));
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

static enum sealift_status
authenticate_body(struct manifest *manifest, const struct secret *fs_key, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;

    TRY(key_for_manifest(fs_key, &manifest->upload, &key, err));
    TRY(hmac_sha256(secret_bytes(key), buf_bytes(&manifest->body), manifest->hmac, err));
    return sha256(buf_bytes(&manifest->body), manifest->body_sha256, err);
}

static enum sealift_status
build_hmac(const struct manifest *manifest, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_hex(writer, "hmac", BYTES_OF(manifest->hmac));
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

enum sealift_status
manifest_build(struct manifest *manifest, const struct secret *fs_key, struct buf *out, struct sealift_error *err)
{
    assert(manifest->part_count > 0 && manifest->part_count <= MANIFEST_MAX_PARTS);
    assert(uuid_equal(&manifest->fs, &manifest->envelope.fs));
    assert(memcmp(manifest->key_check, manifest->envelope.key_check, KEY_CHECK_SIZE) == 0);

    buf_clear(&manifest->body);
    TRY(build_body(manifest, &manifest->body, err));
    TRY(authenticate_body(manifest, fs_key, err));

    TRY(buf_append_bytes(out, buf_bytes(&manifest->body), err));
    TRY(buf_append_text(out, "\n", err));
    TRY(envelope_to_json(&manifest->envelope, out, err));
    TRY(buf_append_text(out, "\n", err));
    TRY(build_hmac(manifest, out, err));
    return buf_append_text(out, "\n", err);
}
