/* The log of an upload: write-once records, one line of JSON each. Record 0 opens it and names the parents; later ones
 * list, in the clear, the segments stored since; the closing one says what the snapshot uses. DESIGN.md section 4.1;
 * docs/FORMAT.md, "Log". */
#ifndef LOG_RECORD_H
#define LOG_RECORD_H

#include "segment.h"

#define LOG_RECORD_MAX_SIZE     ((size_t)16 << 20)
#define LOG_RECORD_MAX_SEGMENTS 16384 /* in one record */
#define LOG_RECORD_MAX_PARENTS  16
#define LOG_RECORD_MAX_USAGES   65536
#define LOG_USED_MAX_SIZE       ((size_t)NAME_NUMBER_MAX / 8 + 1) /* of a bitmap of segments */

struct log_segment {
    struct segment_id id;
    uint64_t size;
    uint8_t sha256[SHA256_SIZE];
};

/* One log that a snapshot uses: which records it has, and which of its segments are used (bit n of data: data segment
 * n; least significant bit first). */
struct log_usage {
    struct uuid upload;
    uint8_t (*record_sha256)[SHA256_SIZE]; /* owned; the closing record itself is not among them */
    size_t record_count;
    struct buf data_used; /* bitmaps */
    struct buf tree_used;
};
void log_usage_done(struct log_usage *usage);

enum log_record_kind { LOG_OPENING, LOG_SEGMENTS, LOG_CLOSING };

struct log_record {
    enum log_record_kind kind;
    struct uuid fs, upload;
    uint32_t number;
    int64_t created_ns;
    struct uuid *parents; /* opening; owned */
    size_t parent_count;
    struct log_segment *segments; /* segments; owned */
    size_t segment_count;
    struct buf sealed_progress; /* segments: where the tree stands, sealed; empty when it was not said */
    struct log_usage *usages;   /* closing; owned */
    size_t usage_count;
};

void log_record_done(struct log_record *record);
enum sealift_status log_record_build(const struct log_record *record, struct buf *out, struct sealift_error *err);
/* fs, upload and number must be those of the name it was read from; the opening record is number 0. */
enum sealift_status log_record_parse(struct bytes text, const struct uuid *fs, const struct uuid *upload,
                                     uint32_t number, struct log_record *ret_record, struct sealift_error *err);

#endif
