#include "segment.h"

#include "error.h"
#include "frame.h"
#include "little_endian.h"
#include "scoped.h"

#include <string.h>

#define SEGMENT_VERSION 1
#define SEGMENT_SUITE   1 /* AES-256-GCM, HKDF-SHA-256, zstd */

static const uint8_t magic[8] = "SEALSEG"; /* and a NUL */

/* Where things stand in the header. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 8,
    AT_SUITE = 10,
    AT_KIND = 11,
    AT_NUMBER = 12,
    AT_FS = 16,
    AT_UPLOAD = 32,
    AT_SALT = 48,
};

bool
segment_id_equal(const struct segment_id *a, const struct segment_id *b)
{
    return a->kind == b->kind && a->number == b->number && uuid_equal(&a->upload, &b->upload) &&
           memcmp(a->salt, b->salt, sizeof(a->salt)) == 0;
}

bool
frame_ref_equal(const struct frame_ref *a, const struct frame_ref *b)
{
    return a->offset == b->offset && a->size == b->size && a->number == b->number &&
           segment_id_equal(&a->segment, &b->segment);
}

bool
frame_ref_is_possible(const struct frame_ref *ref)
{
    return (ref->segment.kind == SEGMENT_DATA || ref->segment.kind == SEGMENT_TREE) &&
           ref->segment.number <= NAME_NUMBER_MAX && ref->offset >= SEGMENT_HEADER_SIZE && ref->size > FRAME_MIN_SIZE &&
           ref->size <= FRAME_MAX_SIZE && ref->offset <= SEGMENT_MAX_SIZE - ref->size &&
           ref->number <= (ref->offset - SEGMENT_HEADER_SIZE) / FRAME_MIN_SIZE;
}

void
segment_header_encode(const struct uuid *fs, const struct segment_id *id, uint8_t out[SEGMENT_HEADER_SIZE])
{
    memcpy(out + AT_MAGIC, magic, sizeof(magic));
    le_put_u16(out + AT_VERSION, SEGMENT_VERSION);
    out[AT_SUITE] = SEGMENT_SUITE;
    out[AT_KIND] = (uint8_t)id->kind;
    le_put_u32(out + AT_NUMBER, id->number);
    memcpy(out + AT_FS, fs->bytes, sizeof(fs->bytes));
    memcpy(out + AT_UPLOAD, id->upload.bytes, sizeof(id->upload.bytes));
    memcpy(out + AT_SALT, id->salt, sizeof(id->salt));
}

static enum sealift_status
check_version(const uint8_t *header, struct sealift_error *err)
{
    unsigned version = le_get_u16(header + AT_VERSION);
    unsigned suite = header[AT_SUITE];

    if (memcmp(header + AT_MAGIC, magic, sizeof(magic)) != 0)
        return error_set(err, SEALIFT_CORRUPT, "does not begin as a segment does");
    if (version == 0 || suite == 0)
        return error_set(err, SEALIFT_CORRUPT, "segment version %u, suite %u: there is no such thing", version, suite);
    if (version > SEGMENT_VERSION || suite > SEGMENT_SUITE)
        return error_set(err, SEALIFT_INVALID,
                         "segment version %u, suite %u, made by a later sealift: upgrade this one", version, suite);
    return SEALIFT_OK;
}

enum sealift_status
segment_header_decode(struct bytes header, struct uuid *ret_fs, struct segment_id *ret_id, struct sealift_error *err)
{
    struct segment_id id;

    if (header.len < SEGMENT_HEADER_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "%zu bytes are too few for a segment", header.len);
    TRY(check_version(header.data, err));
    id.kind = header.data[AT_KIND];
    id.number = le_get_u32(header.data + AT_NUMBER);
    if ((id.kind != SEGMENT_DATA && id.kind != SEGMENT_TREE) || id.number > NAME_NUMBER_MAX)
        return error_set(err, SEALIFT_CORRUPT, "segment kind %u, number %u: there is no such thing", (unsigned)id.kind,
                         (unsigned)id.number);
    memcpy(ret_fs->bytes, header.data + AT_FS, sizeof(ret_fs->bytes));
    memcpy(id.upload.bytes, header.data + AT_UPLOAD, sizeof(id.upload.bytes));
    memcpy(id.salt, header.data + AT_SALT, sizeof(id.salt));
    *ret_id = id;
    return SEALIFT_OK;
}

static enum sealift_status
check_header(const struct uuid *fs, const struct segment_id *id, struct bytes segment, struct sealift_error *err)
{
    struct uuid found_fs;
    struct segment_id found;

    TRY(segment_header_decode(segment, &found_fs, &found, err));
    if (!uuid_equal(&found_fs, fs) || !segment_id_equal(&found, id))
        return error_set(err, SEALIFT_CORRUPT, "its header is that of another segment");
    return SEALIFT_OK;
}

static enum sealift_status
check_frames(struct bytes frames, uint32_t *ret_frames, struct sealift_error *err)
{
    for (uint32_t count = 0;; count++) {
        struct frame_prefix prefix;
        struct bytes body;

        if (!frame_prefix_cut(&frames, &prefix) || !bytes_cut(&frames, prefix.length, &body))
            return error_set(err, SEALIFT_CORRUPT, "frame %u is damaged or cut off", (unsigned)count);
        if (prefix.flags != FRAME_FLAG_LAST)
            continue;
        if (frames.len > 0)
            return error_set(err, SEALIFT_CORRUPT, "%zu bytes follow its last frame", frames.len);
        *ret_frames = count;
        return SEALIFT_OK;
    }
}

enum sealift_status
segment_check_shape(const struct uuid *fs, const struct segment_id *id, struct bytes segment, uint32_t *ret_frames,
                    struct sealift_error *err)
{
    enum sealift_status status = check_header(fs, id, segment, err);
    char name[NAME_SIZE];

    if (status == SEALIFT_OK && segment.len > SEGMENT_MAX_SIZE)
        status = error_set(err, SEALIFT_CORRUPT, "has %zu bytes, more than a segment can have", segment.len);
    if (status == SEALIFT_OK)
        status = check_frames((struct bytes){segment.data + SEGMENT_HEADER_SIZE, segment.len - SEGMENT_HEADER_SIZE},
                              ret_frames, err);
    if (status == SEALIFT_OK)
        return SEALIFT_OK;
    name_of_segment(fs, &id->upload, id->kind, id->number, name);
    return error_prefix(err, "segment %s", name);
}
