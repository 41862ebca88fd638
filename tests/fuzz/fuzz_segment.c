#include "scoped.h"
#include "segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Header and shape need no key; a frame is opened with one that it was not sealed with, so all that is reached before
 * the tag is. */
static void
open_frames(const struct uuid *fs, const struct segment_id *id, struct bytes segment)
{
    static uint8_t plain[FRAME_MAX_PLAIN];
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(segment_reader_free) struct segment_reader *reader = NULL;
    struct frame_ref ref = {.segment = *id, .offset = SEGMENT_HEADER_SIZE};
    struct sealift_error err;
    size_t len;

    if (secret_new(FS_KEY_SIZE, &key, &err) != SEALIFT_OK || segment_reader_new(key, fs, &reader, &err) != SEALIFT_OK)
        return;
    for (; ref.offset < segment.len && ref.number < 3; ref.number++, ref.offset += ref.size) {
        ref.size = (uint32_t)(segment.len - ref.offset) / (3 - ref.number);
        if (segment_reader_open(reader, &ref, (struct bytes){segment.data + ref.offset, ref.size}, plain, sizeof(plain),
                                &len, &err) == SEALIFT_OK)
            return;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes segment = {data, size};
    struct sealift_error err;
    struct segment_id id;
    struct uuid fs;
    uint32_t frames;

    if (segment_header_decode(segment, &fs, &id, &err) != SEALIFT_OK)
        return 0;
    if (segment_check_shape(&fs, &id, segment, &frames, &err) == SEALIFT_OK && frames > size)
        __builtin_trap();
    open_frames(&fs, &id, segment);
    return 0;
}
