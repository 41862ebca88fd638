#include "config_sample.h"
#include "scoped.h"

static void
expect_equal(const struct table_snapshot *a, const struct table_snapshot *b)
{
    cr_assert(uuid_equal(&a->fs, &b->fs));
    cr_assert_str_eq(a->name, b->name);
    cr_assert_eq(a->created_ns, b->created_ns);
    cr_assert_str_eq(a->source, b->source);
    cr_assert_eq(a->status, b->status);
    cr_assert(uuid_equal(&a->upload, &b->upload));
    cr_assert_eq(a->entries, b->entries);
    cr_assert_eq(a->size, b->size);
    cr_assert_eq(a->stored, b->stored);
    cr_assert_str_eq(a->native, b->native);
}

static void
expect_stored(struct config_sample *sample, const struct table_snapshot *expected)
{
    struct table_snapshot got;

    cr_assert_eq(table_snapshot_get(sample->table, &expected->fs, expected->name, &got, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    expect_equal(&got, expected);
    cr_assert_str_eq(got.fs_name, "home");
}

Test(table_snapshot, comes_back_as_it_was_added_and_updated)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot snapshot;
    struct table_fs fs;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    snapshot = config_sample_snapshot(&fs, "monday");
    strcpy(snapshot.source, "/srv/.snapshots/\xff");
    strcpy(snapshot.native, "btrfs");
    cr_assert_eq(table_snapshot_check_free(sample.table, &fs.uuid, "monday", &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_snapshot_check_free(sample.table, &fs.uuid, "monday", &sample.err), SEALIFT_CONFLICT);
    expect_stored(&sample, &snapshot);

    for (unsigned status = TABLE_SNAPSHOT_UPLOADING; status <= TABLE_SNAPSHOT_DOWNLOADED; status++) {
        snapshot.status = (enum table_snapshot_status)status;
        snapshot.upload = config_sample_uuid((uint8_t)status);
        snapshot.created_ns = status;
        snapshot.entries = 10 * status;
        snapshot.size = INT64_MAX;
        snapshot.stored = 20 * status;
        cr_assert_eq(table_snapshot_update(sample.table, &snapshot, &sample.err), SEALIFT_OK, "%s", sample.err.message);
        expect_stored(&sample, &snapshot);
    }
}

/* Two uploads of one snapshot, by two processes. */
Test(table_snapshot, is_not_taken_back_by_an_upload_that_came_second)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot first, second;
    uint8_t body_sha256[32] = {1};
    struct table_fs fs;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    first = config_sample_snapshot(&fs, "monday");
    cr_assert_eq(table_snapshot_add(sample.table, &first, &sample.err), SEALIFT_OK);
    second = first;
    first.status = second.status = TABLE_SNAPSHOT_UPLOADING;
    first.upload = config_sample_uuid(7);
    second.upload = config_sample_uuid(8);
    cr_assert_eq(table_snapshot_begin(sample.table, &first, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    expect_stored(&sample, &first);
    cr_assert_eq(table_snapshot_begin(sample.table, &second, &sample.err), SEALIFT_OK);
    expect_stored(&sample, &second);

    cr_assert_eq(table_snapshot_abandon(sample.table, &first, &sample.err), SEALIFT_OK);
    expect_stored(&sample, &second);
    first.status = TABLE_SNAPSHOT_UPLOADED;
    cr_assert_eq(table_snapshot_published(sample.table, &first, 1, body_sha256, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_abandon(sample.table, &second, &sample.err), SEALIFT_OK);
    expect_stored(&sample, &first);
    cr_assert_eq(table_snapshot_begin(sample.table, &second, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "uploaded already");
    expect_stored(&sample, &first);
}

Test(table_snapshot, is_as_it_was_added_when_its_upload_is_given_up)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot added, begun;
    struct table_fs fs;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    added = begun = config_sample_snapshot(&fs, "monday");
    cr_assert_eq(table_snapshot_begin(sample.table, &begun, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_snapshot_add(sample.table, &added, &sample.err), SEALIFT_OK);
    begun.upload = config_sample_uuid(7);
    cr_assert_eq(table_snapshot_begin(sample.table, &begun, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_abandon(sample.table, &begun, &sample.err), SEALIFT_OK);
    expect_stored(&sample, &added);
}

Test(table_snapshot, has_a_word_for_each_status)
{
    static const char *const words[] = {"added", "uploading", "uploaded", "partial", "downloaded"};

    for (unsigned i = TABLE_SNAPSHOT_ADDED; i <= TABLE_SNAPSHOT_DOWNLOADED; i++)
        cr_assert_str_eq(table_snapshot_status_name((enum table_snapshot_status)i), words[i]);
}

Test(table_snapshot, has_its_name_within_its_filesystem)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot snapshot, other, got;
    struct table_fs home, work;

    config_sample_init(&sample);
    home = config_sample_add_fs(&sample, "home", 1);
    work = config_sample_add_fs(&sample, "work", 2);
    snapshot = config_sample_snapshot(&home, "monday");
    other = config_sample_snapshot(&work, "monday");
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_add(sample.table, &other, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "\"home\" has a snapshot \"monday\" already");
    cr_assert_eq(table_snapshot_get(sample.table, &home.uuid, "tuesday", &got, &sample.err), SEALIFT_NOT_FOUND);
    config_sample_expect_message(&sample, "\"home\" has no snapshot \"tuesday\"");
    snapshot = config_sample_snapshot(&home, "tuesday");
    cr_assert_eq(table_snapshot_update(sample.table, &snapshot, &sample.err), SEALIFT_NOT_FOUND);
    home.uuid = config_sample_uuid(9);
    snapshot = config_sample_snapshot(&home, "monday");
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_snapshot_get(sample.table, &home.uuid, "monday", &got, &sample.err), SEALIFT_NOT_FOUND);
}

static enum sealift_status
join(void *context, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    (void)err;
    strcat(strcat(strcat(strcat(context, snapshot->fs_name), "/"), snapshot->name), " ");
    return SEALIFT_OK;
}

Test(table_snapshot, is_listed_by_filesystem_and_then_by_time)
{
    static const struct {
        bool of_home;
        const char *name;
        int64_t created_ns;
    } rows[] = {{false, "b", 1}, {true, "later", 5}, {true, "at once 2", 3}, {true, "at once 1", 3}, {false, "a", 2}};
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs home, work;
    char names[256] = "";

    config_sample_init(&sample);
    work = config_sample_add_fs(&sample, "work", 1);
    home = config_sample_add_fs(&sample, "home", 2);
    for (unsigned i = 0; i < 5; i++) {
        struct table_snapshot snapshot = config_sample_snapshot(rows[i].of_home ? &home : &work, rows[i].name);

        snapshot.created_ns = rows[i].created_ns;
        cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK);
    }
    cr_assert_eq(table_snapshot_list(sample.table, NULL, join, names, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(names, "home/at once 1 home/at once 2 home/later work/b work/a ");
    names[0] = '\0';
    cr_assert_eq(table_snapshot_list(sample.table, &work.uuid, join, names, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(names, "work/b work/a ");
}

Test(table_snapshot, is_published_together_with_its_filesystems_sequence)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot snapshot, published;
    uint8_t body[32] = {1};
    struct table_fs fs;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    snapshot = config_sample_snapshot(&fs, "monday");
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK);

    published = snapshot;
    published.status = TABLE_SNAPSHOT_UPLOADED;
    published.upload = config_sample_uuid(7);
    published.size = 100;
    cr_assert_eq(table_snapshot_published(sample.table, &published, 0, body, &sample.err), SEALIFT_CONFLICT);
    expect_stored(&sample, &snapshot);
    cr_assert_eq(table_snapshot_published(sample.table, &published, 1, body, &sample.err), SEALIFT_OK, "%s",
                 sample.err.message);
    expect_stored(&sample, &published);
    cr_assert_eq(table_fs_get(sample.table, "home", &fs, &sample.err), SEALIFT_OK);
    cr_assert_eq(fs.last_sequence, 1);
    cr_assert_arr_eq(fs.last_body_sha256, body, 32);
}

Test(table_snapshot, has_a_locator_once_it_is_in_a_bucket)
{
    static const char own[] = "01010101-0101-0101-0101-010101010101/07070707-0707-0707-0707-070707070707";
    static const char origin[] = "08080808-0808-0808-0808-080808080808/07070707-0707-0707-0707-070707070707";
    static const char *const expected[] = {"", "", own, own, origin};
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1);
    struct envelope envelope = config_sample_envelope(&fs.uuid);
    struct table_snapshot snapshot = config_sample_snapshot(&fs, "monday"), got;

    config_sample_init(&sample);
    strcpy(fs.origin, origin);
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    snapshot.upload = config_sample_uuid(7);
    for (unsigned i = TABLE_SNAPSHOT_ADDED; i <= TABLE_SNAPSHOT_DOWNLOADED; i++) {
        snapshot.status = (enum table_snapshot_status)i;
        cr_assert_eq(table_snapshot_update(sample.table, &snapshot, &sample.err), SEALIFT_OK, "%s", sample.err.message);
        cr_assert_eq(table_snapshot_get(sample.table, &fs.uuid, "monday", &got, &sample.err), SEALIFT_OK);
        cr_assert_str_eq(got.locator, expected[i]);
    }
    cr_assert_not(table_snapshot_is_uploaded(&got), "it is another filesystem's");
    cr_assert_eq(table_snapshot_begin(sample.table, &snapshot, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "in a bucket already");
}

Test(table_snapshot, is_removed_alone)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_snapshot monday, tuesday, of_other, got;
    struct table_fs fs, other;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    other = config_sample_add_fs(&sample, "other", 2);
    monday = config_sample_snapshot(&fs, "monday");
    tuesday = config_sample_snapshot(&fs, "tuesday");
    of_other = config_sample_snapshot(&other, "monday");
    cr_assert_eq(table_snapshot_add(sample.table, &monday, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_add(sample.table, &tuesday, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_add(sample.table, &of_other, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_remove(sample.table, &fs.uuid, "monday", &sample.err), SEALIFT_OK, "%s",
                 sample.err.message);
    cr_assert_eq(table_snapshot_get(sample.table, &fs.uuid, "monday", &got, &sample.err), SEALIFT_NOT_FOUND);
    expect_stored(&sample, &tuesday);
    cr_assert_eq(table_snapshot_get(sample.table, &other.uuid, "monday", &got, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_remove(sample.table, &fs.uuid, "monday", &sample.err), SEALIFT_NOT_FOUND);
    config_sample_expect_message(&sample, "\"home\" has no snapshot \"monday\"");
    cr_assert_eq(table_snapshot_add(sample.table, &monday, &sample.err), SEALIFT_OK, "the name is free again");
}
