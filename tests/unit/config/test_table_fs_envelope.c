#include "config_sample.h"
#include "scoped.h"
#include "table_private.h"

#include <sys/wait.h>
#include <unistd.h>

Test(table_fs_envelope, is_kept_with_its_filesystem)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs;
    struct envelope expected, got;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    config_sample_add_fs(&sample, "other", 2);
    expected = config_sample_envelope(&fs.uuid);
    cr_assert_eq(table_fs_envelope(sample.table, &fs.uuid, &got, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert(uuid_equal(&got.fs, &fs.uuid));
    cr_assert_str_eq(got.wrapped_kek, expected.wrapped_kek);
    cr_assert_arr_eq(got.sealed_fs_key, expected.sealed_fs_key, sizeof(got.sealed_fs_key));
    cr_assert_eq(got.kms.key_version, 3);
}

/* Another envelope of `fs`, with a key record and a wrapped KEK of its own. */
static struct envelope
another_envelope(const struct table_fs *fs, const char *wrapped_kek)
{
    struct envelope envelope = config_sample_envelope(&fs->uuid);

    snprintf(envelope.wrapped_kek, sizeof(envelope.wrapped_kek), "%s", wrapped_kek);
    return envelope;
}

static void
expect_in_force(struct config_sample *sample, const struct table_fs *expected, const char *wrapped_kek)
{
    struct envelope envelope;
    struct table_fs got;

    cr_assert_eq(table_fs_get_by_uuid(sample->table, &expected->uuid, &got, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    cr_assert(uuid_equal(&got.key_record, &expected->key_record));
    cr_assert_str_eq(got.own_key, expected->own_key);
    cr_assert_eq(got.generation, expected->generation);
    cr_assert_str_eq(got.at_rest, expected->at_rest);
    cr_assert_eq(table_fs_envelope(sample->table, &expected->uuid, &envelope, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    cr_assert_str_eq(envelope.wrapped_kek, wrapped_kek);
}

static int64_t
count_envelopes(struct config_sample *sample)
{
    return config_sample_ask_number(sample, "SELECT count(*) FROM envelope");
}

Test(table_fs_envelope, gives_way_to_another)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs, other;
    struct envelope second, third;
    struct table_fs_rewrap rewrap;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    other = config_sample_add_fs(&sample, "other", 2);
    fs.generation = other.generation = 1;
    second = another_envelope(&fs, "vault:v4:second");
    third = another_envelope(&fs, "vault:v1:third");

    rewrap = (struct table_fs_rewrap){
        .fs = fs.uuid, .expected = &fs.key_record, .key_record = config_sample_uuid(101), .envelope = &second};
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    fs.key_record = config_sample_uuid(101);
    expect_in_force(&sample, &fs, "vault:v4:second");

    rewrap = (struct table_fs_rewrap){.fs = fs.uuid,
                                      .expected = &fs.key_record,
                                      .key_record = config_sample_uuid(102),
                                      .envelope = &third,
                                      .own_key = "{\"key\":\"theirs\"}",
                                      .generation = 2};
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    fs.key_record = config_sample_uuid(102);
    strcpy(fs.own_key, "{\"key\":\"theirs\"}");
    fs.generation = 2;
    expect_in_force(&sample, &fs, "vault:v1:third");
    expect_in_force(&sample, &other, "vault:v3:abc");
    cr_assert_eq(count_envelopes(&sample), 2, "one for each filesystem");
}

Test(table_fs_envelope, stays_when_another_process_was_faster)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct envelope envelope;
    struct table_fs fs;
    struct table_fs_rewrap first, second;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    envelope = another_envelope(&fs, "vault:v4:first");
    first = second = (struct table_fs_rewrap){
        .fs = fs.uuid, .expected = &fs.key_record, .key_record = config_sample_uuid(101), .envelope = &envelope};
    cr_assert_eq(table_fs_rewrapped(sample.table, &first, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    second.key_record = config_sample_uuid(102);
    second.own_key = "{}";
    second.generation = 9;
    cr_assert_eq(table_fs_rewrapped(sample.table, &second, &sample.err), SEALIFT_CONFLICT);
    cr_assert_str_eq(sample.err.message,
                     "filesystem \"home\": its key was changed by another process meanwhile; run the command again");
    cr_assert_eq(count_envelopes(&sample), 1);
    fs.generation = 1;
    fs.key_record = config_sample_uuid(101);
    expect_in_force(&sample, &fs, "vault:v4:first");
}

/* Wrapped for the key that the filesystem had when it was read. */
Test(table_fs_envelope, stays_when_the_filesystem_has_another_own_key_by_now)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct envelope envelope;
    struct table_fs fs, as_read;
    struct table_fs_rewrap rewrap;

    config_sample_init(&sample);
    as_read = fs = config_sample_add_fs(&sample, "home", 1);
    envelope = another_envelope(&fs, "vault:v4:first");
    rewrap = (struct table_fs_rewrap){.fs = fs.uuid,
                                      .expected = &fs.key_record,
                                      .key_record = fs.key_record,
                                      .envelope = &envelope,
                                      .own_key = "{\"key\":\"theirs\"}"};
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    rewrap.own_key = NULL;
    rewrap.key_record = config_sample_uuid(101);
    rewrap.as_read = &as_read;
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(sample.err.message, "changed by another process meanwhile"));
    strcpy(as_read.own_key, "{\"key\":\"theirs\"}");
    as_read.moving = true;
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_CONFLICT,
                 "another KMS came and is in force");
    as_read.moving = false;
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_OK, "%s", sample.err.message);
}

Test(table_fs_envelope, may_be_put_in_force_twice)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct envelope envelope;
    struct table_fs fs;
    struct table_fs_rewrap rewrap;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    envelope = another_envelope(&fs, "vault:v4:second");
    rewrap = (struct table_fs_rewrap){.fs = fs.uuid,
                                      .expected = &fs.key_record,
                                      .key_record = config_sample_uuid(101),
                                      .envelope = &envelope,
                                      .own_key = "{\"key\":\"theirs\"}",
                                      .generation = 2};
    for (unsigned i = 0; i < 2; i++)
        cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    fs.key_record = config_sample_uuid(101);
    strcpy(fs.own_key, "{\"key\":\"theirs\"}");
    fs.generation = 2;
    expect_in_force(&sample, &fs, "vault:v4:second");
    cr_assert_eq(count_envelopes(&sample), 1);
}

/* The key at the KMS is what it was, and from now on it is the filesystem's own, or the cluster's. */
Test(table_fs_envelope, may_stay_while_what_is_known_of_its_key_changes)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct envelope envelope;
    struct table_fs fs;
    struct table_fs_rewrap rewrap;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    fs.generation = 1;
    envelope = config_sample_envelope(&fs.uuid);
    rewrap = (struct table_fs_rewrap){
        .fs = fs.uuid, .expected = &fs.key_record, .key_record = fs.key_record, .envelope = &envelope};
    rewrap.own_key = "{\"key\":\"key\"}";
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    strcpy(fs.own_key, "{\"key\":\"key\"}");
    expect_in_force(&sample, &fs, "vault:v3:abc");
    rewrap.own_key = "";
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    strcpy(fs.own_key, "");
    expect_in_force(&sample, &fs, "vault:v3:abc");
}

Test(table_fs_envelope, is_not_replaced_by_one_that_cannot_be_right)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs = config_sample_fs("home", 1);
    struct envelope envelope = config_sample_envelope(&fs.uuid);
    char own_key[TABLE_OWN_KEY_MAX + 1];
    struct table_fs_rewrap rewrap;

    config_sample_init(&sample);
    fs.generation = 1;
    strcpy(fs.at_rest, "00112233445566778899aabbccddeeff");
    envelope.has_at_rest_key = true;
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    rewrap = (struct table_fs_rewrap){
        .fs = fs.uuid, .expected = &fs.key_record, .key_record = config_sample_uuid(101), .envelope = &envelope};

    envelope.has_at_rest_key = false;
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_INTERNAL);
    config_sample_expect_message(&sample, "at-rest key");
    envelope.has_at_rest_key = true;
    envelope.fs = config_sample_uuid(2);
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_INTERNAL);
    config_sample_expect_message(&sample, "of another filesystem");
    envelope.fs = fs.uuid;
    memset(own_key, 'x', sizeof(own_key));
    own_key[TABLE_OWN_KEY_MAX] = '\0';
    rewrap.own_key = own_key;
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_INVALID);
    rewrap.fs = config_sample_uuid(2);
    cr_assert_eq(table_fs_rewrapped(sample.table, &rewrap, &sample.err), SEALIFT_NOT_FOUND);
    expect_in_force(&sample, &fs, "vault:v3:abc");
}

/* --- several processes --- */

/* In a child: reads what is in force and puts another one there, ten times; who is too late reads again. */
static int
rekey_ten_times(const char *home, uint8_t child)
{
    SCOPED(table_close) struct table *table = NULL;
    struct sealift_error err;
    uint8_t done = 0;

    if (table_open(&config_sample_world, home, &table, &err) != SEALIFT_OK)
        return 1;
    while (done < 10) {
        struct envelope envelope;
        struct table_fs fs;
        enum sealift_status status;

        if (table_fs_get(table, "home", &fs, &err) != SEALIFT_OK)
            return 2;
        envelope = config_sample_envelope(&fs.uuid);
        status = table_fs_rewrapped(table,
                                    &(struct table_fs_rewrap){.fs = fs.uuid,
                                                              .expected = &fs.key_record,
                                                              .key_record = {{1, child, done}},
                                                              .envelope = &envelope,
                                                              .generation = fs.generation + 1},
                                    &err);
        if (status != SEALIFT_OK && status != SEALIFT_CONFLICT) {
            fprintf(stderr, "child %u: %s\n", child, err.message);
            return 3;
        }
        done += status == SEALIFT_OK;
    }
    return 0;
}

/* Before each statement of who reads, another one has put another envelope in force. */
struct faster {
    struct table *table;
    uint8_t changes;
    struct sealift_error err;
};

static int
be_faster(unsigned kind, void *context, void *statement, void *text)
{
    struct faster *faster = context;
    struct envelope envelope;
    struct table_fs fs;

    (void)kind, (void)statement, (void)text;
    cr_assert_eq(table_fs_get(faster->table, "home", &fs, &faster->err), SEALIFT_OK, "%s", faster->err.message);
    envelope = config_sample_envelope(&fs.uuid);
    cr_assert_eq(table_fs_rewrapped(faster->table,
                                    &(struct table_fs_rewrap){.fs = fs.uuid,
                                                              .expected = &fs.key_record,
                                                              .key_record = {{2, ++faster->changes}},
                                                              .envelope = &envelope},
                                    &faster->err),
                 SEALIFT_OK, "%s", faster->err.message);
    return 0;
}

Test(table_fs_envelope, is_read_whole_while_it_is_replaced)
{
    SCOPED(config_sample_done) struct config_sample sample;
    SCOPED(table_close) struct table *other = NULL;
    struct faster faster = {0};
    struct envelope envelope;
    struct table_fs fs;

    config_sample_init(&sample);
    fs = config_sample_add_fs(&sample, "home", 1);
    cr_assert_eq(table_open(&config_sample_world, sample.scratch.path, &other, &sample.err), SEALIFT_OK);
    faster.table = other;
    sqlite3_trace_v2(sample.table->db.handle, SQLITE_TRACE_STMT, be_faster, &faster);
    cr_assert_eq(table_fs_envelope(sample.table, &fs.uuid, &envelope, &sample.err), SEALIFT_OK, "%s",
                 sample.err.message);
    cr_assert_str_eq(envelope.wrapped_kek, "vault:v3:abc");
    cr_assert_gt(faster.changes, 0);
}

Test(table_fs_envelope, is_replaced_by_one_process_at_a_time, .timeout = 100)
{
    enum { CHILDREN = 5 };
    SCOPED(config_sample_done) struct config_sample sample;
    pid_t children[CHILDREN];
    struct table_fs fs;
    int status;

    config_sample_init(&sample);
    config_sample_add_fs(&sample, "home", 1);
    table_close(&sample.table);
    for (uint8_t i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(rekey_ten_times(sample.scratch.path, i));
    }
    for (unsigned i = 0; i < CHILDREN; i++) {
        cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
        cr_assert_eq(status, 0);
    }
    config_sample_open(&sample);
    cr_assert_eq(table_fs_get(sample.table, "home", &fs, &sample.err), SEALIFT_OK);
    cr_assert_eq(fs.generation, 1 + 10 * CHILDREN, "none was lost, and none counted twice");
    expect_in_force(&sample, &fs, "vault:v3:abc");
    cr_assert_eq(count_envelopes(&sample), 1);
}
