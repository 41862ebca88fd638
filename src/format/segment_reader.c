#include "error.h"
#include "frame.h"
#include "scoped.h"
#include "segment.h"
#include "zstd_frame.h"

#include <stdlib.h>
#include <string.h>

struct segment_reader {
    const struct secret *fs_key;
    struct uuid fs;
    struct zstd_unpacker *unpacker;
    struct aead *aead;       /* NULL until the first frame */
    struct segment_id keyed; /* the segment whose key `aead` has */
    uint8_t packed[FRAME_MAX_PLAIN];
};

enum sealift_status
segment_reader_new(const struct secret *fs_key, const struct uuid *fs, struct segment_reader **ret_reader,
                   struct sealift_error *err)
{
    SCOPED(segment_reader_free) struct segment_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return error_no_memory(err);
    reader->fs_key = fs_key;
    reader->fs = *fs;
    TRY(zstd_unpacker_new(&reader->unpacker, err));
    *ret_reader = TAKE(reader);
    return SEALIFT_OK;
}

void
segment_reader_free(struct segment_reader **reader)
{
    if (*reader != NULL) {
        zstd_unpacker_free(&(*reader)->unpacker);
        aead_free(&(*reader)->aead);
    }
    free(*reader);
    *reader = NULL;
}

static enum sealift_status
use_segment_key(struct segment_reader *reader, const struct segment_id *segment, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;

    if (reader->aead != NULL && segment_id_equal(segment, &reader->keyed))
        return SEALIFT_OK;
    TRY(key_for_segment(reader->fs_key, segment->salt, &key, err));
    if (reader->aead == NULL)
        TRY(aead_new(key, &reader->aead, err));
    else
        TRY(aead_set_key(reader->aead, key, err));
    reader->keyed = *segment;
    return SEALIFT_OK;
}

/* Opens the body into `out`, which takes body.len - AEAD_TAG_SIZE bytes. */
static enum sealift_status
open_body(struct segment_reader *reader, const struct frame_ref *ref, uint8_t flags, struct bytes body, uint8_t *out,
          struct sealift_error *err)
{
    uint8_t aad[FRAME_AAD_SIZE];
    uint8_t nonce[AEAD_NONCE_SIZE];

    TRY(use_segment_key(reader, &ref->segment, err));
    frame_aad(&reader->fs, &ref->segment, ref->number, flags, aad);
    frame_nonce(ref->number, nonce);
    return aead_open(reader->aead, nonce, BYTES_OF(aad), body, out, err);
}

static enum sealift_status
unpack_body(struct segment_reader *reader, size_t packed_len, uint8_t *out, size_t capacity, size_t *ret_len,
            struct sealift_error *err)
{
    size_t len;

    TRY(zstd_unpack(reader->unpacker, (struct bytes){reader->packed, packed_len}, out, capacity, &len, err));
    if (len == 0)
        return error_set(err, SEALIFT_CORRUPT, "it is empty, and not the last one");
    *ret_len = len;
    return SEALIFT_OK;
}

static enum sealift_status
open_frame(struct segment_reader *reader, const struct frame_ref *ref, struct bytes framed, uint8_t *out,
           size_t capacity, size_t *ret_len, struct sealift_error *err)
{
    struct bytes body = framed;
    struct frame_prefix prefix;
    size_t len;

    if (framed.len != ref->size || !frame_prefix_cut(&body, &prefix) || body.len != prefix.length)
        return error_set(err, SEALIFT_CORRUPT, "its length is not what it should be");
    len = body.len - AEAD_TAG_SIZE;
    if (prefix.flags == FRAME_FLAG_ZSTD) {
        TRY(open_body(reader, ref, prefix.flags, body, reader->packed, err));
        return unpack_body(reader, len, out, capacity, ret_len, err);
    }
    if (len > capacity)
        return error_set(err, SEALIFT_CORRUPT, "it holds %zu bytes, %zu at most were expected", len, capacity);
    TRY(open_body(reader, ref, prefix.flags, body, out, err));
    *ret_len = len;
    return SEALIFT_OK;
}

enum sealift_status
segment_reader_open(struct segment_reader *reader, const struct frame_ref *ref, struct bytes framed, uint8_t *out,
                    size_t capacity, size_t *ret_len, struct sealift_error *err)
{
    char name[NAME_SIZE];

    if (open_frame(reader, ref, framed, out, capacity, ret_len, err) == SEALIFT_OK)
        return SEALIFT_OK;
    name_of_segment(&reader->fs, &ref->segment.upload, ref->segment.kind, ref->segment.number, name);
    return error_prefix(err, "segment %s, frame %u at offset %u", name, (unsigned)ref->number, (unsigned)ref->offset);
}
