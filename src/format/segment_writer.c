#include "error.h"
#include "frame.h"
#include "scoped.h"
#include "segment.h"
#include "zstd_frame.h"

#include <assert.h>
#include <stdlib.h>

struct segment_writer {
    const struct world *world;
    const struct secret *fs_key;
    struct uuid fs;
    struct zstd_packer *packer; /* NULL: everything is stored as it is */
    struct aead *aead;

    struct segment_id id;
    uint8_t *buffer; /* NULL: no segment is open */
    size_t capacity;
    size_t len;
    uint32_t frames;
};

enum sealift_status
segment_writer_new(const struct world *world, const struct secret *fs_key, const struct uuid *fs,
                   enum segment_compression compression, int level, struct segment_writer **ret_writer,
                   struct sealift_error *err)
{
    SCOPED(segment_writer_free) struct segment_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return error_no_memory(err);
    writer->world = world;
    writer->fs_key = fs_key;
    writer->fs = *fs;
    if (compression == SEGMENT_COMPRESS)
        TRY(zstd_packer_new(level, &writer->packer, err));
    *ret_writer = TAKE(writer);
    return SEALIFT_OK;
}

void
segment_writer_free(struct segment_writer **writer)
{
    if (*writer != NULL) {
        zstd_packer_free(&(*writer)->packer);
        aead_free(&(*writer)->aead);
    }
    free(*writer);
    *writer = NULL;
}

static enum sealift_status
use_segment_key(struct segment_writer *writer, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;

    TRY(key_for_segment(writer->fs_key, writer->id.salt, &key, err));
    if (writer->aead == NULL)
        return aead_new(key, &writer->aead, err);
    return aead_set_key(writer->aead, key, err);
}

enum sealift_status
segment_writer_begin(struct segment_writer *writer, enum segment_kind kind, const struct uuid *upload, uint32_t number,
                     uint8_t *buffer, size_t capacity, struct sealift_error *err)
{
    assert(writer->buffer == NULL && number <= NAME_NUMBER_MAX);
    assert(capacity <= SEGMENT_MAX_SIZE && capacity >= 2 * FRAME_MAX_SIZE);

    /* A fresh salt is a fresh key: whatever became of an earlier attempt, no nonce is used twice. */
    writer->id = (struct segment_id){.kind = kind, .upload = *upload, .number = number};
    writer->world->entropy->fill(writer->world->entropy, writer->id.salt, sizeof(writer->id.salt));
    TRY(use_segment_key(writer, err));

    segment_header_encode(&writer->fs, &writer->id, buffer);
    writer->buffer = buffer;
    writer->capacity = capacity;
    writer->len = SEGMENT_HEADER_SIZE;
    writer->frames = 0;
    return SEALIFT_OK;
}

bool
segment_writer_is_open(const struct segment_writer *writer)
{
    return writer->buffer != NULL;
}

bool
segment_writer_has_room(const struct segment_writer *writer, size_t plain_len)
{
    return writer->capacity - writer->len >= FRAME_MIN_SIZE + plain_len + FRAME_MIN_SIZE;
}

/* Seals `body` into the frame that comes next; it may already stand where its ciphertext will. */
static enum sealift_status
append_frame(struct segment_writer *writer, uint8_t flags, struct bytes body, struct frame_ref *ret_ref,
             struct sealift_error *err)
{
    struct frame_prefix prefix = {.length = (uint32_t)(body.len + AEAD_TAG_SIZE), .flags = flags};
    struct frame_ref ref = {.segment = writer->id,
                            .offset = (uint32_t)writer->len,
                            .size = FRAME_PREFIX_SIZE + prefix.length,
                            .number = writer->frames};
    uint8_t *at = writer->buffer + writer->len;
    uint8_t aad[FRAME_AAD_SIZE];
    uint8_t nonce[AEAD_NONCE_SIZE];

    frame_aad(&writer->fs, &writer->id, ref.number, flags, aad);
    frame_nonce(ref.number, nonce);
    TRY(aead_seal(writer->aead, nonce, BYTES_OF(aad), body, at + FRAME_PREFIX_SIZE, err));
    frame_prefix_encode(&prefix, at);
    writer->len += ref.size;
    writer->frames++;
    *ret_ref = ref;
    return SEALIFT_OK;
}

enum sealift_status
segment_writer_add(struct segment_writer *writer, struct bytes plain, struct frame_ref *ret_ref,
                   struct sealift_error *err)
{
    uint8_t *body = writer->buffer + writer->len + FRAME_PREFIX_SIZE;
    size_t packed_len = 0;

    assert(plain.len > 0 && plain.len <= FRAME_MAX_PLAIN && segment_writer_has_room(writer, plain.len));
    if (writer->packer != NULL)
        TRY(zstd_pack(writer->packer, plain, body, plain.len, &packed_len, err));
    if (packed_len == 0)
        return append_frame(writer, 0, plain, ret_ref, err);
    return append_frame(writer, FRAME_FLAG_ZSTD, (struct bytes){body, packed_len}, ret_ref, err);
}

enum sealift_status
segment_writer_finish(struct segment_writer *writer, struct segment_id *ret_id, size_t *ret_size,
                      struct sealift_error *err)
{
    struct frame_ref last;

    assert(writer->buffer != NULL);
    TRY(append_frame(writer, FRAME_FLAG_LAST, (struct bytes){0}, &last, err));
    *ret_id = writer->id;
    *ret_size = writer->len;
    writer->buffer = NULL;
    return SEALIFT_OK;
}
