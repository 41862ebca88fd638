/* Segments: write-once objects of sealed frames. DESIGN.md section 4.1; docs/FORMAT.md, "Segment".
 *
 *     header      magic "SEALSEG\0", u16 version, u8 suite, u8 kind, u32 number, fs uuid, upload uuid, salt (32)
 *     frames      u32 length and flags; AES-256-GCM(body), tag
 *     last frame  the same with an empty body and the flag LAST
 *
 * All integers are little-endian. Key: key_for_segment(salt). Nonce: u32 frame number, eight zero bytes. AAD: header,
 * u32 frame number, u8 flags. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include "key_schedule.h"
#include "names.h"

#define SEGMENT_HEADER_SIZE 80
#define SEGMENT_SALT_SIZE   32
#define SEGMENT_MAX_SIZE    ((size_t)64 << 20)
#define FRAME_PREFIX_SIZE   4 /* low 24 bits: bytes that follow; high 8 bits: flags */
#define FRAME_MAX_PLAIN     ((size_t)1 << 20)
#define FRAME_MAX_SIZE      (FRAME_PREFIX_SIZE + FRAME_MAX_PLAIN + AEAD_TAG_SIZE)
#define FRAME_MIN_SIZE      (FRAME_PREFIX_SIZE + AEAD_TAG_SIZE) /* the last frame; any other has a body */
#define FRAME_FLAG_LAST     1
#define FRAME_FLAG_ZSTD     2

struct segment_id {
    enum segment_kind kind;
    struct uuid upload;
    uint32_t number;
    uint8_t salt[SEGMENT_SALT_SIZE];
};

/* Everything one needs, with the FS key, to read a frame by one range GET. */
struct frame_ref {
    struct segment_id segment;
    uint32_t offset; /* of the prefix, in the segment */
    uint32_t size;   /* of prefix, ciphertext and tag */
    uint32_t number; /* of the frame in its segment, from 0 */
};

bool segment_id_equal(const struct segment_id *a, const struct segment_id *b);
bool frame_ref_equal(const struct frame_ref *a, const struct frame_ref *b);
/* Whether there can be such a frame: number and place within bounds. What comes from outside must pass it first. */
bool frame_ref_is_possible(const struct frame_ref *ref);

void segment_header_encode(const struct uuid *fs, const struct segment_id *id, uint8_t out[SEGMENT_HEADER_SIZE]);
/* CORRUPT, or INVALID for a later version. */
enum sealift_status segment_header_decode(struct bytes header, struct uuid *ret_fs, struct segment_id *ret_id,
                                          struct sealift_error *err);

/* Fills one segment after the other, each in a buffer that the caller lends; one thread. */
struct segment_writer;

enum segment_compression { SEGMENT_COMPRESS, SEGMENT_STORE };

/* `world` and `fs_key` must outlive the writer. `level` is zstd's. */
enum sealift_status segment_writer_new(const struct world *world, const struct secret *fs_key, const struct uuid *fs,
                                       enum segment_compression compression, int level,
                                       struct segment_writer **ret_writer, struct sealift_error *err);
void segment_writer_free(struct segment_writer **writer);

/* Begins a segment: draws its salt, writes its header. `capacity` is at most SEGMENT_MAX_SIZE and at least 2 *
 * FRAME_MAX_SIZE; `number` at most NAME_NUMBER_MAX. */
enum sealift_status segment_writer_begin(struct segment_writer *writer, enum segment_kind kind,
                                         const struct uuid *upload, uint32_t number, uint8_t *buffer, size_t capacity,
                                         struct sealift_error *err);
bool segment_writer_is_open(const struct segment_writer *writer);
/* Whether a frame of `plain_len` bytes surely fits, with room left for the last frame. */
bool segment_writer_has_room(const struct segment_writer *writer, size_t plain_len);
/* Compresses (or stores raw what does not compress), seals, appends. 1 ... FRAME_MAX_PLAIN bytes. */
enum sealift_status segment_writer_add(struct segment_writer *writer, struct bytes plain, struct frame_ref *ret_ref,
                                       struct sealift_error *err);
/* Marks the end; the segment is the first *ret_size bytes of the buffer, which is the caller's again. */
enum sealift_status segment_writer_finish(struct segment_writer *writer, struct segment_id *ret_id, size_t *ret_size,
                                          struct sealift_error *err);

/* Opens frames; one thread. Keeps the key of the segment that it saw last. */
struct segment_reader;

/* `fs_key` must outlive the reader. */
enum sealift_status segment_reader_new(const struct secret *fs_key, const struct uuid *fs,
                                       struct segment_reader **ret_reader, struct sealift_error *err);
void segment_reader_free(struct segment_reader **reader);

/* `framed` is ref->size bytes as they came from the store. Writes at most `capacity` (FRAME_MAX_PLAIN is always enough)
 * plain bytes to `out`. CORRUPT, naming segment and frame, when anything at all is off; then `out` holds nothing of
 * worth. The last frame opens to zero bytes, and no other does. */
enum sealift_status segment_reader_open(struct segment_reader *reader, const struct frame_ref *ref, struct bytes framed,
                                        uint8_t *out, size_t capacity, size_t *ret_len, struct sealift_error *err);

/* Walks the frames of a whole segment without a key: checks header against name, lengths, that the last frame is last
 * and nothing follows. *ret_frames does not count the last frame. */
enum sealift_status segment_check_shape(const struct uuid *fs, const struct segment_id *id, struct bytes segment,
                                        uint32_t *ret_frames, struct sealift_error *err);

#endif
