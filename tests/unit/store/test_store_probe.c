#include "store_probe.h"

#include "digest.h"
#include "error.h"
#include "object_count.h"
#include "scoped.h"
#include "scratch_folder.h"
#include "scripted_world.h"
#include "store_directory.h"
#include "store_faulty.h"
#include "store_memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A store in memory with one bad habit. */
struct sloppy {
    struct store store;
    struct store *inner;
};

static struct store *
inner_of(struct store *store)
{
    return ((struct sloppy *)store)->inner;
}

static enum sealift_status
put_inner(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], bool if_absent,
          struct sealift_error *err)
{
    struct store *inner = inner_of(store);

    return inner->ops->put(inner, name, data, sha256, if_absent, err);
}

static enum sealift_status
get_range_inner(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                struct sealift_error *err)
{
    return store_get_range(inner_of(store), name, offset, len, out, err);
}

static enum sealift_status
get_inner(struct store *store, const char *name, size_t max, struct buf *out, struct sealift_error *err)
{
    return store_get(inner_of(store), name, max, out, err);
}

static enum sealift_status
head_inner(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    return store_head(inner_of(store), name, ret_head, err);
}

static enum sealift_status
list_inner(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
           struct sealift_error *err)
{
    return store_list(inner_of(store), prefix, after, each, context, err);
}

static enum sealift_status
delete_inner(struct store *store, const char *name, struct sealift_error *err)
{
    return store_delete(inner_of(store), name, err);
}

static const struct store_ops honest = {
    .type = "test",
    .put = put_inner,
    .get_range = get_range_inner,
    .get = get_inner,
    .head = head_inner,
    .list = list_inner,
    .delete = delete_inner,
};

static enum sealift_status
put_ignoring_condition(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32],
                       bool if_absent, struct sealift_error *err)
{
    (void)if_absent;
    return put_inner(store, name, data, sha256, false, err);
}

/* Looks first, and writes when the others have looked too. */
static enum sealift_status
put_looking_first(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], bool if_absent,
                  struct sealift_error *err)
{
    struct store_head head;

    if (if_absent && head_inner(store, name, &head, err) == SEALIFT_OK)
        return error_set(err, SEALIFT_CONFLICT, "it is there already");
    usleep(200000);
    return put_inner(store, name, data, sha256, false, err);
}

static enum sealift_status
put_refusing_condition(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32],
                       bool if_absent, struct sealift_error *err)
{
    if (if_absent)
        return error_set(err, SEALIFT_INVALID, "501 NotImplemented");
    return put_inner(store, name, data, sha256, false, err);
}

static enum sealift_status
put_without_checking(struct store *store, const char *name, struct bytes data, const uint8_t expected[32],
                     bool if_absent, struct sealift_error *err)
{
    uint8_t digest[SHA256_SIZE];

    (void)expected;
    TRY(sha256(data, digest, err));
    return put_inner(store, name, data, digest, if_absent, err);
}

static enum sealift_status
put_only_one(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], bool if_absent,
             struct sealift_error *err)
{
    if (if_absent && strstr(name, "race") != NULL)
        return error_set(err, SEALIFT_CONFLICT, "409");
    return put_inner(store, name, data, sha256, if_absent, err);
}

static enum sealift_status
put_unavailable_when_busy(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32],
                          bool if_absent, struct sealift_error *err)
{
    if (strstr(name, "race") != NULL)
        return error_set(err, SEALIFT_UNAVAILABLE, "503 SlowDown");
    return put_inner(store, name, data, sha256, if_absent, err);
}

static enum sealift_status
list_nothing(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
             struct sealift_error *err)
{
    (void)store;
    (void)prefix;
    (void)after;
    (void)each;
    (void)context;
    (void)err;
    return SEALIFT_OK;
}

/* Two halves of a store that makes a bucket of the first PUT, and until then says that there is none. */
static enum sealift_status
list_no_bucket(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
               struct sealift_error *err)
{
    (void)store;
    (void)prefix;
    (void)after;
    (void)each;
    (void)context;
    return error_set(err, SEALIFT_INVALID, "there is no such bucket");
}

static enum sealift_status
put_never(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], bool if_absent,
          struct sealift_error *err)
{
    (void)store;
    (void)data;
    (void)sha256;
    (void)if_absent;
    cr_assert_fail("%s was written", name);
    return error_set(err, SEALIFT_INTERNAL, "unreachable");
}

static enum sealift_status
get_range_of_zeros(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                   struct sealift_error *err)
{
    (void)store;
    (void)name;
    (void)offset;
    (void)err;
    memset(out, 0, len);
    return SEALIFT_OK;
}

static enum sealift_status
delete_in_words_only(struct store *store, const char *name, struct sealift_error *err)
{
    (void)store;
    (void)name;
    (void)err;
    return SEALIFT_OK;
}

static enum sealift_status
head_without_checksum(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    TRY(head_inner(store, name, ret_head, err));
    ret_head->checksum = STORE_CHECKSUM_NONE;
    return SEALIFT_OK;
}

static enum sealift_status
inspect_versions(struct store *store, struct store_abilities *abilities, struct sealift_error *err)
{
    (void)store;
    (void)err;
    abilities->versioning = STORE_ANSWER_YES;
    abilities->object_lock = STORE_ANSWER_NO;
    return SEALIFT_OK;
}

static enum sealift_status
lie_unnoticed(struct store *store, const char *name, struct sealift_error *err)
{
    (void)store;
    (void)name;
    return error_set(err, SEALIFT_CONFLICT, "it was taken");
}

struct fixture {
    struct scripted_world scripted;
    struct store *inner;
    struct sloppy sloppy;
    struct store_abilities found;
    struct sealift_error err;
};

static void
fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    scripted_world_init(&fixture->scripted, "2026-11-24T14:45:57Z");
    cr_assert_eq(store_memory_new(&fixture->inner, &fixture->err), SEALIFT_OK);
}

static void
fixture_done(struct fixture *fixture)
{
    store_free(&fixture->inner);
}

static enum sealift_status
probe(struct fixture *fixture, struct store_ops ops)
{
    fixture->sloppy = (struct sloppy){.store = {.ops = &ops, .url = "test:"}, .inner = fixture->inner};
    return store_probe(&fixture->sloppy.store, &fixture->scripted.world, &fixture->found, &fixture->err);
}

static void
expect_found(struct fixture *fixture, struct store_ops ops)
{
    cr_assert_eq(probe(fixture, ops), SEALIFT_OK, "%s", fixture->err.message);
}

Test(store_probe, finds_a_good_store_good_and_leaves_nothing_behind)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    cr_assert_eq(store_probe(fixture.inner, &fixture.scripted.world, &fixture.found, &fixture.err), SEALIFT_OK, "%s",
                 fixture.err.message);
    cr_assert_eq(fixture.found.conditional_put, STORE_CONDITIONAL_ATOMIC);
    cr_assert_eq(fixture.found.verifies_checksum, STORE_ANSWER_YES);
    cr_assert_eq(fixture.found.keeps_checksum, STORE_ANSWER_YES);
    cr_assert_eq(fixture.found.deletes, STORE_ANSWER_YES);
    cr_assert_eq(fixture.found.versioning, STORE_ANSWER_UNKNOWN);
    cr_assert_eq(fixture.found.object_lock, STORE_ANSWER_UNKNOWN);
    cr_assert_eq(object_count(fixture.inner, ""), 0);
}

Test(store_probe, finds_a_directory_good_and_leaves_nothing_behind)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    SCOPED(store_free) struct store *store = NULL;

    fixture_init(&fixture);
    scratch_folder_make(&scratch);
    cr_assert_eq(store_directory_open(&fixture.scripted.world, scratch.path, false, &store, &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_probe(store, &fixture.scripted.world, &fixture.found, &fixture.err), SEALIFT_OK, "%s",
                 fixture.err.message);
    cr_assert_eq(fixture.found.conditional_put, STORE_CONDITIONAL_ATOMIC);
    cr_assert_eq(fixture.found.verifies_checksum, STORE_ANSWER_YES);
    cr_assert_eq(fixture.found.keeps_checksum, STORE_ANSWER_NO);
    cr_assert_eq(fixture.found.deletes, STORE_ANSWER_YES);
    cr_assert_eq(rmdir(scratch_folder_at(&scratch, ".tmp")), 0);
    cr_assert_eq(rmdir(scratch.path), 0, "something is left");
}

Test(store_probe, asks_whether_there_is_a_bucket_before_it_writes)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.list = list_no_bucket;
    ops.put = put_never;
    cr_assert_eq(probe(&fixture, ops), SEALIFT_INVALID);
    cr_assert_str_eq(fixture.err.message, "test:: listing failed: there is no such bucket");
}

Test(store_probe, notices_that_a_condition_is_ignored)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.put = put_ignoring_condition;
    expect_found(&fixture, ops);
    cr_assert_eq(fixture.found.conditional_put, STORE_CONDITIONAL_IGNORED);
}

Test(store_probe, notices_that_several_racers_win)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.put = put_looking_first;
    expect_found(&fixture, ops);
    cr_assert_eq(fixture.found.conditional_put, STORE_CONDITIONAL_RACY);
}

Test(store_probe, notices_that_a_condition_is_refused)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.put = put_refusing_condition;
    expect_found(&fixture, ops);
    cr_assert_eq(fixture.found.conditional_put, STORE_CONDITIONAL_REFUSED);
    cr_assert_eq(fixture.found.deletes, STORE_ANSWER_YES);
}

Test(store_probe, notices_that_checksums_are_not_verified)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.put = put_without_checking;
    expect_found(&fixture, ops);
    cr_assert_eq(fixture.found.verifies_checksum, STORE_ANSWER_NO);
    cr_assert_eq(object_count(fixture.inner, ""), 0);
}

Test(store_probe, lets_a_store_with_checksum_headers_try_a_wrong_one_itself)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.put_wrong_checksum = lie_unnoticed;
    ops.head = head_without_checksum;
    ops.inspect = inspect_versions;
    expect_found(&fixture, ops);
    cr_assert_eq(fixture.found.verifies_checksum, STORE_ANSWER_NO);
    cr_assert_eq(fixture.found.keeps_checksum, STORE_ANSWER_NO);
    cr_assert_eq(fixture.found.versioning, STORE_ANSWER_YES);
    cr_assert_eq(fixture.found.object_lock, STORE_ANSWER_NO);
}

Test(store_probe, notices_that_a_store_only_says_that_it_deletes)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.delete = delete_in_words_only;
    expect_found(&fixture, ops);
    cr_assert_eq(fixture.found.deletes, STORE_ANSWER_NO);
    cr_assert_not_null(strstr(fixture.scripted.log, "test objects stay under probe/"), "%s", fixture.scripted.log);
}

/* Fails one kind of operation with one status. */
struct plan {
    enum store_operation operation;
    enum sealift_status status;
};

static enum sealift_status
follow_plan(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *err)
{
    const struct plan *plan = context;

    (void)name;
    (void)after;
    if (operation != plan->operation)
        return SEALIFT_OK;
    return error_set(err, plan->status, "as planned");
}

static enum sealift_status
probe_faulty(struct fixture *fixture, struct plan plan, const char *type)
{
    SCOPED(store_free) struct store *faulty = NULL;
    struct store_ops ops;

    cr_assert_eq(store_faulty_new(fixture->inner, follow_plan, &plan, &faulty, &fixture->err), SEALIFT_OK);
    ops = *faulty->ops;
    ops.type = type;
    faulty->ops = &ops;
    return store_probe(faulty, &fixture->scripted.world, &fixture->found, &fixture->err);
}

Test(store_probe, takes_a_refused_delete_as_a_finding)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    cr_assert_eq(probe_faulty(&fixture, (struct plan){STORE_DELETE, SEALIFT_DENIED}, "s3"), SEALIFT_OK, "%s",
                 fixture.err.message);
    cr_assert_eq(fixture.found.deletes, STORE_ANSWER_NO);
    cr_assert_eq(probe_faulty(&fixture, (struct plan){STORE_DELETE, SEALIFT_UNAVAILABLE}, "s3"), SEALIFT_UNAVAILABLE);
}

Test(store_probe, says_what_was_refused)
{
    static const struct {
        enum store_operation operation;
        const char *act;
    } cases[] = {{STORE_PUT, "writing a test object failed"},
                 {STORE_LIST, "listing failed"},
                 {STORE_GET, "reading a test object failed"},
                 {STORE_HEAD, "asking for the size of a test object failed"}};
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(probe_faulty(&fixture, (struct plan){cases[i].operation, SEALIFT_DENIED}, "s3"), SEALIFT_DENIED);
        cr_assert_not_null(strstr(fixture.err.message, cases[i].act), "%s", fixture.err.message);
        cr_assert_eq(object_count(fixture.inner, ""), 0, "what was written is removed");
    }
}

Test(store_probe, refuses_a_store_that_does_not_keep_or_show_what_was_written)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.list = list_nothing;
    cr_assert_eq(probe(&fixture, ops), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(fixture.err.message, "lists"), "%s", fixture.err.message);
    ops = honest;
    ops.get_range = get_range_of_zeros;
    cr_assert_eq(probe(&fixture, ops), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(fixture.err.message, "come back"), "%s", fixture.err.message);
    ops = honest;
    ops.put = put_only_one;
    cr_assert_eq(probe(&fixture, ops), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(fixture.err.message, "told that it lost"), "%s", fixture.err.message);
    cr_assert_eq(object_count(fixture.inner, ""), 0);
}

Test(store_probe, reports_a_store_that_fails_under_load)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_ops ops = honest;

    fixture_init(&fixture);
    ops.put = put_unavailable_when_busy;
    cr_assert_eq(probe(&fixture, ops), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(fixture.err.message, "16 threads"), "%s", fixture.err.message);
}
