#include "config_sample.h"
#include "scoped.h"

/* What a bucket is said to hold: the snapshots in their order. */
struct bucket {
    struct table_snapshot snapshots[4];
    size_t count, told;
};

static enum sealift_status
tell_next(void *context, struct table_snapshot *ret_snapshot, bool *ret_more, struct sealift_error *err)
{
    struct bucket *bucket = context;

    (void)err;
    *ret_more = bucket->told < bucket->count;
    if (*ret_more)
        *ret_snapshot = bucket->snapshots[bucket->told++];
    return SEALIFT_OK;
}

static struct table_snapshot
found(const struct table_fs *fs, const char *name, uint8_t upload)
{
    struct table_snapshot snapshot = config_sample_snapshot(fs, name);

    snapshot.status = TABLE_SNAPSHOT_PARTIAL;
    snapshot.upload = config_sample_uuid(upload);
    snapshot.created_ns = 77;
    snapshot.entries = 3;
    snapshot.size = 4;
    snapshot.stored = 5;
    return snapshot;
}

static enum sealift_status
recover(struct config_sample *sample, const struct table_fs *fs, bool is_new, const struct bucket *bucket,
        uint64_t *ret_count)
{
    struct bucket copy = *bucket;
    struct envelope envelope = config_sample_envelope(&fs->uuid);
    const struct table_recovery recovery = {
        .fs = fs, .envelope = is_new ? &envelope : NULL, .next = tell_next, .context = &copy};

    return table_recover(sample->table, &recovery, ret_count, &sample->err);
}

static struct table_snapshot
stored(struct config_sample *sample, const struct table_fs *fs, const char *name)
{
    struct table_snapshot got;

    cr_assert_eq(table_snapshot_get(sample->table, &fs->uuid, name, &got, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    return got;
}

static void
expect_upload(struct config_sample *sample, const struct table_fs *fs, const char *name, uint8_t upload)
{
    struct table_snapshot got = stored(sample, fs, name);
    struct uuid expected = config_sample_uuid(upload);

    cr_assert(uuid_equal(&got.upload, &expected), "%s is another upload", name);
}

Test(table_recover, brings_a_filesystem_back_with_its_snapshots)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1), got;
    struct envelope envelope;
    struct table_snapshot monday;
    const struct bucket bucket = {{found(&fs, "monday", 7), found(&fs, "tuesday", 8)}, 2, 0};
    uint64_t count;

    config_sample_init(&sample);
    fs.last_sequence = 2;
    fs.generation = 3;
    memset(fs.last_body_sha256, 5, sizeof(fs.last_body_sha256));
    cr_assert_eq(recover(&sample, &fs, true, &bucket, &count), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(count, 2u);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_OK);
    cr_assert_eq(got.last_sequence, 2u);
    cr_assert_eq(got.generation, 3u);
    cr_assert_arr_eq(got.last_body_sha256, fs.last_body_sha256, 32);
    cr_assert_eq(table_fs_envelope(sample.table, &fs.uuid, &envelope, &sample.err), SEALIFT_OK);
    monday = stored(&sample, &fs, "monday");
    cr_assert_eq(monday.status, TABLE_SNAPSHOT_PARTIAL);
    cr_assert_eq(monday.created_ns, 77);
    cr_assert_eq(monday.stored, 5u);
    stored(&sample, &fs, "tuesday");
}

Test(table_recover, is_all_or_nothing)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1), got;
    struct bucket bucket = {{found(&fs, "monday", 7), config_sample_snapshot(&fs, "tuesday")}, 2, 0};
    uint64_t count;

    config_sample_init(&sample);
    cr_assert_eq(recover(&sample, &fs, true, &bucket, &count), SEALIFT_INTERNAL, "one is in no bucket");
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_NOT_FOUND);
}

Test(table_recover, leaves_nothing_of_a_dry_run)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1), got;
    struct envelope envelope = config_sample_envelope(&fs.uuid);
    struct bucket bucket = {{found(&fs, "monday", 7)}, 1, 0};
    const struct table_recovery recovery = {
        .fs = &fs, .envelope = &envelope, .next = tell_next, .context = &bucket, .dry_run = true};
    uint64_t count;

    config_sample_init(&sample);
    cr_assert_eq(table_recover(sample.table, &recovery, &count, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(count, 1u);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_NOT_FOUND);
}

Test(table_recover, adds_what_is_missing_and_takes_nothing_back)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs, got;
    struct bucket bucket;
    uint64_t count;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    bucket = (struct bucket){{found(&fs, "monday", 7), found(&fs, "tuesday", 8)}, 1, 0};
    fs.last_sequence = 5;
    cr_assert_eq(recover(&sample, &fs, false, &bucket, &count), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(count, 1u);
    fs.last_sequence = 4;
    bucket.count = 2;
    snprintf(bucket.snapshots[0].name, sizeof(bucket.snapshots[0].name), "by another name");
    cr_assert_eq(recover(&sample, &fs, false, &bucket, &count), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(count, 1u, "monday's upload is there");
    cr_assert_eq(table_snapshot_check_free(sample.table, &fs.uuid, "by another name", &sample.err), SEALIFT_OK);
    cr_assert_eq(table_fs_get(sample.table, "home", &got, &sample.err), SEALIFT_OK);
    cr_assert_eq(got.last_sequence, 5u);
    cr_assert_eq(recover(&sample, &fs, false, &bucket, &count), SEALIFT_OK);
    cr_assert_eq(count, 0u);
}

Test(table_recover, says_when_name_or_path_or_uuid_is_taken)
{
    SCOPED(config_sample_done) struct config_sample sample;
    const struct bucket nothing = {0};
    struct table_fs fs;
    uint64_t count;

    config_sample_init(&sample);
    config_sample_add_fs(&sample, "home", 1);
    fs = config_sample_fs("home", 2);
    cr_assert_eq(recover(&sample, &fs, true, &nothing, &count), SEALIFT_CONFLICT);
    fs = config_sample_fs("other", 2);
    strcpy(fs.path, "/srv/home");
    cr_assert_eq(recover(&sample, &fs, true, &nothing, &count), SEALIFT_CONFLICT);
    fs = config_sample_fs("other", 1);
    cr_assert_eq(recover(&sample, &fs, true, &nothing, &count), SEALIFT_CONFLICT);
    fs = config_sample_fs("other", 2);
    cr_assert_eq(recover(&sample, &fs, false, &nothing, &count), SEALIFT_NOT_FOUND);
}

Test(table_recover, gives_a_name_that_is_taken_digits_of_the_upload)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1);
    struct table_snapshot longest = found(&fs, "", 9);
    struct bucket bucket;
    uint64_t count;

    config_sample_init(&sample);
    for (size_t i = 0; i < 254; i += 2)
        strcpy(longest.name + i, "\xc3\xa9");
    bucket = (struct bucket){{found(&fs, "monday", 7), found(&fs, "monday", 8), longest, longest}, 4, 0};
    bucket.snapshots[3].upload = config_sample_uuid(0xab);
    cr_assert_eq(recover(&sample, &fs, true, &bucket, &count), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(count, 4u);
    expect_upload(&sample, &fs, "monday", 7);
    expect_upload(&sample, &fs, "monday.080808080808", 8);
    strcpy(longest.name + 242, ".abababababab"); /* é has two bytes, and 243 would cut one */
    expect_upload(&sample, &fs, longest.name, 0xab);
    cr_assert_eq(recover(&sample, &fs, false, &bucket, &count), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(count, 0u);
}

Test(table_recover, names_what_has_no_name_that_can_be)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1);
    const struct bucket bucket = {{found(&fs, "", 7), found(&fs, "a/b", 8)}, 2, 0};
    uint64_t count;

    config_sample_init(&sample);
    cr_assert_eq(recover(&sample, &fs, true, &bucket, &count), SEALIFT_OK, "%s", sample.err.message);
    stored(&sample, &fs, "snapshot.070707070707");
    stored(&sample, &fs, "snapshot.080808080808");
}

/* The upload's process died after the manifest was in the bucket. */
Test(table_recover, tells_a_snapshot_that_its_upload_ended)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot begun, ended;
    struct bucket bucket = {0};
    struct table_fs fs;
    uint64_t count;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    begun = config_sample_snapshot(&fs, "monday");
    strcpy(begun.source, "/srv/home/.sealift-snapshots/1");
    strcpy(begun.native, "btrfs");
    begun.status = TABLE_SNAPSHOT_UPLOADING;
    begun.upload = config_sample_uuid(7);
    cr_assert_eq(table_snapshot_add(sample.table, &begun, &sample.err), SEALIFT_OK);
    bucket = (struct bucket){{found(&fs, "monday", 7)}, 1, 0};
    cr_assert_eq(recover(&sample, &fs, false, &bucket, &count), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(count, 1u);
    ended = stored(&sample, &fs, "monday");
    cr_assert_eq(ended.status, TABLE_SNAPSHOT_PARTIAL);
    cr_assert_eq(ended.stored, 5u);
    cr_assert_str_eq(ended.source, begun.source);
    cr_assert_str_eq(ended.native, "btrfs", "what it was read from is still to be removed");
}
