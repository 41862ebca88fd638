#include "name_batch.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void
add(struct name_batch *batch, unsigned number)
{
    struct sealift_error err;
    char name[24];

    snprintf(name, sizeof(name), "%08u", number);
    cr_assert_eq(name_batch_add(batch, name, &err), SEALIFT_OK);
}

static void
expect_first(const struct name_batch *batch, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[24];

        snprintf(name, sizeof(name), "%08zu", i);
        cr_assert_str_eq(batch->names[i], name);
    }
}

Test(name_batch, holds_all_names_that_fit_and_sorts_them)
{
    SCOPED(name_batch_done) struct name_batch batch = {0};

    for (unsigned i = 0; i < NAME_BATCH_MAX; i++)
        add(&batch, (unsigned)NAME_BATCH_MAX - 1 - i);
    name_batch_sort(&batch);
    cr_assert_eq(batch.count, NAME_BATCH_MAX);
    cr_assert_null(batch.ceiling);
    expect_first(&batch, batch.count);
}

/* 7919 and the number of names have no factor in common: each number comes once, in no order. */
Test(name_batch, holds_the_smallest_of_more_names_than_fit)
{
    enum { NAMES = 10 * NAME_BATCH_MAX };
    SCOPED(name_batch_done) struct name_batch batch = {0};
    char ceiling[24];

    for (unsigned i = 0; i < NAMES; i++)
        add(&batch, (unsigned)((uint64_t)i * 7919 % NAMES));
    name_batch_sort(&batch);
    cr_assert_leq(batch.count, NAME_BATCH_MAX);
    cr_assert_geq(batch.count, NAME_BATCH_MAX / 2);
    expect_first(&batch, batch.count);
    snprintf(ceiling, sizeof(ceiling), "%08zu", batch.count);
    cr_assert_str_eq(batch.ceiling, ceiling);
}

Test(name_batch, may_stay_empty)
{
    SCOPED(name_batch_done) struct name_batch batch = {0};

    name_batch_sort(&batch);
    cr_assert_eq(batch.count, 0);
}
