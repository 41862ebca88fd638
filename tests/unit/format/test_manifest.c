#include "manifest.h"

#include "sample_snapshot.h"

#include <criterion/criterion.h>

static struct sealift_error err;

static enum sealift_status
parse(const struct sample_snapshot *sample, struct bytes text, struct manifest *ret_manifest)
{
    return manifest_parse(text, &sample->fs, &sample->upload, ret_manifest, &err);
}

static struct buf *
text_of(struct sample_snapshot *sample)
{
    struct buf *text = &sample->objects[sample->object_count - 1].bytes;

    cr_assert_not_null(strstr(sample->objects[sample->object_count - 1].name, "/snapshots/"));
    return text;
}

static void
replace(struct buf *text, const char *from, const char *to)
{
    SCOPED(buf_done) struct buf changed = {0};
    uint8_t *at = memmem(text->data, text->len, from, strlen(from));

    cr_assert_not_null(at, "%s", from);
    cr_assert_eq(buf_append(&changed, text->data, (size_t)(at - text->data), &err), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&changed, to, &err), SEALIFT_OK);
    at += strlen(from);
    cr_assert_eq(buf_append(&changed, at, (size_t)(text->data + text->len - at), &err), SEALIFT_OK);
    buf_clear(text);
    cr_assert_eq(buf_append_bytes(text, buf_bytes(&changed), &err), SEALIFT_OK);
}

Test(manifest, says_what_was_put_in)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(manifest_done) struct manifest found = {0};
    const struct manifest *made = &sample.manifest;
    struct private_part names;

    sample_snapshot_make(&sample, 1);
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_OK, "%s", err.message);
    cr_assert(uuid_equal(&found.fs, &made->fs) && uuid_equal(&found.upload, &made->upload));
    cr_assert_eq(found.sequence, INT64_MAX);
    cr_assert(found.has_parent && uuid_equal(&found.parent, &made->parent));
    cr_assert(found.has_predecessor);
    cr_assert_eq(memcmp(found.predecessor_sha256, made->predecessor_sha256, SHA256_SIZE), 0);
    cr_assert_eq(memcmp(found.key_check, made->key_check, KEY_CHECK_SIZE), 0);
    cr_assert(found.created_ns == made->created_ns && found.published_ns == made->published_ns);
    cr_assert(found.live && !found.partial);
    cr_assert_eq(memcmp(&found.totals, &made->totals, sizeof(found.totals)), 0);
    cr_assert(found.part_count == 1 && found.parts[0].level == made->parts[0].level);
    cr_assert(segment_id_equal(&found.parts[0].frame.segment, &made->parts[0].frame.segment));
    cr_assert_eq(found.parts[0].frame.offset, made->parts[0].frame.offset);
    cr_assert_eq(found.parts[0].frame.size, made->parts[0].frame.size);
    cr_assert_eq(found.parts[0].frame.number, made->parts[0].frame.number);
    cr_assert_eq(found.closing_record, 2);
    cr_assert_eq(memcmp(found.closing_sha256, made->closing_sha256, SHA256_SIZE), 0);
    cr_assert_str_eq(found.envelope.wrapped_kek, made->envelope.wrapped_kek);
    cr_assert_eq(memcmp(found.body_sha256, made->body_sha256, SHA256_SIZE), 0);

    cr_assert_eq(manifest_authenticate(&found, sample.fs_key, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(manifest_private(&found, sample.fs_key, &names, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(names.snapshot, "monday \"\xc3\xa9\"");
}

Test(manifest, is_three_lines_that_begin_as_the_format_says)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    const char *text;

    sample_snapshot_make(&sample, 1);
    cr_assert_eq(buf_text(text_of(&sample), &text, &err), SEALIFT_OK);
    cr_assert_eq(strncmp(text, "{\"sealift\":\"manifest\",\"version\":1,\"fs\":\"", 39), 0);
    text = strchr(text, '\n') + 1;
    cr_assert_eq(strncmp(text, "{\"version\":1,\"suite\":1,", 23), 0);
    text = strchr(text, '\n') + 1;
    cr_assert_eq(strncmp(text, "{\"hmac\":\"", 9), 0);
    cr_assert_eq(strlen(text), 9 + 64 + 2 + 1);
}

Test(manifest, of_a_first_snapshot_has_nothing_before_it)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(manifest_done) struct manifest found = {0};
    SCOPED(buf_done) struct buf text = {0};

    sample_snapshot_make(&sample, 1);
    sample.manifest.has_parent = sample.manifest.has_predecessor = false;
    cr_assert_eq(manifest_build(&sample.manifest, sample.fs_key, &text, &err), SEALIFT_OK);
    cr_assert_eq(parse(&sample, buf_bytes(&text), &found), SEALIFT_OK, "%s", err.message);
    cr_assert_not(found.has_parent || found.has_predecessor);
    cr_assert_eq(manifest_authenticate(&found, sample.fs_key, &err), SEALIFT_OK);
}

/* What is left of an envelope that was altered, and still opens: its routing hints, which nothing rests on. */
static void
expect_only_hints_differ(const struct envelope *found, const struct envelope *made, const struct secret *kek,
                         const struct secret *fs_key)
{
    SCOPED(secret_free) struct secret *opened = NULL;

    cr_assert(uuid_equal(&found->fs, &made->fs));
    if (envelope_open(found, kek, &opened, NULL, &err) == SEALIFT_OK)
        cr_assert(secret_equal(opened, fs_key));
}

Test(manifest, with_any_byte_altered_is_refused_but_for_hints)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    size_t passed = 0;
    struct buf *text;

    sample_snapshot_make(&sample, 2);
    text = text_of(&sample);
    for (size_t i = 0; i < text->len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            SCOPED(manifest_done) struct manifest found = {0};
            bool is_hint = i > sample.manifest.body.len && i < text->len - 76;

            text->data[i] ^= (uint8_t)(1 << bit);
            if (parse(&sample, buf_bytes(text), &found) == SEALIFT_OK &&
                manifest_authenticate(&found, sample.fs_key, &err) == SEALIFT_OK) {
                cr_assert(is_hint, "byte %zu, bit %u", i, bit);
                expect_only_hints_differ(&found.envelope, &sample.envelope, sample.kek, sample.fs_key);
                passed++;
            }
            text->data[i] ^= (uint8_t)(1 << bit);
        }
    }
    cr_assert_gt(passed, 0, "a mount may be renamed");
}

Test(manifest, cut_off_or_prolonged_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct manifest found;
    struct buf *text;

    sample_snapshot_make(&sample, 3);
    text = text_of(&sample);
    for (size_t len = 0; len < text->len; len++)
        cr_assert_eq(parse(&sample, (struct bytes){text->data, len}, &found), SEALIFT_CORRUPT, "%zu bytes", len);
    cr_assert_eq(buf_append_text(text, "{}\n", &err), SEALIFT_OK);
    cr_assert_eq(parse(&sample, buf_bytes(text), &found), SEALIFT_CORRUPT);
}

Test(manifest, under_another_name_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct manifest found;
    struct uuid upload, fs;

    sample_snapshot_make(&sample, 4);
    upload = sample.upload;
    fs = sample.fs;
    sample.upload.bytes[15] ^= 1;
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "belongs under another name"), "%s", err.message);
    sample.upload = upload;
    sample.fs.bytes[15] ^= 1;
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_CORRUPT);
    sample.fs = fs;
}

Test(manifest, with_the_envelope_of_another_filesystem_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(sample_snapshot_done) struct sample_snapshot other;
    SCOPED(buf_done) struct buf own = {0};
    SCOPED(buf_done) struct buf foreign = {0};
    struct manifest found;
    const char *from, *to;

    sample_snapshot_make(&sample, 5);
    sample_snapshot_make(&other, 6);
    cr_assert_eq(envelope_to_json(&sample.envelope, &own, &err), SEALIFT_OK);
    cr_assert_eq(envelope_to_json(&other.envelope, &foreign, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&own, &from, &err), SEALIFT_OK);
    cr_assert_eq(buf_text(&foreign, &to, &err), SEALIFT_OK);
    replace(text_of(&sample), from, to);
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "another filesystem"), "%s", err.message);
}

Test(manifest, does_not_open_with_another_key)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(manifest_done) struct manifest found = {0};

    sample_snapshot_make(&sample, 7);
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_OK);
    sample.fs_key->bytes[5] ^= 1;
    cr_assert_eq(manifest_authenticate(&found, sample.fs_key, &err), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "manifest fs/"), "%s", err.message);
}

Test(manifest, larger_than_one_can_be_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(free_done) uint8_t *large = calloc(1, MANIFEST_MAX_SIZE + 1);
    struct manifest found;

    sample_snapshot_make(&sample, 8);
    cr_assert_eq(parse(&sample, (struct bytes){large, MANIFEST_MAX_SIZE + 1}, &found), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "more than a manifest can have"), "%s", err.message);
}

Test(manifest, whose_private_part_was_altered_is_corrupt)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(manifest_done) struct manifest found = {0};
    struct private_part names;

    sample_snapshot_make(&sample, 8);
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_OK);
    found.sealed_private.data[0] ^= 1;
    cr_assert_eq(manifest_private(&found, sample.fs_key, &names, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "manifest fs/"), "%s", err.message);
}

Test(manifest, of_a_later_version_is_refused_with_the_way_out)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    struct manifest found;

    sample_snapshot_make(&sample, 8);
    replace(text_of(&sample), "\"version\":1", "\"version\":2");
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "made by a later sealift: upgrade"), "%s", err.message);
}

Test(manifest, may_say_more_than_we_know)
{
    SCOPED(sample_snapshot_done) struct sample_snapshot sample;
    SCOPED(manifest_done) struct manifest found = {0};

    sample_snapshot_make(&sample, 9);
    replace(text_of(&sample), "\"live\":", "\"weather\":{\"wind\":[1,2]},\"live\":");
    cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_OK);
    cr_assert_eq(manifest_authenticate(&found, sample.fs_key, &err), SEALIFT_CORRUPT, "but it is authenticated");
}

Test(manifest, with_a_member_out_of_bounds_is_corrupt)
{
    static const char *const changes[][2] = {
        {"\"live\":true", "\"live\":1"},
        {"\"partial\":false", "\"partial\":null"},
        {"\"parts\":[", "\"parts\":[],\"was\":["},
        {"\"level\":", "\"level\":9,\"was\":"},
        {"\"segment\":", "\"segment\":100000000,\"was\":"},
        {"\"offset\":", "\"offset\":4294967296,\"was\":"},
        {"\"record\":2", "\"record\":-1"},
        {"\"created\":\"2", "\"created\":\"12"},
        {"\"missing\":0", "\"missing\":-1"},
        {"\"private\":\"", "\"private\":\"!"},
        {"\"sequence\":", "\"sequence\":\"1\",\"sequence\":"},
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        SCOPED(sample_snapshot_done) struct sample_snapshot sample;
        struct manifest found;

        sample_snapshot_make(&sample, 10);
        replace(text_of(&sample), changes[i][0], changes[i][1]);
        cr_assert_eq(parse(&sample, buf_bytes(text_of(&sample)), &found), SEALIFT_CORRUPT, "%s", changes[i][1]);
    }
}

Test(manifest, counts_up_to_what_it_can_say)
{
    uint64_t total = 1;

    manifest_count(&total, 2);
    cr_assert_eq(total, 3u);
    manifest_count(&total, (uint64_t)1 << 62);
    manifest_count(&total, (uint64_t)1 << 62);
    cr_assert_eq(total, (uint64_t)INT64_MAX);
    manifest_count(&total, UINT64_MAX);
    cr_assert_eq(total, (uint64_t)INT64_MAX);
}
