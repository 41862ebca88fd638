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
    cr_assert_eq(table_kms_moved(sample.table, &sample.err), SEALIFT_OK);
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

static bool
is_moving(struct config_sample *sample, const char *fs)
{
    struct table_fs row;

    cr_assert_eq(table_fs_get(sample->table, fs, &row, &sample->err), SEALIFT_OK, "%s", sample->err.message);
    return row.moving;
}

/* That its keys are where they should be is said of the envelope in force, which may have been there already. */
static void
say(struct config_sample *sample, const struct table_fs *fs, bool moved)
{
    struct envelope envelope = config_sample_envelope(&fs->uuid);
    const struct table_fs_rewrap rewrap = {.fs = fs->uuid,
                                           .expected = &fs->key_record,
                                           .key_record = fs->key_record,
                                           .envelope = &envelope,
                                           .moved = moved};

    cr_assert_eq(table_fs_rewrapped(sample->table, &rewrap, &sample->err), SEALIFT_OK, "%s", sample->err.message);
}

Test(table_kms, is_not_forgotten_while_a_filesystem_is_moving)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs one, two;

    config_sample_init(&sample);
    replace(&sample, "a", true);
    one = config_sample_add_fs(&sample, "one", 1);
    cr_assert_not(is_moving(&sample, "one"), "it was wrapped by the one in force");
    replace(&sample, "b", true);
    cr_assert(is_moving(&sample, "one"));
    two = config_sample_add_fs(&sample, "two", 2);
    cr_assert(is_moving(&sample, "two"), "its key may have been wrapped before");
    say(&sample, &one, true);
    say(&sample, &two, false);
    cr_assert_not(is_moving(&sample, "one"));
    cr_assert(is_moving(&sample, "two"));
    cr_assert_eq(table_kms_moved(sample.table, &sample.err), SEALIFT_OK);
    expect(&sample, "b", "a ");
    say(&sample, &two, true);
    cr_assert_eq(table_kms_moved(sample.table, &sample.err), SEALIFT_OK);
    expect(&sample, "b", "");
}

Test(table_kms, moves_nothing_when_it_is_the_same_or_is_not_meant_to)
{
    SCOPED(config_sample_done) struct config_sample sample;

    config_sample_init(&sample);
    replace(&sample, "a", true);
    config_sample_add_fs(&sample, "one", 1);
    replace(&sample, "a", true);
    replace(&sample, "b", false);
    cr_assert_not(is_moving(&sample, "one"));
    replace(&sample, NULL, true);
    expect(&sample, NULL, "b ");
    cr_assert(is_moving(&sample, "one"));
}

/* From the local key, which is in force where no KMS is. */
Test(table_kms, moves_what_none_had_wrapped)
{
    SCOPED(config_sample_done) struct config_sample sample;
    struct table_fs one;

    config_sample_init(&sample);
    one = config_sample_add_fs(&sample, "one", 1);
    replace(&sample, "a", true);
    expect(&sample, "a", TABLE_KMS_LOCAL " ");
    cr_assert(is_moving(&sample, "one"));
    say(&sample, &one, true);
    cr_assert_eq(table_kms_moved(sample.table, &sample.err), SEALIFT_OK);
    expect(&sample, "a", TABLE_KMS_LOCAL " ");
    config_sample_add_fs(&sample, "two", 2);
    cr_assert_not(is_moving(&sample, "two"), "it is the file that is kept; nothing moves any more");
    cr_assert_eq(table_kms_local_destroyed(sample.table, &sample.err), SEALIFT_OK);
    expect(&sample, "a", "");
}

Test(table_kms, has_the_local_key_in_force_when_there_is_no_other)
{
    SCOPED(config_sample_done) struct config_sample sample;

    config_sample_init(&sample);
    config_sample_add_fs(&sample, "one", 1);
    replace(&sample, "a", true);
    replace(&sample, NULL, true);
    expect(&sample, NULL, "a ");
    replace(&sample, "b", true);
    expect(&sample, "b", TABLE_KMS_LOCAL " a ");
}
