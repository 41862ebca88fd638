#include "log_record.h"

#include "sample_snapshot.h"

#include <criterion/criterion.h>

static struct sealift_error err;

static struct buf *
text_of(struct sample_snapshot *sample, uint32_t number)
{
    char name[NAME_SIZE];

    name_of_log_record(&sample->fs, &sample->upload, number, name);
    return sample_object_find(sample, name);
}

static enum sealift_status
parse(struct sample_snapshot *sample, uint32_t number, struct bytes text, struct log_record *ret_record)
{
    return log_record_parse(text, &sample->fs, &sample->upload, number, ret_record, &err);
}

static void
expect_record(struct sample_snapshot *sample, uint32_t number, struct log_record *ret_record)
{
    cr_assert_eq(parse(sample, number, buf_bytes(text_of(sample, number)), ret_record), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(ret_record->number, number);
    cr_assert_eq(ret_record->created_ns, sample->seeded.now_ns);
    cr_assert_eq(ret_record->kind, sample->log[number].kind);
}

Test(log_record, says_what_was_put_in)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(log_record_done) struct log_record opening = {0};
    SCOPED(log_record_done) struct log_record segments = {0};
    SCOPED(log_record_done) struct log_record closing = {0};

    sample_snapshot_make(&sample, 1);
    expect_record(&sample, 0, &opening);
    cr_assert_eq(opening.parent_count, 1);
    cr_assert(uuid_equal(&opening.parents[0], &sample.log[0].parents[0]));

    expect_record(&sample, 1, &segments);
    cr_assert_eq(segments.segment_count, sample.stored_count);
    for (size_t i = 0; i < segments.segment_count; i++) {
        cr_assert(segment_id_equal(&segments.segments[i].id, &sample.stored[i].id));
        cr_assert_eq(segments.segments[i].size, sample.stored[i].size);
        cr_assert_eq(memcmp(segments.segments[i].sha256, sample.stored[i].sha256, SHA256_SIZE), 0);
    }
    cr_assert(bytes_equal(buf_bytes(&segments.sealed_progress), bytes_of_text("sealed, whatever it says")));

    expect_record(&sample, 2, &closing);
    cr_assert_eq(closing.usage_count, 1);
    cr_assert_eq(closing.usages[0].record_count, 2);
    cr_assert_eq(memcmp(closing.usages[0].record_sha256, sample.log[2].usages[0].record_sha256, 2 * SHA256_SIZE), 0);
    cr_assert(bytes_equal(buf_bytes(&closing.usages[0].data_used), buf_bytes(&sample.log[2].usages[0].data_used)));
    cr_assert(bytes_equal(buf_bytes(&closing.usages[0].tree_used), buf_bytes(&sample.log[2].usages[0].tree_used)));
}

Test(log_record, may_list_nothing)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct log_record records[] = {
        {.kind = LOG_OPENING}, {.kind = LOG_SEGMENTS, .number = 1}, {.kind = LOG_CLOSING, .number = 2}};

    sample_snapshot_make(&sample, 2);
    for (uint32_t i = 0; i < 3; i++) {
        SCOPED(log_record_done) struct log_record found = {0};
        SCOPED(buf_done) struct buf text = {0};

        records[i].fs = sample.fs;
        records[i].upload = sample.upload;
        cr_assert_eq(log_record_build(&records[i], &text, &err), SEALIFT_OK);
        cr_assert_eq(parse(&sample, i, buf_bytes(&text), &found), SEALIFT_OK, "%s", err.message);
        cr_assert_eq(found.parent_count + found.segment_count + found.usage_count, 0);
    }
}

Test(log_record, holds_as_many_segments_as_it_may)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(log_record_done) struct log_record record = {.kind = LOG_SEGMENTS, .number = 1};
    SCOPED(log_record_done) struct log_record found = {0};
    SCOPED(buf_done) struct buf text = {.max = LOG_RECORD_MAX_SIZE};

    sample_snapshot_make(&sample, 3);
    record.fs = sample.fs;
    record.upload = sample.upload;
    record.segment_count = LOG_RECORD_MAX_SEGMENTS;
    record.segments = calloc(LOG_RECORD_MAX_SEGMENTS + 1, sizeof(*record.segments));
    for (uint32_t i = 0; i <= LOG_RECORD_MAX_SEGMENTS; i++)
        record.segments[i] =
            (struct log_segment){.id = {.kind = SEGMENT_DATA, .number = NAME_NUMBER_MAX - i}, .size = SEGMENT_MAX_SIZE};
    cr_assert_eq(log_record_build(&record, &text, &err), SEALIFT_OK);
    cr_assert_eq(parse(&sample, 1, buf_bytes(&text), &found), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.segment_count, LOG_RECORD_MAX_SEGMENTS);

    buf_clear(&text);
    record.segment_count++;
    cr_assert_eq(log_record_build(&record, &text, &err), SEALIFT_OK);
    cr_assert_eq(parse(&sample, 1, buf_bytes(&text), &found), SEALIFT_CORRUPT);
}

/* Records have no seal of their own: the manifest holds the closing one's SHA-256, and that one those of all others. So
 * an altered one need only not be the same, and not do harm. */
Test(log_record, with_any_byte_altered_is_refused_or_has_another_hash)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;

    sample_snapshot_make(&sample, 4);
    for (uint32_t number = 0; number < 3; number++) {
        struct buf *text = text_of(&sample, number);

        for (size_t i = 0; i < text->len; i++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                SCOPED(log_record_done) struct log_record found = {0};
                uint8_t hash[SHA256_SIZE];

                text->data[i] ^= (uint8_t)(1 << bit);
                if (parse(&sample, number, buf_bytes(text), &found) == SEALIFT_OK) {
                    cr_assert(uuid_equal(&found.fs, &sample.fs) && uuid_equal(&found.upload, &sample.upload));
                    cr_assert(found.number == number && found.kind == sample.log[number].kind);
                    cr_assert_eq(sha256(buf_bytes(text), hash, &err), SEALIFT_OK);
                    cr_assert_neq(memcmp(hash,
                                         number < 2 ? sample.log[2].usages[0].record_sha256[number]
                                                    : sample.manifest.closing_sha256,
                                         SHA256_SIZE),
                                  0);
                }
                text->data[i] ^= (uint8_t)(1 << bit);
            }
        }
    }
}

Test(log_record, under_another_name_or_cut_off_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct log_record found;

    sample_snapshot_make(&sample, 5);
    for (uint32_t number = 0; number < 3; number++) {
        struct buf *text = text_of(&sample, number);

        cr_assert_eq(parse(&sample, number + 1, buf_bytes(text), &found), SEALIFT_CORRUPT);
        for (size_t len = 0; len < text->len - 1; len++)
            cr_assert_eq(parse(&sample, number, (struct bytes){text->data, len}, &found), SEALIFT_CORRUPT);
        sample.fs.bytes[0] ^= 1;
        cr_assert_eq(parse(&sample, number, buf_bytes(text), &found), SEALIFT_CORRUPT);
        sample.fs.bytes[0] ^= 1;
        sample.upload.bytes[0] ^= 1;
        cr_assert_eq(parse(&sample, number, buf_bytes(text), &found), SEALIFT_CORRUPT);
        cr_assert_not_null(strstr(err.message, "log record fs/"), "%s", err.message);
        sample.upload.bytes[0] ^= 1;
    }
}

Test(log_record, of_a_kind_or_version_to_come_is_refused_with_the_way_out)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct log_record found;
    struct buf *text;

    sample_snapshot_make(&sample, 6);
    text = text_of(&sample, 1);
    memcpy(memmem(text->data, text->len, "\"segments\"", 10), "\"pigments\"", 10);
    cr_assert_eq(parse(&sample, 1, buf_bytes(text), &found), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "upgrade"), "%s", err.message);
    text = text_of(&sample, 2);
    memcpy(memmem(text->data, text->len, "\"version\":1", 11), "\"version\":2", 11);
    cr_assert_eq(parse(&sample, 2, buf_bytes(text), &found), SEALIFT_INVALID);
}

Test(log_record, larger_than_one_can_be_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(free_done) uint8_t *large = calloc(1, LOG_RECORD_MAX_SIZE + 1);
    struct log_record found;

    sample_snapshot_make(&sample, 6);
    cr_assert_eq(parse(&sample, 0, (struct bytes){large, LOG_RECORD_MAX_SIZE + 1}, &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "more than a log record can have"), "%s", err.message);
}

Test(log_record, opens_a_log_only_as_its_first)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct log_record found;
    struct buf *text;

    sample_snapshot_make(&sample, 7);
    text = text_of(&sample, 0);
    memcpy(memmem(text->data, text->len, "\"opening\"", 9), "\"closing\"", 9);
    cr_assert_eq(parse(&sample, 0, buf_bytes(text), &found), SEALIFT_CORRUPT);
    text = text_of(&sample, 2);
    memcpy(memmem(text->data, text->len, "\"closing\"", 9), "\"opening\"", 9);
    cr_assert_eq(parse(&sample, 2, buf_bytes(text), &found), SEALIFT_CORRUPT);
}

/* A bitmap whose last bit alone is set, in a closing record. */
static enum sealift_status
parse_used(struct sample_snapshot *sample, size_t data_len, size_t tree_len)
{
    SCOPED(log_record_done) struct log_record record = {.kind = LOG_CLOSING, .number = 2, .usage_count = 1};
    SCOPED(log_record_done) struct log_record found = {0};
    SCOPED(buf_done) struct buf text = {.max = LOG_RECORD_MAX_SIZE};
    struct log_usage *usage = calloc(1, sizeof(*usage));
    uint8_t *bits = calloc(1, LOG_USED_MAX_SIZE + 1);

    record.fs = sample->fs;
    record.upload = sample->upload;
    record.usages = usage;
    bits[LOG_USED_MAX_SIZE] = 0x01;
    bits[LOG_USED_MAX_SIZE - 1] = 0x80;
    cr_assert_eq(buf_append(&usage->data_used, bits, data_len, &err), SEALIFT_OK);
    cr_assert_eq(buf_append(&usage->tree_used, bits, tree_len, &err), SEALIFT_OK);
    free(bits);
    cr_assert_eq(log_record_build(&record, &text, &err), SEALIFT_OK, "%s", err.message);
    return parse(sample, 2, buf_bytes(&text), &found);
}

/* What reads it names each segment that it marks: the last number is NAME_NUMBER_MAX. */
Test(log_record, marks_no_segment_that_can_have_no_name)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;

    sample_snapshot_make(&sample, 8);
    cr_assert_eq(parse_used(&sample, LOG_USED_MAX_SIZE, 1), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(parse_used(&sample, LOG_USED_MAX_SIZE + 1, 1), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "\"data\" has 12500001 bytes, a bit a segment: 12500000 is the most"), "%s",
                       err.message);
    cr_assert_eq(parse_used(&sample, 1, LOG_USED_MAX_SIZE + 1), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "\"tree\" has 12500001 bytes"), "%s", err.message);
}
