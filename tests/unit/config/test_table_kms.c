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
