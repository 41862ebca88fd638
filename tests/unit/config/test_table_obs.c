#include "config_sample.h"
#include "error.h"
#include "scoped.h"

static void
expect_equal(const struct table_obs *a, const struct table_obs *b)
{
    cr_assert_str_eq(a->name, b->name);
    cr_assert_str_eq(a->url, b->url);
    cr_assert_str_eq(a->options, b->options);
    cr_assert_str_eq(a->abilities, b->abilities);
    cr_assert_eq(a->added_ns, b->added_ns);
}

Test(table_obs, comes_back_as_it_was_added)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("dr \xc3\xa4 'quoted'; DROP TABLE obs;--");
    struct table_obs got;

    config_sample_init(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    table_close(&sample.table);
    config_sample_open(&sample);
    cr_assert_eq(table_obs_get(sample.table, obs.name, &got, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    expect_equal(&obs, &got);
}

Test(table_obs, has_empty_options_and_abilities_when_none_are_given)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = {.name = "dr", .url = "file:///srv/dr"};
    struct table_obs got;

    config_sample_init(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_obs_get(sample.table, "dr", &got, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(got.options, "{}");
    cr_assert_str_eq(got.abilities, "{}");
}

Test(table_obs, keeps_its_name_for_itself)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("dr");
    struct table_obs got;

    config_sample_init(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    strcpy(obs.url, "file:///other");
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "\"dr\"");
    config_sample_expect_message(&sample, "obs update");
    cr_assert_eq(table_obs_get(sample.table, "dr", &got, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(got.url, "s3://bucket/prefix");
}

Test(table_obs, is_updated_by_name)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("dr");
    struct table_obs got;

    config_sample_init(&sample);
    cr_assert_eq(table_obs_update(sample.table, &obs, &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    strcpy(obs.url, "file:///other");
    strcpy(obs.options, "{\"other\":1}");
    strcpy(obs.abilities, "");
    cr_assert_eq(table_obs_update(sample.table, &obs, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_obs_get(sample.table, "dr", &got, &sample.err), SEALIFT_OK);
    strcpy(obs.abilities, "{}");
    expect_equal(&obs, &got);
}

Test(table_obs, cannot_be_removed_while_filesystems_use_it)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("dr");
    struct table_fs fs = config_sample_fs("home", 1);
    struct envelope envelope = config_sample_envelope(&fs.uuid);
    struct table_obs got;

    config_sample_init(&sample);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    strcpy(fs.obs, "dr");
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    fs = config_sample_fs("archive", 2);
    envelope = config_sample_envelope(&fs.uuid);
    strcpy(fs.obs, "dr");
    cr_assert_eq(table_fs_add(sample.table, &fs, &envelope, &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_obs_remove(sample.table, "dr", &sample.err), SEALIFT_CONFLICT);
    config_sample_expect_message(&sample, "\"archive\", \"home\"");
    cr_assert_eq(table_obs_get(sample.table, "dr", &got, &sample.err), SEALIFT_OK);
}

Test(table_obs, is_gone_when_it_was_removed)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_obs obs = config_sample_obs("dr");
    struct table_obs got;

    config_sample_init(&sample);
    cr_assert_eq(table_obs_remove(sample.table, "dr", &sample.err), SEALIFT_NOT_FOUND);
    cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_obs_remove(sample.table, "dr", &sample.err), SEALIFT_OK, "%s", sample.err.message);
    cr_assert_eq(table_obs_get(sample.table, "dr", &got, &sample.err), SEALIFT_NOT_FOUND);
    config_sample_expect_message(&sample, "\"dr\"");
}

struct joined {
    char names[256];
    struct table *table;
    unsigned stop_after;
};

static enum sealift_status
join(void *context, const struct table_obs *obs, struct sealift_error *err)
{
    struct joined *joined = context;
    struct table_obs again;

    TRY(table_obs_get(joined->table, obs->name, &again, err)); /* the table may be used meanwhile */
    strcat(strcat(joined->names, obs->name), " ");
    if (joined->stop_after > 0 && --joined->stop_after == 0)
        return error_set(err, SEALIFT_CANCELLED, "enough");
    return SEALIFT_OK;
}

Test(table_obs, is_listed_by_name)
{
    static const char *const names[] = {"b", "a", "B", "c"};
    SCOPED(config_sample_done) struct config_sample sample;
    struct joined joined = {.names = ""};

    config_sample_init(&sample);
    for (unsigned i = 0; i < 4; i++) {
        struct table_obs obs = config_sample_obs(names[i]);

        cr_assert_eq(table_obs_add(sample.table, &obs, &sample.err), SEALIFT_OK);
    }
    joined.table = sample.table;
    cr_assert_eq(table_obs_list(sample.table, join, &joined, &sample.err), SEALIFT_OK);
    cr_assert_str_eq(joined.names, "B a b c ");
    joined = (struct joined){.table = sample.table, .stop_after = 2};
    cr_assert_eq(table_obs_list(sample.table, join, &joined, &sample.err), SEALIFT_CANCELLED);
    cr_assert_str_eq(joined.names, "B a ");
}
