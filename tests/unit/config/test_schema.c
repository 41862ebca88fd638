#include "schema.h"

#include "config_sample.h"
#include "query.h"
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

static int64_t
ask_number(struct config_sample *sample, const char *sql)
{
    SCOPED(db_done) struct db db = {0};
    SCOPED(query_done) struct query query = {0};
    int64_t number;
    bool row;

    cr_assert_eq(db_open(&config_sample_world, scratch_folder_at(&sample->scratch, "sealift.db"), &db, &sample->err),
                 SEALIFT_OK);
    cr_assert_eq(query_prepare(&db, sql, &query, &sample->err), SEALIFT_OK);
    cr_assert_eq(query_row(&query, &row, &sample->err), SEALIFT_OK);
    query_read_integer(&query, &number);
    return number;
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
    cr_assert_eq(ask_number(&sample, "PRAGMA user_version"), 2);
    cr_assert_eq(ask_number(&sample, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
    cr_assert_eq(ask_number(&sample, "SELECT count(*) FROM fs"), 1);
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
    run_sql(&sample, "PRAGMA user_version = 3");
    expect_refusal(&sample, "a later sealift");
    run_sql(&sample, "PRAGMA user_version = -1");
    expect_refusal(&sample, "a later sealift");
    run_sql(&sample, "PRAGMA user_version = 2");
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
