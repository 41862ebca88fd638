#include "config_sample.h"
#include "scoped.h"

Test(table_kms, is_one_row_that_is_replaced)
{
    SCOPED(config_sample_done) struct config_sample sample;
    SCOPED(buf_done) struct buf got = {0};

    config_sample_init(&sample);
    cr_assert_eq(table_kms_get(sample.table, &got, &sample.err), SEALIFT_NOT_FOUND);
    config_sample_expect_message(&sample, "sealift kms set");
    cr_assert_eq(table_kms_set(sample.table, "{\"type\":\"local\"}", &sample.err), SEALIFT_OK);
    cr_assert_eq(table_kms_set(sample.table, "{\"type\":\"vault\"}", &sample.err), SEALIFT_OK);
    table_close(&sample.table);
    config_sample_open(&sample);
    cr_assert_eq(table_kms_get(sample.table, &got, &sample.err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&got), bytes_of_text("{\"type\":\"vault\"}")));
}

/* --- the former ones --- */

static enum sealift_status
join(void *context, int64_t id, const char *config, struct sealift_error *err)
{
    (void)id;
    (void)err;
    strcat(strcat(context, config), " ");
    return SEALIFT_OK;
}

static void
expect(struct config_sample *sample, const char *in_force, const char *former)
{
    SCOPED(buf_done) struct buf got = {0};
    char configs[256] = "";

    if (in_force == NULL)
        cr_assert_eq(table_kms_get(sample->table, &got, &sample->err), SEALIFT_NOT_FOUND);
    else
        cr_assert_eq(table_kms_get(sample->table, &got, &sample->err), SEALIFT_OK, "%s", sample->err.message);
    cr_assert(bytes_equal(buf_bytes(&got), bytes_of_text(in_force != NULL ? in_force : "")));
    cr_assert_eq(table_kms_former_list(sample->table, join, configs, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
    cr_assert_str_eq(configs, former);
}

static void
replace(struct config_sample *sample, const char *config, bool keep_former)
{
    cr_assert_eq(table_kms_replace(sample->table, config, keep_former, &sample->err), SEALIFT_OK, "%s",
                 sample->err.message);
}

Test(table_kms, leaves_a_former_one_behind)
{
    SCOPED(config_sample_done) struct config_sample sample;

    config_sample_init(&sample);
    replace(&sample, "a", true);
    expect(&sample, "a", "");
    replace(&sample, "b", true);
    replace(&sample, "c", true);
    expect(&sample, "c", "b a ");
    replace(&sample, "d", false);
    expect(&sample, "d", "b a ");
    replace(&sample, NULL, true);
    expect(&sample, NULL, "d b a ");
    replace(&sample, NULL, true);
    replace(&sample, "e", true);
    expect(&sample, "e", "d b a ");
    cr_assert_eq(table_kms_former_clear(sample.table, &sample.err), SEALIFT_OK);
    expect(&sample, "e", "");
    replace(&sample, NULL, false);
    expect(&sample, NULL, "");
}

Test(table_kms, has_each_former_one_once_and_never_the_one_in_force)
{
    SCOPED(config_sample_done) struct config_sample sample;

    config_sample_init(&sample);
    replace(&sample, "a", true);
    replace(&sample, "a", true);
    expect(&sample, "a", "");
    replace(&sample, "b", true);
    replace(&sample, "a", true);
    expect(&sample, "a", "b ");
    replace(&sample, "c", true);
    replace(&sample, "b", false);
    expect(&sample, "b", "a ");
    cr_assert_eq(table_kms_set(sample.table, "a", &sample.err), SEALIFT_OK);
    expect(&sample, "a", "");
}

static enum sealift_status
note_first(void *context, int64_t id, const char *config, struct sealift_error *err)
{
    int64_t *first = context;

    (void)config;
    (void)err;
    if (*first == 0)
        *first = id;
    return SEALIFT_OK;
}

/* One process ends its move and removes what it had read, while another one begins the next move. */
Test(table_kms, gives_no_id_of_a_former_one_twice)
{
    SCOPED(config_sample_done) struct config_sample sample;
    int64_t id = 0;

    config_sample_init(&sample);
    replace(&sample, "a", true);
    replace(&sample, "b", true);
    cr_assert_eq(table_kms_former_list(sample.table, note_first, &id, &sample.err), SEALIFT_OK);
    cr_assert_eq(table_kms_former_remove(sample.table, id, &sample.err), SEALIFT_OK);
    expect(&sample, "b", "");
    replace(&sample, "c", true);
    cr_assert_eq(table_kms_former_remove(sample.table, id, &sample.err), SEALIFT_OK);
    expect(&sample, "c", "b ");
}
