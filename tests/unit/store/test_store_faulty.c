#include "store_faulty.h"

#include "error.h"
#include "scoped.h"
#include "store_memory.h"

#include <criterion/criterion.h>
#include <string.h>

/* Fails one operation on one name. */
struct plan {
    enum store_operation operation;
    const char *name;
    bool after;
    unsigned asked;
};

static enum sealift_status
follow_plan(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *err)
{
    struct plan *plan = context;

    plan->asked++;
    if (operation != plan->operation || strcmp(name, plan->name) != 0)
        return SEALIFT_OK;
    *after = plan->after;
    return error_set(err, SEALIFT_UNAVAILABLE, "as planned");
}

struct fixture {
    struct store *inner;
    struct store *store;
    struct plan plan;
    struct sealift_error err;
};

static void
fixture_init(struct fixture *fixture, struct plan plan)
{
    *fixture = (struct fixture){.plan = plan};
    cr_assert_eq(store_memory_new(&fixture->inner, &fixture->err), SEALIFT_OK);
    cr_assert_eq(store_faulty_new(fixture->inner, follow_plan, &fixture->plan, &fixture->store, &fixture->err),
                 SEALIFT_OK);
    cr_assert_eq(store_put_small(fixture->inner, "a", bytes_of_text("of a"), &fixture->err), SEALIFT_OK);
}

static void
fixture_done(struct fixture *fixture)
{
    store_free(&fixture->store);
    store_free(&fixture->inner);
}

static bool
is_there(struct store *store, const char *name)
{
    struct sealift_error err;
    struct store_head head;

    return store_head(store, name, &head, &err) == SEALIFT_OK;
}

static enum sealift_status
count_object(void *context, const struct store_object *object, struct sealift_error *err)
{
    (void)object;
    (void)err;
    ++*(unsigned *)context;
    return SEALIFT_OK;
}

Test(store_faulty, lets_through_what_is_not_to_fail)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf got = {0};
    struct store_head head;
    unsigned count = 0;
    uint8_t byte;

    fixture_init(&fixture, (struct plan){.operation = STORE_PUT, .name = "other"});
    cr_assert_eq(store_put_small(fixture.store, "b", bytes_of_text("b"), &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_get(fixture.store, "a", 9, &got, &fixture.err), SEALIFT_OK);
    cr_assert_eq(got.len, 4);
    cr_assert_eq(store_get_range(fixture.store, "a", 3, 1, &byte, &fixture.err), SEALIFT_OK);
    cr_assert_eq(byte, 'a');
    cr_assert_eq(store_head(fixture.store, "a", &head, &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_list(fixture.store, "", NULL, count_object, &count, &fixture.err), SEALIFT_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(store_delete(fixture.store, "b", &fixture.err), SEALIFT_OK);
    cr_assert(!is_there(fixture.inner, "b"));
    cr_assert_eq(fixture.plan.asked, 6);
}

Test(store_faulty, fails_instead_of_acting)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, (struct plan){.operation = STORE_PUT, .name = "b"});
    cr_assert_eq(store_put_small(fixture.store, "b", bytes_of_text("b"), &fixture.err), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(fixture.err.message, "memory:/b: as planned");
    cr_assert(!is_there(fixture.inner, "b"));

    fixture.plan = (struct plan){.operation = STORE_DELETE, .name = "a"};
    cr_assert_eq(store_delete(fixture.store, "a", &fixture.err), SEALIFT_UNAVAILABLE);
    cr_assert(is_there(fixture.inner, "a"));
}

Test(store_faulty, acts_and_loses_the_answer)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf got = {0};
    unsigned count = 0;

    fixture_init(&fixture, (struct plan){.operation = STORE_PUT, .name = "b", .after = true});
    cr_assert_eq(store_put_small(fixture.store, "b", bytes_of_text("b"), &fixture.err), SEALIFT_UNAVAILABLE);
    cr_assert(is_there(fixture.inner, "b"));

    fixture.plan = (struct plan){.operation = STORE_GET, .name = "a", .after = true};
    cr_assert_eq(store_get(fixture.store, "a", 9, &got, &fixture.err), SEALIFT_UNAVAILABLE);
    cr_assert_eq(got.len, 0);

    fixture.plan = (struct plan){.operation = STORE_LIST, .name = "", .after = true};
    cr_assert_eq(store_list(fixture.store, "", NULL, count_object, &count, &fixture.err), SEALIFT_UNAVAILABLE);
    cr_assert_eq(count, 2);
}

Test(store_faulty, is_the_inner_store_where_nothing_is_to_fail)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(store_free) struct store *store = NULL;

    fixture_init(&fixture, (struct plan){.name = "a"});
    cr_assert_eq(store_faulty_new(fixture.inner, NULL, NULL, &store, &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_put_small(store, "b", bytes_of_text("b"), &fixture.err), SEALIFT_OK);
    cr_assert(is_there(store, "a"));
    cr_assert(is_there(fixture.inner, "b"));
    cr_assert_eq(fixture.plan.asked, 0);
}

Test(store_faulty, reports_a_real_failure_rather_than_a_planned_one)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_head head;

    fixture_init(&fixture, (struct plan){.operation = STORE_HEAD, .name = "nothing", .after = true});
    cr_assert_eq(store_head(fixture.store, "nothing", &head, &fixture.err), SEALIFT_NOT_FOUND);
}
