#include "schema.h"

#include "config_sample.h"
#include "io.h"
#include "scoped.h"

#include <sys/stat.h>
#include <unistd.h>

/* Runs statements on the table's file as somebody else would. */
static void
run_sql(struct config_sample *sample, const char *sql)
{
    sqlite3 *handle;

    cr_assert_eq(sqlite3_open(scratch_folder_at(&sample->scratch, "sealift.db"), &handle), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(handle));
    cr_assert_eq(sqlite3_close(handle), SQLITE_OK);
}

static void
expect_refusal(struct config_sample *sample, const char *message)
{
    cr_assert_eq(table_open(&config_sample_world, sample->scratch.path, &sample->table, &sample->err), SEALIFT_INVALID,
                 "%s", sample->err.message);
    config_sample_expect_message(sample, message);
    config_sample_expect_message(sample, sample->scratch.path);
}

Test(schema, migrates_an_empty_file_to_the_newest_version)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};
    FILE *file;

    scratch_folder_make(&sample.scratch);
    file = fopen(scratch_folder_at(&sample.scratch, "sealift.db"), "w"); /* a process died right after it made it */
    cr_assert_not_null(file);
    fclose(file);
    config_sample_open(&sample);
    config_sample_add_fs(&sample, "home", 1);
    table_close(&sample.table);
    cr_assert_eq(config_sample_ask_number(&sample, "PRAGMA user_version"), 3);
    cr_assert_eq(config_sample_ask_number(&sample, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
    cr_assert_eq(config_sample_ask_number(&sample, "SELECT count(*) FROM fs"), 1);
}

Test(schema, migrates_once)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs fs;

    config_sample_init(&sample);
    config_sample_add_fs(&sample, "home", 1);
    table_close(&sample.table);
    config_sample_open(&sample);
    cr_assert_eq(table_fs_get(sample.table, "home", &fs, &sample.err), SEALIFT_OK);
}

Test(schema, refuses_a_table_from_the_future)
{
    SCOPED(config_sample_done) struct config_sample sample;

    config_sample_init(&sample);
    table_close(&sample.table);
    run_sql(&sample, "PRAGMA user_version = 4");
    expect_refusal(&sample, "a later sealift");
    run_sql(&sample, "PRAGMA user_version = -1");
    expect_refusal(&sample, "a later sealift");
    run_sql(&sample, "PRAGMA user_version = 3");
    config_sample_open(&sample);
}

Test(schema, refuses_the_database_of_another_program)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};

    scratch_folder_make(&sample.scratch);
    run_sql(&sample, "CREATE TABLE theirs (a)");
    cr_assert_eq(chmod(sample.scratch.path, 0700), 0);
    expect_refusal(&sample, "another program");
    run_sql(&sample, "PRAGMA user_version = 1");
    expect_refusal(&sample, "another program");
    run_sql(&sample, "SELECT * FROM theirs");
}

Test(schema, does_not_run_what_somebody_planted_in_the_file)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("dr");

    config_sample_init(&sample);
    table_close(&sample.table);
    run_sql(&sample, "CREATE TRIGGER planted AFTER INSERT ON obs BEGIN UPDATE obs SET url = 's3://theirs'; END");
    config_sample_open(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_obs_get(sample.table, "dr", &obs, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(obs.url, "s3://bucket/prefix");
}

/* --- from version 2 --- */

/* The file of TEST_VECTORS/config/table-2.sql; SQLite alone writes it. */
static void
make_table_of_version_2(struct config_sample *sample)
{
    SCOPED(buf_done) struct buf sql = {0};
    const char *text;

    scratch_folder_make(&sample->scratch);
    cr_assert_eq(io_read_file(TEST_VECTORS "/config/table-2.sql", 1 << 20, &sql, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    cr_assert_eq(buf_text(&sql, &text, &sample->err), SEALIFT_OK);
    run_sql(sample, text);
}

static void
expect_filesystems_of_version_2(struct config_sample *sample)
{
    struct envelope envelope;
    struct table_fs fs;

    cr_assert_eq(table_fs_get(sample->table, "home", &fs, &sample->err), SEALIFT_OK, "%s", sample->err.message);
    cr_assert(uuid_equal(&fs.uuid, &(struct uuid){{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}));
    cr_assert_str_eq(fs.path, "/srv/home");
    cr_assert_str_eq(fs.obs, "dr");
    cr_assert_str_eq(fs.selection, "{\"exclude\":[\"*.o\"]}");
    cr_assert_eq(fs.last_sequence, 5);
    cr_assert_eq(fs.last_body_sha256[31], 5);
    cr_assert_str_eq(fs.own_key, "");
    cr_assert_eq(fs.generation, 1);
    cr_assert_eq(table_fs_envelope(sample->table, &fs.uuid, &envelope, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    cr_assert_str_eq(envelope.wrapped_kek, "vault:v3:abc");

    cr_assert_eq(table_fs_get(sample->table, "work", &fs, &sample->err), SEALIFT_OK, "%s", sample->err.message);
    cr_assert_str_eq(fs.origin, "08080808-0808-0808-0808-080808080808/09090909-0909-0909-0909-090909090909");
    cr_assert_str_eq(fs.at_rest, "00112233445566778899aabbccddeeff");
    cr_assert(fs.incomplete);
    cr_assert_eq(table_fs_envelope(sample->table, &fs.uuid, &envelope, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    cr_assert(envelope.has_at_rest_key);
}

static void
expect_snapshots_of_version_2(struct config_sample *sample)
{
    static const struct table_snapshot expected[] = {
        {.name = "monday", .source = "/srv/.snapshots/1"},
        {.name = "tuesday", .source = "/srv/home/.sealift-snapshots/2", .native = "btrfs"},
        {.name = "wednesday"},
        {.name = "thursday", .native = "btrfs"},
    };
    struct uuid home = config_sample_uuid(1);

    for (unsigned i = TABLE_SNAPSHOT_ADDED; i <= TABLE_SNAPSHOT_PARTIAL; i++) {
        struct uuid upload = config_sample_uuid((uint8_t)(50 + i));
        struct table_snapshot got;

        cr_assert_eq(table_snapshot_get(sample->table, &home, expected[i].name, &got, &sample->err), SEALIFT_OK, "%s",
                     sample->err.message);
        cr_assert_eq(got.status, i);
        cr_assert(uuid_equal(&got.upload, i == TABLE_SNAPSHOT_ADDED ? &(struct uuid){0} : &upload));
        cr_assert_eq(got.created_ns, 20 + i);
        cr_assert_str_eq(got.source, expected[i].source);
        cr_assert_str_eq(got.native, expected[i].native);
        cr_assert_eq(got.entries, 100 * i);
        cr_assert_eq(got.size, 1000 * i);
        cr_assert_eq(got.stored, 500 * i);
    }
    cr_assert_eq(config_sample_ask_number(sample, "SELECT count(*) FROM snapshot"), 4);
}

Test(schema, keeps_the_rows_of_version_2)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};
    SCOPED(buf_done) struct buf kms = {0};
    struct table_obs obs;

    make_table_of_version_2(&sample);
    config_sample_open(&sample);
    expect_filesystems_of_version_2(&sample);
    expect_snapshots_of_version_2(&sample);
    cr_assert_eq(table_obs_get(sample.table, "dr", &obs, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_kms_get(sample.table, &kms, &sample.err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&kms), bytes_of_text("{\"type\":\"vault\"}")));
    cr_assert_eq(config_sample_ask_number(&sample, "PRAGMA user_version"), 3);
    cr_assert_eq(config_sample_ask_number(&sample, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

Test(schema, holds_a_table_that_was_of_version_2_to_the_same_rules)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};
    struct uuid home = config_sample_uuid(1), work = config_sample_uuid(2);
    struct table_snapshot snapshot = {.fs = work, .name = "origin", .status = TABLE_SNAPSHOT_DOWNLOADED};

    make_table_of_version_2(&sample);
    config_sample_open(&sample);
    snapshot.upload = config_sample_uuid(9);
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_CONFLICT);
    snapshot.fs = config_sample_uuid(3);
    cr_assert_eq(table_snapshot_add(sample.table, &snapshot, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_fs_remove(sample.table, &home, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_fs_remove(sample.table, &work, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(config_sample_ask_number(&sample, "SELECT count(*) FROM snapshot"), 0);
}

/* Its last step fails, where somebody put a table of that name: the older table is as it was. */
Test(schema, migrates_whole_or_not_at_all)
{
    SCOPED(config_sample_done) struct config_sample sample = {0};

    make_table_of_version_2(&sample);
    run_sql(&sample, "CREATE TABLE former_kms (planted)");
    cr_assert_eq(table_open(&config_sample_world, sample.scratch.path, &sample.table, &sample.err), SEALIFT_CORRUPT);
    config_sample_expect_message(&sample, "former_kms");
    cr_assert_eq(config_sample_ask_number(&sample, "PRAGMA user_version"), 2);
    cr_assert_eq(
        config_sample_ask_number(&sample, "SELECT count(*) FROM pragma_table_info('fs') WHERE name = 'own_key'"), 0);
    run_sql(&sample, "DROP TABLE former_kms");
    config_sample_open(&sample);
    expect_snapshots_of_version_2(&sample);
}
