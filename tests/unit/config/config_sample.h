/* A configuration table in a folder of the test's own, and rows to put into it. */
#ifndef CONFIG_SAMPLE_H
#define CONFIG_SAMPLE_H

#include "query.h"
#include "scoped.h"
#include "scratch_folder.h"
#include "table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct cancel config_sample_cancel;
static const struct world config_sample_world = {&clock_system, &entropy_system, &config_sample_cancel, NULL};

struct config_sample {
    struct scratch_folder scratch;
    struct table *table;
    struct sealift_error err;
};

static inline void
config_sample_open(struct config_sample *sample)
{
    cr_assert_eq(table_open(&config_sample_world, sample->scratch.path, &sample->table, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
}

static inline void
config_sample_init(struct config_sample *sample)
{
    *sample = (struct config_sample){0};
    scratch_folder_make(&sample->scratch);
    config_sample_open(sample);
}

static inline void
config_sample_done(struct config_sample *sample)
{
    table_close(&sample->table);
    scratch_folder_done(&sample->scratch);
}

static inline struct table_obs
config_sample_obs(const char *name)
{
    struct table_obs obs = {.url = "s3://bucket/prefix",
                            .options = "{\"region\":\"x\"}",
                            .abilities = "{\"deletes\":\"yes\"}",
                            .added_ns = 7};

    snprintf(obs.name, sizeof(obs.name), "%s", name);
    return obs;
}

static inline struct uuid
config_sample_uuid(uint8_t number)
{
    struct uuid uuid;

    memset(uuid.bytes, number, sizeof(uuid.bytes));
    return uuid;
}

static inline struct table_fs
config_sample_fs(const char *name, uint8_t number)
{
    struct table_fs fs = {.uuid = config_sample_uuid(number), .key_record = config_sample_uuid(100), .added_ns = 8};

    snprintf(fs.name, sizeof(fs.name), "%s", name);
    snprintf(fs.path, sizeof(fs.path), "/srv/%s", name);
    return fs;
}

static inline struct envelope
config_sample_envelope(const struct uuid *fs)
{
    struct envelope envelope = {.fs = *fs,
                                .kms = {.type = "vault", .mount = "transit", .key_identifier = "key", .key_version = 3},
                                .wrapped_kek = "vault:v3:abc"};

    memset(envelope.key_check, 1, sizeof(envelope.key_check));
    memset(envelope.sealed_fs_key, 2, sizeof(envelope.sealed_fs_key));
    return envelope;
}

static inline struct table_fs
config_sample_add_fs(struct config_sample *sample, const char *name, uint8_t number)
{
    struct table_fs fs = config_sample_fs(name, number);
    struct envelope envelope = config_sample_envelope(&fs.uuid);

    cr_assert_eq(table_fs_add(sample->table, &fs, &envelope, &sample->err), SEALIFT_OK, "%s", sample->err.message);
    return fs;
}

static inline struct table_snapshot
config_sample_snapshot(const struct table_fs *fs, const char *name)
{
    struct table_snapshot snapshot = {.fs = fs->uuid, .created_ns = 9};

    snprintf(snapshot.name, sizeof(snapshot.name), "%s", name);
    return snapshot;
}

/* What SQLite says of the table's file. */
static inline int64_t
config_sample_ask_number(struct config_sample *sample, const char *sql)
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

/* The failure of the last call says `expected` somewhere. */
static inline void
config_sample_expect_message(const struct config_sample *sample, const char *expected)
{
    cr_assert_not_null(strstr(sample->err.message, expected), "%s", sample->err.message);
}

#endif
