#include "key_record.h"

#include "sample_snapshot.h"

#include <criterion/criterion.h>

static struct sealift_error err;

static struct buf *
text_of(struct sample_snapshot *sample)
{
    char name[NAME_SIZE];

    name_of_key_record(&sample->fs, sample->envelope.key_check, &sample->record, name);
    return sample_object_find(sample, name);
}

static enum sealift_status
parse(struct sample_snapshot *sample, struct bytes text, struct key_record *ret_record)
{
    return key_record_parse(text, &sample->fs, sample->envelope.key_check, &sample->record, ret_record, &err);
}

Test(key_record, says_what_was_put_in)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(key_record_done) struct key_record found = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct private_part names;

    sample_snapshot_make(&sample, 1);
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.created_ns, sample.seeded.now_ns);
    cr_assert_eq(envelope_open(&found.envelope, sample.kek, &fs_key, NULL, &err), SEALIFT_OK);
    cr_assert(secret_equal(fs_key, sample.fs_key));
    cr_assert_eq(key_record_private(&found, fs_key, &names, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(names.filesystem, "home");
    cr_assert_str_eq(names.snapshot, "");
    cr_assert_eq(names.generation, 1u);
    cr_assert(uuid_is_zero(&found.snapshot));
}

/* The sample's, made anew for its snapshot alone. */
static void
make_for_one_snapshot(struct sample_snapshot *sample, struct buf *text)
{
    SCOPED(key_record_done)
    struct key_record record = {
        .fs = sample->fs, .record = sample->record, .snapshot = sample->upload, .envelope = sample->envelope};

    cr_assert_eq(key_record_seal(&record, &sample->names, sample->fs_key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(key_record_build(&record, text, &err), SEALIFT_OK, "%s", err.message);
}

Test(key_record, says_which_snapshot_alone_its_key_is_for)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(key_record_done) struct key_record found = {0};
    SCOPED(buf_done) struct buf text = {0};
    struct private_part names;

    sample_snapshot_make(&sample, 1);
    make_for_one_snapshot(&sample, &text);
    cr_assert_eq(parse(&sample, buf_bytes(&text), &found), SEALIFT_OK, "%s", err.message);
    cr_assert(uuid_equal(&found.snapshot, &sample.upload));
    cr_assert_eq(key_record_private(&found, sample.fs_key, &names, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(names.snapshot, sample.names.snapshot);
}

/* Who may write the bucket, and has no key, can make no snapshot's key one of the filesystem, nor the other way. */
Test(key_record, whose_snapshot_was_added_or_left_out_is_corrupt_to_who_has_the_key)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(key_record_done) struct key_record without = {0};
    SCOPED(key_record_done) struct key_record with = {0};
    SCOPED(buf_done) struct buf text = {0};
    struct private_part names;

    sample_snapshot_make(&sample, 1);
    make_for_one_snapshot(&sample, &text);
    memcpy(memmem(text.data, text.len, "\"snapshot\":", 11), "\"another_\":", 11);
    cr_assert_eq(parse(&sample, buf_bytes(&text), &without), SEALIFT_OK, "%s", err.message);
    cr_assert(uuid_is_zero(&without.snapshot));
    cr_assert_eq(key_record_private(&without, sample.fs_key, &names, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "for one snapshot alone"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "key record fs/"), "%s", err.message);

    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &with), SEALIFT_OK, "%s", err.message);
    with.snapshot = sample.upload;
    cr_assert_eq(key_record_private(&with, sample.fs_key, &names, &err), SEALIFT_CORRUPT);
}

Test(key_record, for_a_snapshot_that_there_cannot_be_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(buf_done) struct buf text = {0};
    struct key_record found;
    char *at;

    sample_snapshot_make(&sample, 1);
    make_for_one_snapshot(&sample, &text);
    at = (char *)memmem(text.data, text.len, "\"snapshot\":\"", 12) + 12;
    memcpy(at, "00000000-0000-0000-0000-000000000000", 36);
    cr_assert_eq(parse(&sample, buf_bytes(&text), &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "\"snapshot\""), "%s", err.message);
    at[7] = 'x';
    cr_assert_eq(parse(&sample, buf_bytes(&text), &found), SEALIFT_CORRUPT);
}

Test(key_record, under_the_name_of_another_key_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct key_record found;
    struct buf *text;

    sample_snapshot_make(&sample, 3);
    text = text_of(&sample);
    sample.envelope.key_check[31] ^= 1;
    cr_assert_eq(parse(&sample, buf_bytes(text), &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "another key than its name says"), "%s", err.message);
}

/* All that it is for is the key: whatever is altered, it opens to that key or not at all. */
Test(key_record, with_any_byte_altered_never_opens_to_another_key)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    size_t opened = 0;
    struct buf *text;

    sample_snapshot_make(&sample, 2);
    text = text_of(&sample);
    for (size_t i = 0; i < text->len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            SCOPED(key_record_done) struct key_record found = {0};
            SCOPED(secret_free) struct secret *fs_key = NULL;

            text->data[i] ^= (uint8_t)(1 << bit);
            if (parse(&sample, buf_bytes(text), &found) == SEALIFT_OK &&
                envelope_open(&found.envelope, sample.kek, &fs_key, NULL, &err) == SEALIFT_OK) {
                cr_assert(secret_equal(fs_key, sample.fs_key));
                opened++;
            }
            text->data[i] ^= (uint8_t)(1 << bit);
        }
    }
    cr_assert_gt(opened, 0, "a mount may be renamed");
}

Test(key_record, cut_off_or_under_another_name_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct key_record found;
    struct buf *text;

    sample_snapshot_make(&sample, 3);
    text = text_of(&sample);
    for (size_t len = 0; len < text->len - 1; len++)
        cr_assert_eq(parse(&sample, (struct bytes){text->data, len}, &found), SEALIFT_CORRUPT, "%zu bytes", len);
    sample.record.bytes[9] ^= 1;
    cr_assert_eq(parse(&sample, buf_bytes(text), &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "key record fs/"), "%s", err.message);
    sample.record.bytes[9] ^= 1;
    sample.fs.bytes[9] ^= 1;
    cr_assert_eq(parse(&sample, buf_bytes(text), &found), SEALIFT_CORRUPT);
}

Test(key_record, with_the_envelope_of_another_filesystem_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(buf_done) struct buf text = {0};
    struct key_record record = {0}, found;

    sample_snapshot_make(&sample, 4);
    record.envelope = sample.envelope;
    record.fs = sample.envelope.fs;
    record.record = sample.record;
    cr_assert_eq(key_record_build(&record, &text, &err), SEALIFT_OK);
    memcpy(memmem(text.data, text.len, "\"fs\":\"", 6), "\"fz\"", 4);
    cr_assert_eq(parse(&sample, buf_bytes(&text), &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "\"fs\" is missing"), "%s", err.message);
}

Test(key_record, larger_than_one_can_be_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(free_done) uint8_t *large = calloc(1, KEY_RECORD_MAX_SIZE + 1);
    struct key_record found;

    sample_snapshot_make(&sample, 5);
    cr_assert_eq(parse(&sample, (struct bytes){large, KEY_RECORD_MAX_SIZE + 1}, &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "more than a key record can have"), "%s", err.message);
}

Test(key_record, of_a_later_version_is_refused_with_the_way_out)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct key_record found;
    struct buf *text;

    sample_snapshot_make(&sample, 5);
    text = text_of(&sample);
    memcpy(memmem(text->data, text->len, "\"version\":1", 11), "\"version\":7", 11);
    cr_assert_eq(parse(&sample, buf_bytes(text), &found), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "upgrade"), "%s", err.message);
}
