#include "segment.h"

#include "error.h"
#include "frame.h"
#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

/* A segment in memory and all it takes to read it. */
struct sample {
    struct seeded_world seeded;
    struct secret *fs_key;
    struct uuid fs, upload;
    struct segment_id id;
    uint8_t *bytes;
    size_t size;
    struct frame_ref refs[8];
    size_t frames;
};

static void
sample_done(struct sample *sample)
{
    secret_free(&sample->fs_key);
    free(sample->bytes);
}

static struct bytes
text_frame(size_t i)
{
    static const char *const texts[] = {
        "a", "of the last sunset, of the last sunset, of the last sunset, of the last sunset, of the last sunset",
        "bcd"};

    return bytes_of_text(texts[i]);
}

static void
make_sample(struct sample *sample, uint64_t seed, enum segment_kind kind, uint32_t number)
{
    SCOPED(segment_writer_free) struct segment_writer *writer = NULL;
    size_t capacity = 2 * FRAME_MAX_SIZE + SEGMENT_HEADER_SIZE;

    *sample = (struct sample){0};
    seeded_world_init(&sample->seeded, seed);
    sample->fs = uuid_v4(&sample->seeded.world);
    sample->upload = uuid_v7(&sample->seeded.world);
    sample->bytes = malloc(capacity);
    cr_assert_eq(secret_random(&sample->seeded.world, FS_KEY_SIZE, &sample->fs_key, &err), SEALIFT_OK);
    cr_assert_eq(
        segment_writer_new(&sample->seeded.world, sample->fs_key, &sample->fs, SEGMENT_COMPRESS, 3, &writer, &err),
        SEALIFT_OK);
    cr_assert_eq(segment_writer_begin(writer, kind, &sample->upload, number, sample->bytes, capacity, &err),
                 SEALIFT_OK);
    for (; sample->frames < 3; sample->frames++)
        cr_assert_eq(segment_writer_add(writer, text_frame(sample->frames), &sample->refs[sample->frames], &err),
                     SEALIFT_OK);
    cr_assert_eq(segment_writer_finish(writer, &sample->id, &sample->size, &err), SEALIFT_OK);
    cr_assert_not(segment_writer_is_open(writer));
}

static struct frame_ref
last_frame(const struct sample *sample)
{
    const struct frame_ref *before = &sample->refs[sample->frames - 1];

    return (struct frame_ref){.segment = sample->id,
                              .offset = before->offset + before->size,
                              .size = FRAME_MIN_SIZE,
                              .number = before->number + 1};
}

static enum sealift_status
open_ref(const struct sample *sample, const struct frame_ref *ref, struct bytes segment, struct buf *out)
{
    SCOPED(segment_reader_free) struct segment_reader *reader = NULL;
    enum sealift_status status;

    cr_assert_eq(segment_reader_new(sample->fs_key, &sample->fs, &reader, &err), SEALIFT_OK);
    cr_assert(segment.len >= ref->offset + ref->size);
    cr_assert_eq(buf_reserve(out, FRAME_MAX_PLAIN, &err), SEALIFT_OK);
    status = segment_reader_open(reader, ref, (struct bytes){segment.data + ref->offset, ref->size}, out->data,
                                 FRAME_MAX_PLAIN, &out->len, &err);
    return status;
}

static struct bytes
sample_bytes(const struct sample *sample)
{
    return (struct bytes){sample->bytes, sample->size};
}

/* Everything in it opens: its shape is right, each frame authenticates and says what was written, and
 * so does the end. */
static bool
reads_back(const struct sample *sample, struct bytes segment)
{
    struct frame_ref last = last_frame(sample);
    SCOPED(buf_done) struct buf plain = {0};
    uint32_t frames;

    if (segment_check_shape(&sample->fs, &sample->id, segment, &frames, &err) != SEALIFT_OK)
        return false;
    cr_assert_eq(frames, sample->frames);
    for (size_t i = 0; i < sample->frames; i++) {
        if (open_ref(sample, &sample->refs[i], segment, &plain) != SEALIFT_OK)
            return false;
        cr_assert(bytes_equal(buf_bytes(&plain), text_frame(i)));
    }
    return open_ref(sample, &last, segment, &plain) == SEALIFT_OK && plain.len == 0;
}

Test(segment, gives_back_what_was_put_in)
{
    SCOPED(sample_done) struct sample sample;

    make_sample(&sample, 1, SEGMENT_DATA, 7);
    cr_assert(reads_back(&sample, sample_bytes(&sample)));
    cr_assert_lt(sample.refs[1].size, text_frame(1).len, "what compresses is stored compressed");
    cr_assert_eq(sample.refs[0].size, FRAME_MIN_SIZE + 1, "what does not is stored as it is");
    cr_assert_eq(sample.refs[0].offset, SEGMENT_HEADER_SIZE);
}

Test(segment, with_any_byte_altered_is_refused)
{
    SCOPED(sample_done) struct sample sample;

    make_sample(&sample, 2, SEGMENT_TREE, 0);
    for (size_t i = 0; i < sample.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            sample.bytes[i] ^= (uint8_t)(1 << bit);
            cr_assert_not(reads_back(&sample, sample_bytes(&sample)), "byte %zu, bit %u", i, bit);
            cr_assert(err.status == SEALIFT_CORRUPT || err.status == SEALIFT_INVALID);
            sample.bytes[i] ^= (uint8_t)(1 << bit);
        }
    }
    cr_assert(reads_back(&sample, sample_bytes(&sample)));
}

Test(segment, cut_off_or_prolonged_is_refused)
{
    SCOPED(sample_done) struct sample sample;
    uint32_t frames;

    make_sample(&sample, 3, SEGMENT_DATA, 0);
    for (size_t len = 0; len < sample.size; len++)
        cr_assert_eq(segment_check_shape(&sample.fs, &sample.id, (struct bytes){sample.bytes, len}, &frames, &err),
                     SEALIFT_CORRUPT, "%zu bytes", len);
    sample.bytes[sample.size] = 0;
    cr_assert_eq(
        segment_check_shape(&sample.fs, &sample.id, (struct bytes){sample.bytes, sample.size + 1}, &frames, &err),
        SEALIFT_CORRUPT);
}

Test(segment, under_another_name_is_refused)
{
    SCOPED(sample_done) struct sample sample;
    SCOPED(buf_done) struct buf plain = {0};
    struct segment_id other;
    struct frame_ref ref;
    struct uuid fs;
    uint32_t frames;

    make_sample(&sample, 4, SEGMENT_DATA, 3);
    ref = sample.refs[0];
    ref.segment.number = 4;
    cr_assert_eq(open_ref(&sample, &ref, sample_bytes(&sample), &plain), SEALIFT_CORRUPT);
    cr_assert(strstr(err.message, "/00000004, frame 0 at offset 80: does not authenticate") != NULL, "%s", err.message);
    ref = sample.refs[0];
    ref.segment.kind = SEGMENT_TREE;
    cr_assert_eq(open_ref(&sample, &ref, sample_bytes(&sample), &plain), SEALIFT_CORRUPT);
    ref = sample.refs[0];
    ref.segment.upload.bytes[0] ^= 1;
    cr_assert_eq(open_ref(&sample, &ref, sample_bytes(&sample), &plain), SEALIFT_CORRUPT);

    other = sample.id;
    other.number = 4;
    cr_assert_eq(segment_check_shape(&sample.fs, &other, sample_bytes(&sample), &frames, &err), SEALIFT_CORRUPT);
    fs = sample.fs;
    sample.fs.bytes[3] ^= 1;
    cr_assert_eq(segment_check_shape(&sample.fs, &sample.id, sample_bytes(&sample), &frames, &err), SEALIFT_CORRUPT);
    cr_assert_eq(open_ref(&sample, &sample.refs[0], sample_bytes(&sample), &plain), SEALIFT_CORRUPT);
    sample.fs = fs;
    cr_assert_eq(open_ref(&sample, &sample.refs[0], sample_bytes(&sample), &plain), SEALIFT_OK);
}

Test(segment, whose_frames_change_places_is_refused)
{
    SCOPED(sample_done) struct sample sample;
    SCOPED(buf_done) struct buf plain = {0};
    struct frame_ref first, third;

    make_sample(&sample, 5, SEGMENT_DATA, 0);
    first = sample.refs[0];
    third = sample.refs[2];
    first.offset = sample.refs[2].offset;
    first.size = sample.refs[2].size;
    third.number = 0;
    cr_assert_eq(open_ref(&sample, &first, sample_bytes(&sample), &plain), SEALIFT_CORRUPT);
    cr_assert_eq(open_ref(&sample, &third, sample_bytes(&sample), &plain), SEALIFT_CORRUPT);
    cr_assert_eq(open_ref(&sample, &sample.refs[2], sample_bytes(&sample), &plain), SEALIFT_OK);
}

Test(segment, never_gives_more_than_there_is_room_for)
{
    SCOPED(sample_done) struct sample sample;
    SCOPED(segment_reader_free) struct segment_reader *reader = NULL;
    uint8_t out[2] = {0, 0x5a};
    size_t len;

    make_sample(&sample, 6, SEGMENT_DATA, 0);
    cr_assert_eq(segment_reader_new(sample.fs_key, &sample.fs, &reader, &err), SEALIFT_OK);
    for (size_t i = 1; i < 3; i++)
        cr_assert_eq(segment_reader_open(reader, &sample.refs[i],
                                         (struct bytes){sample.bytes + sample.refs[i].offset, sample.refs[i].size}, out,
                                         1, &len, &err),
                     SEALIFT_CORRUPT);
    cr_assert_eq(out[1], 0x5a);
}

/* An empty frame that is not the last one: no writer makes it, but whoever has the key can. */
Test(segment, has_no_empty_frame_but_the_last)
{
    static const uint8_t empty_zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00};
    SCOPED(sample_done) struct sample sample;
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(aead_free) struct aead *aead = NULL;
    SCOPED(buf_done) struct buf plain = {0};
    struct frame_prefix prefix = {sizeof(empty_zstd) + AEAD_TAG_SIZE, FRAME_FLAG_ZSTD};
    uint8_t aad[FRAME_AAD_SIZE], nonce[AEAD_NONCE_SIZE];
    struct frame_ref ref;

    make_sample(&sample, 13, SEGMENT_DATA, 0);
    ref = sample.refs[0];
    ref.size = FRAME_PREFIX_SIZE + prefix.length;
    cr_assert_eq(key_for_segment(sample.fs_key, sample.id.salt, &key, &err), SEALIFT_OK);
    cr_assert_eq(aead_new(key, &aead, &err), SEALIFT_OK);
    frame_aad(&sample.fs, &sample.id, 0, prefix.flags, aad);
    frame_nonce(0, nonce);
    frame_prefix_encode(&prefix, sample.bytes + ref.offset);
    cr_assert_eq(aead_seal(aead, nonce, BYTES_OF(aad), BYTES_OF(empty_zstd),
                           sample.bytes + ref.offset + FRAME_PREFIX_SIZE, &err),
                 SEALIFT_OK);
    cr_assert_eq(open_ref(&sample, &ref, sample_bytes(&sample), &plain), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "it is empty, and not the last one"), "%s", err.message);
}

Test(segment, frames_of_another_length_than_asked_for_are_refused)
{
    SCOPED(sample_done) struct sample sample;
    SCOPED(segment_reader_free) struct segment_reader *reader = NULL;
    struct frame_ref ref;
    uint8_t out[256];
    size_t len;

    make_sample(&sample, 14, SEGMENT_DATA, 0);
    ref = sample.refs[1];
    cr_assert_eq(segment_reader_new(sample.fs_key, &sample.fs, &reader, &err), SEALIFT_OK);
    for (size_t given = 0; given < ref.size; given++)
        cr_assert_eq(segment_reader_open(reader, &ref, (struct bytes){sample.bytes + ref.offset, given}, out,
                                         sizeof(out), &len, &err),
                     SEALIFT_CORRUPT);
    cr_assert_eq(segment_reader_open(reader, &ref, (struct bytes){sample.bytes + ref.offset, ref.size}, out,
                                     sizeof(out), &len, &err),
                 SEALIFT_OK);
    cr_assert_eq(segment_reader_open(reader, &sample.refs[0],
                                     (struct bytes){sample.bytes + sample.refs[0].offset, sample.refs[0].size}, out,
                                     sizeof(out), &len, &err),
                 SEALIFT_OK, "the second frame with the same key");
}

Test(segment, of_another_key_is_refused)
{
    SCOPED(sample_done) struct sample sample;
    SCOPED(buf_done) struct buf plain = {0};

    make_sample(&sample, 7, SEGMENT_DATA, 0);
    sample.fs_key->bytes[31] ^= 1;
    cr_assert_eq(open_ref(&sample, &sample.refs[0], sample_bytes(&sample), &plain), SEALIFT_CORRUPT);
}

Test(segment, of_a_later_version_is_refused_with_the_way_out)
{
    SCOPED(sample_done) struct sample sample;
    uint32_t frames;

    make_sample(&sample, 8, SEGMENT_DATA, 0);
    sample.bytes[8] = 2;
    cr_assert_eq(segment_check_shape(&sample.fs, &sample.id, sample_bytes(&sample), &frames, &err), SEALIFT_INVALID);
    cr_assert(strstr(err.message, "upgrade") != NULL, "%s", err.message);
    sample.bytes[8] = 1;
    sample.bytes[10] = 2;
    cr_assert_eq(segment_check_shape(&sample.fs, &sample.id, sample_bytes(&sample), &frames, &err), SEALIFT_INVALID);
}

/* One reader, frames of two segments by turns: the key follows. */
Test(segment, readers_change_between_segments)
{
    SCOPED(sample_done) struct sample one;
    SCOPED(sample_done) struct sample two;
    SCOPED(segment_reader_free) struct segment_reader *reader = NULL;
    SCOPED(segment_writer_free) struct segment_writer *writer = NULL;
    size_t capacity = 2 * FRAME_MAX_SIZE, len;
    uint8_t out[16];

    make_sample(&one, 9, SEGMENT_DATA, 0);
    make_sample(&two, 10, SEGMENT_DATA, 0);
    cr_assert_eq(segment_writer_new(&two.seeded.world, one.fs_key, &one.fs, SEGMENT_STORE, 0, &writer, &err),
                 SEALIFT_OK);
    for (uint32_t number = 1; number < 3; number++) {
        cr_assert_eq(segment_writer_begin(writer, SEGMENT_DATA, &one.upload, number, two.bytes, capacity, &err),
                     SEALIFT_OK);
        cr_assert_eq(segment_writer_add(writer, bytes_of_text("second"), &two.refs[0], &err), SEALIFT_OK);
        cr_assert_eq(segment_writer_finish(writer, &two.id, &two.size, &err), SEALIFT_OK);
    }
    cr_assert_eq(segment_reader_new(one.fs_key, &one.fs, &reader, &err), SEALIFT_OK);
    for (int turn = 0; turn < 2; turn++) {
        cr_assert_eq(segment_reader_open(reader, &one.refs[0],
                                         (struct bytes){one.bytes + one.refs[0].offset, one.refs[0].size}, out,
                                         sizeof(out), &len, &err),
                     SEALIFT_OK);
        cr_assert(len == 1 && out[0] == 'a');
        cr_assert_eq(segment_reader_open(reader, &two.refs[0],
                                         (struct bytes){two.bytes + two.refs[0].offset, two.refs[0].size}, out,
                                         sizeof(out), &len, &err),
                     SEALIFT_OK);
        cr_assert(len == 6 && memcmp(out, "second", 6) == 0);
    }
}

static void
fill_with_a5(struct entropy *entropy, void *out, size_t len)
{
    (void)entropy;
    memset(out, 0xa5, len);
}

Test(segment, is_byte_for_byte_what_the_format_shows)
{
    static const uint8_t expected[] = {0x13, 0x00, 0x00, 0x00, 0xc1, 0x2c, 0xf4, 0x28, 0x73, 0xcc, 0xf9, 0x08,
                                       0x2c, 0x61, 0xc9, 0x19, 0x3c, 0xfc, 0x67, 0x31, 0x40, 0xa3, 0xb1};
    SCOPED(segment_writer_free) struct segment_writer *writer = NULL;
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(free_done) uint8_t *buffer = malloc(2 * FRAME_MAX_SIZE);
    struct entropy entropy = {fill_with_a5};
    struct world world = {.entropy = &entropy};
    struct uuid fs, upload;
    struct frame_ref ref;

    cr_assert(uuid_parse("6f1d0a6e-3b1c-4c55-9d0a-0123456789ab", &fs));
    cr_assert(uuid_parse("018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7", &upload));
    cr_assert_eq(secret_new(FS_KEY_SIZE, &fs_key, &err), SEALIFT_OK);
    for (uint8_t i = 0; i < FS_KEY_SIZE; i++)
        fs_key->bytes[i] = i;
    cr_assert_eq(segment_writer_new(&world, fs_key, &fs, SEGMENT_STORE, 0, &writer, &err), SEALIFT_OK);
    cr_assert_eq(segment_writer_begin(writer, SEGMENT_DATA, &upload, 7, buffer, 2 * FRAME_MAX_SIZE, &err), SEALIFT_OK);
    cr_assert_eq(segment_writer_add(writer, bytes_of_text("abc"), &ref, &err), SEALIFT_OK);
    cr_assert_eq(memcmp(buffer, "SEALSEG\0\1\0\1\1\7\0\0\0", 16), 0);
    cr_assert_eq(memcmp(buffer + SEGMENT_HEADER_SIZE, expected, sizeof(expected)), 0);
}

Test(segment, fills_to_the_brim_and_no_further)
{
    SCOPED(sample_done) struct sample sample;
    SCOPED(segment_writer_free) struct segment_writer *writer = NULL;
    SCOPED(free_done) uint8_t *buffer = NULL;
    SCOPED(free_done) uint8_t *noise = malloc(FRAME_MAX_PLAIN);
    size_t capacity = 3 * FRAME_MAX_SIZE, size;
    struct frame_ref ref;
    struct segment_id id;
    uint32_t frames;

    make_sample(&sample, 11, SEGMENT_DATA, 0);
    buffer = malloc(capacity);
    sample.seeded.world.entropy->fill(sample.seeded.world.entropy, noise, FRAME_MAX_PLAIN);
    cr_assert_eq(
        segment_writer_new(&sample.seeded.world, sample.fs_key, &sample.fs, SEGMENT_COMPRESS, 3, &writer, &err),
        SEALIFT_OK);
    cr_assert_eq(segment_writer_begin(writer, SEGMENT_DATA, &sample.upload, 0, buffer, capacity, &err), SEALIFT_OK);
    for (size_t len = FRAME_MAX_PLAIN; len > 0;) {
        if (segment_writer_has_room(writer, len))
            cr_assert_eq(segment_writer_add(writer, (struct bytes){noise, len}, &ref, &err), SEALIFT_OK);
        else
            len /= 2;
    }
    cr_assert_eq(segment_writer_finish(writer, &id, &size, &err), SEALIFT_OK);
    cr_assert_geq(size, capacity - FRAME_MIN_SIZE);
    cr_assert_leq(size, capacity);
    cr_assert_eq(segment_check_shape(&sample.fs, &id, (struct bytes){buffer, size}, &frames, &err), SEALIFT_OK);
}

Test(segment, references_beyond_all_bounds_are_impossible)
{
    SCOPED(sample_done) struct sample sample;
    struct frame_ref ref;

    make_sample(&sample, 12, SEGMENT_DATA, NAME_NUMBER_MAX);
    cr_assert(frame_ref_is_possible(&sample.refs[0]));
    cr_assert(frame_ref_is_possible(&sample.refs[2]));
    ref = sample.refs[1];
    ref.segment.number = NAME_NUMBER_MAX + 1;
    cr_assert_not(frame_ref_is_possible(&ref));
    ref = sample.refs[1];
    ref.segment.kind = 3;
    cr_assert_not(frame_ref_is_possible(&ref));
    ref = sample.refs[1];
    ref.offset = SEGMENT_HEADER_SIZE - 1;
    cr_assert_not(frame_ref_is_possible(&ref));
    ref.offset = UINT32_MAX;
    cr_assert_not(frame_ref_is_possible(&ref));
    ref = sample.refs[1];
    ref.size = FRAME_MAX_SIZE + 1;
    cr_assert_not(frame_ref_is_possible(&ref));
    ref.size = FRAME_MIN_SIZE;
    cr_assert_not(frame_ref_is_possible(&ref));
    ref = sample.refs[1];
    ref.number = 2;
    cr_assert_not(frame_ref_is_possible(&ref), "there is no room for two frames before it");
}
