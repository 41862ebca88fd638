/* Which uploads nothing uses, by what the logs say. */
#include "unused.h"

#include "error.h"
#include "fixture_snapshot.h"
#include "log_reader.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define DAY_NS (24 * 3600 * NS_PER_S)

static struct fixture fixture;
static struct sealift_error err, problem;
static const uint8_t *asked; /* the FS key of which it is asked */
static bool key_is_used;

/* The store's clock, which is ours, goes ahead. */
static int64_t ahead_ns;
static int64_t
wall_ns(struct clock *clock)
{
    (void)clock;
    return clock_system.wall_ns(&clock_system) + ahead_ns;
}

static void
set_up(void)
{
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "tree");
    fixture_write_text(&fixture, "tree/a", "hello");
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(unused, .init = set_up, .fini = tear_down);

static struct locator
upload(void)
{
    struct upload_outcome outcome;
    struct locator locator;

    cr_assert_eq(fixture_upload(&fixture, fixture.store, "tree", &locator, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    return locator;
}

static void
remove_manifest(const struct locator *locator)
{
    char name[NAME_SIZE];

    name_of_manifest(&locator->fs, &locator->snapshot, name);
    cr_assert_eq(store_delete(fixture.store, name, &err), SEALIFT_OK);
}

static void
put(const char *name, const char *text)
{
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text(text), &err), SEALIFT_OK, "%s", err.message);
}

struct found {
    struct unused_upload uploads[8];
    size_t count;
};

static enum sealift_status
note(void *context, const struct unused_upload *found_upload, struct sealift_error *note_err)
{
    struct found *found = context;

    (void)note_err;
    cr_assert_lt(found->count, 8);
    found->uploads[found->count++] = *found_upload;
    return SEALIFT_OK;
}

static enum sealift_status
try_list(struct store *store, const struct uuid *removed, struct found *found)
{
    const struct unused_request request = {.fs = fixture.fs, .connections = 3, .removed = removed, .key_check = asked};
    struct unused_answer answer = {0};
    enum sealift_status status;
    struct clock clock = clock_system;
    struct world world = fixture.world;

    clock.wall_ns = wall_ns;
    world.clock = &clock;
    *found = (struct found){0};
    status = unused_list(&world, store, &request, note, found, &answer, &err);
    problem = answer.problem;
    key_is_used = answer.key_is_used;
    return status;
}

static void
list(const struct uuid *removed, struct found *found)
{
    cr_assert_eq(try_list(fixture.store, removed, found), SEALIFT_OK, "%s", err.message);
}

Test(unused, is_nothing_while_each_upload_has_its_manifest)
{
    struct found found;

    upload();
    upload();
    list(NULL, &found);
    cr_assert_eq(found.count, 0);
    cr_assert_eq(problem.status, SEALIFT_OK);
}

static enum sealift_status
sum_up(void *context, const struct store_object *object, struct sealift_error *sum_err)
{
    struct unused_upload *sum = context;

    (void)sum_err;
    sum->objects++;
    sum->bytes += object->size;
    return SEALIFT_OK;
}

static void
sum_folder(const char *prefix, struct unused_upload *sum)
{
    cr_assert_eq(store_list(fixture.store, prefix, NULL, sum_up, sum, &err), SEALIFT_OK);
}

Test(unused, is_what_a_removed_snapshot_leaves_log_tree_and_data)
{
    struct unused_upload sum = {0};
    struct locator first = upload();
    char prefix[NAME_SIZE];
    struct found found;

    upload();
    name_of_log(&first.fs, &first.snapshot, prefix);
    sum_folder(prefix, &sum);
    name_of_segments(&first.fs, &first.snapshot, SEGMENT_TREE, prefix);
    sum_folder(prefix, &sum);
    name_of_segments(&first.fs, &first.snapshot, SEGMENT_DATA, prefix);
    sum_folder(prefix, &sum);
    cr_assert_geq(sum.objects, 5);

    remove_manifest(&first);
    list(&first.snapshot, &found);
    cr_assert_eq(found.count, 1);
    cr_assert(uuid_equal(&found.uploads[0].upload, &first.snapshot));
    cr_assert_eq(found.uploads[0].state, UNUSED_FREE);
    cr_assert_eq(found.uploads[0].objects, sum.objects);
    cr_assert_eq(found.uploads[0].bytes, sum.bytes);
}

Test(unused, is_not_what_may_be_under_way)
{
    struct locator cut_off = upload();
    struct found found;

    remove_manifest(&cut_off);
    ahead_ns = 6 * DAY_NS;
    list(NULL, &found);
    cr_assert_eq(found.count, 1);
    cr_assert_eq(found.uploads[0].state, UNUSED_UNDER_WAY);
    cr_assert_gt(found.uploads[0].newest_ns, 0);
    ahead_ns = 8 * DAY_NS;
    list(NULL, &found);
    cr_assert_eq(found.uploads[0].state, UNUSED_FREE);
}

Test(unused, is_what_has_lost_its_log)
{
    struct uuid stray = uuid_v7(&fixture.world);
    char name[NAME_SIZE];
    struct found found;

    name_of_segment(&fixture.fs, &stray, SEGMENT_DATA, 0, name);
    put(name, "stray");
    list(NULL, &found);
    cr_assert_eq(found.count, 1);
    cr_assert_eq(found.uploads[0].state, UNUSED_FREE);
    cr_assert_eq(found.uploads[0].objects, 1);
    cr_assert_eq(found.uploads[0].bytes, strlen("stray"));
}

Test(unused, is_listed_in_the_order_of_time_whatever_was_left)
{
    const struct uuid strays[3] = {{{1}}, {{2}}, {{3}}};
    char name[NAME_SIZE];
    struct found found;

    name_of_log_record(&fixture.fs, &strays[1], 0, name);
    put(name, "log");
    name_of_segment(&fixture.fs, &strays[2], SEGMENT_TREE, 0, name);
    put(name, "tree");
    name_of_segment(&fixture.fs, &strays[0], SEGMENT_DATA, 0, name);
    put(name, "data");
    name_of_segment(&fixture.fs, &strays[1], SEGMENT_DATA, 0, name);
    put(name, "data");
    list(NULL, &found);
    cr_assert_eq(found.count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_assert(uuid_equal(&found.uploads[i].upload, &strays[i]));
    cr_assert_eq(found.uploads[1].objects, 2);
}

Test(unused, is_looked_for_behind_a_large_upload_that_is_used)
{
    struct locator large = upload();
    struct uuid stray = uuid_v7(&fixture.world);
    char name[NAME_SIZE];
    struct found found;

    for (uint32_t number = 1; number < 2500; number++) {
        name_of_segment(&fixture.fs, &large.snapshot, SEGMENT_DATA, number, name);
        put(name, "x");
    }
    name_of_segment(&fixture.fs, &stray, SEGMENT_DATA, 0, name);
    put(name, "stray");
    list(NULL, &found);
    cr_assert_eq(found.count, 1);
    cr_assert(uuid_equal(&found.uploads[0].upload, &stray));
}

/* A snapshot that uses two logs, as an incremental one will: its closing record names the other upload, too. */
static void
let_use(const struct locator *child, const struct uuid *parent)
{
    SCOPED(log_record_done) struct log_record closing = {0};
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(buf_done) struct buf text = {0}, rebuilt = {0};
    struct log_usage *usages;
    char name[NAME_SIZE];

    cr_assert_eq(manifest_fetch(fixture.store, child, &manifest, &err), SEALIFT_OK);
    cr_assert_eq(log_read_closing(fixture.store, &manifest, &closing, &err), SEALIFT_OK);
    usages = calloc(closing.usage_count + 1, sizeof(*usages));
    memcpy(usages, closing.usages, closing.usage_count * sizeof(*usages));
    usages[closing.usage_count].upload = *parent;
    usages[closing.usage_count].record_sha256 = calloc(1, SHA256_SIZE);
    usages[closing.usage_count].record_count = 1;
    free(closing.usages);
    closing.usages = usages;
    closing.usage_count++;
    cr_assert_eq(log_record_build(&closing, &text, &err), SEALIFT_OK, "%s", err.message);
    name_of_log_record(&child->fs, &child->snapshot, closing.number, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);

    cr_assert_eq(sha256(buf_bytes(&text), manifest.closing_sha256, &err), SEALIFT_OK);
    buf_clear(&manifest.body);
    cr_assert_eq(manifest_build(&manifest, fixture.fs_key, &rebuilt, &err), SEALIFT_OK, "%s", err.message);
    name_of_manifest(&child->fs, &child->snapshot, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&rebuilt), &err), SEALIFT_OK);
}

Test(unused, is_not_what_another_snapshot_still_uses)
{
    struct locator parent = upload(), child = upload(), other = upload();
    struct found found;

    let_use(&child, &parent.snapshot);
    remove_manifest(&parent);
    remove_manifest(&other);
    ahead_ns = 8 * DAY_NS;
    list(&parent.snapshot, &found);
    cr_assert_eq(problem.status, SEALIFT_OK, "%s", problem.message);
    cr_assert_eq(found.count, 1);
    cr_assert(uuid_equal(&found.uploads[0].upload, &other.snapshot));
}

Test(unused, is_unknown_where_a_snapshot_cannot_be_read)
{
    struct locator gone = upload(), damaged = upload();
    char name[NAME_SIZE];
    struct found found;

    remove_manifest(&gone);
    name_of_manifest(&damaged.fs, &damaged.snapshot, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, bytes_of_text("no manifest"), &err), SEALIFT_OK);
    ahead_ns = 8 * DAY_NS;
    list(&gone.snapshot, &found);
    cr_assert_eq(found.count, 1);
    cr_assert_eq(found.uploads[0].state, UNUSED_UNKNOWN);
    cr_assert_not_null(strstr(problem.message, name), "%s", problem.message);
}

Test(unused, is_unknown_where_a_closing_record_is_gone)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    struct locator gone = upload(), damaged = upload();
    char name[NAME_SIZE];
    struct found found;

    remove_manifest(&gone);
    cr_assert_eq(manifest_fetch(fixture.store, &damaged, &manifest, &err), SEALIFT_OK);
    name_of_log_record(&damaged.fs, &damaged.snapshot, manifest.closing_record, name);
    cr_assert_eq(store_delete(fixture.store, name, &err), SEALIFT_OK);
    list(&gone.snapshot, &found);
    cr_assert_eq(found.uploads[0].state, UNUSED_UNKNOWN);
    cr_assert_eq(problem.status, SEALIFT_NOT_FOUND);
}

Test(unused, tells_whether_a_manifest_names_an_fs_key)
{
    static const uint8_t other[KEY_CHECK_SIZE] = {1};
    struct found found;
    struct locator locator = upload();

    asked = fixture.envelope.key_check;
    list(NULL, &found);
    cr_assert(key_is_used);
    asked = other;
    list(NULL, &found);
    cr_assert(!key_is_used);
    asked = fixture.envelope.key_check;
    remove_manifest(&locator);
    list(NULL, &found);
    cr_assert(!key_is_used);
}

static enum sealift_status
break_reading(void *context, enum store_operation operation, const char *name, bool *after,
              struct sealift_error *fault_err)
{
    const enum sealift_status *status = context;

    (void)name;
    (void)after;
    return operation == STORE_GET ? error_set(fault_err, *status, "no") : SEALIFT_OK;
}

Test(unused, is_not_guessed_while_the_store_is_away_or_we_fail)
{
    static enum sealift_status statuses[] = {SEALIFT_UNAVAILABLE, SEALIFT_INTERNAL};
    struct locator gone = upload();

    upload();
    remove_manifest(&gone);
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        SCOPED(store_free) struct store *faulty = NULL;
        struct found found;

        cr_assert_eq(store_faulty_new(fixture.store, break_reading, &statuses[i], &faulty, &err), SEALIFT_OK);
        cr_assert_eq(try_list(faulty, NULL, &found), statuses[i]);
        cr_assert_eq(found.count, 0);
    }
}

Test(unused, has_words_for_its_states)
{
    cr_assert_str_eq(unused_state_name(UNUSED_FREE), "unused");
    cr_assert_str_eq(unused_state_name(UNUSED_UNDER_WAY), "under-way");
    cr_assert_str_eq(unused_state_name(UNUSED_UNKNOWN), "unknown");
}
