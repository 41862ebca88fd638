#include "error.h"
#include "query.h"
#include "scoped.h"
#include "table.h"
#include "table_private.h"
#include "transaction.h"

#include <string.h>

static enum sealift_status
say_missing(const char *name, struct sealift_error *err)
{
    return error_set(err, SEALIFT_NOT_FOUND, "there is no object store \"%s\"; \"sealift obs\" lists them", name);
}

static const char *
or_empty_object(const char *json)
{
    return json[0] != '\0' ? json : "{}";
}

static enum sealift_status
read_obs(struct query *query, struct table_obs *obs, struct sealift_error *err)
{
    query_read_text(query, obs->name, sizeof(obs->name));
    query_read_text(query, obs->url, sizeof(obs->url));
    query_read_text(query, obs->options, sizeof(obs->options));
    query_read_text(query, obs->abilities, sizeof(obs->abilities));
    query_read_integer(query, &obs->added_ns);
    return query_check(query, err);
}

enum sealift_status
table_obs_get(struct table *table, const char *name, struct table_obs *ret_obs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, "SELECT name, url, options, abilities, added_ns FROM obs WHERE name = ?", &query,
                      err));
    query_bind_text(&query, name);
    TRY(query_row(&query, &row, err));
    if (!row)
        return say_missing(name, err);
    return read_obs(&query, ret_obs, err);
}

enum sealift_status
table_obs_list(struct table *table, table_each_obs *each, void *context, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, "SELECT name, url, options, abilities, added_ns FROM obs ORDER BY name", &query,
                      err));
    for (;;) {
        struct table_obs obs;

        TRY(query_row(&query, &row, err));
        if (!row)
            return SEALIFT_OK;
        TRY(read_obs(&query, &obs, err));
        TRY(each(context, &obs, err));
    }
}

enum sealift_status
table_obs_add(struct table *table, const struct table_obs *obs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    unsigned added;

    TRY(table_check_name("object store", obs->name, err));
    TRY(query_prepare(&table->db,
                      "INSERT INTO obs (name, url, options, abilities, added_ns) VALUES (?, ?, ?, ?, ?) "
                      "ON CONFLICT (name) DO NOTHING",
                      &query, err));
    query_bind_text(&query, obs->name);
    query_bind_text(&query, obs->url);
    query_bind_text(&query, or_empty_object(obs->options));
    query_bind_text(&query, or_empty_object(obs->abilities));
    query_bind_integer(&query, obs->added_ns);
    TRY(query_run(&query, &added, err));
    if (added == 0)
        return error_set(
            err, SEALIFT_CONFLICT,
            "there is an object store \"%s\" already; change it with \"sealift obs update\", or choose another "
            "name",
            obs->name);
    return SEALIFT_OK;
}

enum sealift_status
table_obs_update(struct table *table, const struct table_obs *obs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    unsigned changed;

    TRY(query_prepare(&table->db, "UPDATE obs SET url = ?, options = ?, abilities = ? WHERE name = ?", &query, err));
    query_bind_text(&query, obs->url);
    query_bind_text(&query, or_empty_object(obs->options));
    query_bind_text(&query, or_empty_object(obs->abilities));
    query_bind_text(&query, obs->name);
    TRY(query_run(&query, &changed, err));
    return changed == 1 ? SEALIFT_OK : say_missing(obs->name, err);
}

static enum sealift_status
join_users(struct table *table, const char *name, struct buf *out, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    char user[TABLE_NAME_MAX];
    bool row;

    TRY(query_prepare(&table->db, "SELECT name FROM fs WHERE obs = ? ORDER BY name", &query, err));
    query_bind_text(&query, name);
    for (;;) {
        TRY(query_row(&query, &row, err));
        if (!row)
            return SEALIFT_OK;
        query_read_text(&query, user, sizeof(user));
        TRY(query_check(&query, err));
        TRY(buf_printf(out, "%s\"%s\"", err, out->len > 0 ? ", " : "", user));
    }
}

static enum sealift_status
refuse_if_used(struct table *table, const char *name, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf users = {0};
    const char *text;

    TRY(join_users(table, name, &users, err));
    if (users.len == 0)
        return SEALIFT_OK;
    TRY(buf_text(&users, &text, err));
    return error_set(
        err, SEALIFT_CONFLICT,
        "the object store \"%s\" holds the keys and snapshots of filesystems that are known here (%s), so it "
        "stays; \"sealift obs update\" changes how it is reached",
        name, text);
}

enum sealift_status
table_obs_remove(struct table *table, const char *name, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};
    SCOPED(query_done) struct query query = {0};
    unsigned removed;

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(refuse_if_used(table, name, err));
    TRY(query_prepare(&table->db, "DELETE FROM obs WHERE name = ?", &query, err));
    query_bind_text(&query, name);
    TRY(query_run(&query, &removed, err));
    if (removed == 0)
        return say_missing(name, err);
    return transaction_commit(&transaction, err);
}
