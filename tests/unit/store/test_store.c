/* The contract of store.h, kept by every store that needs no server: one body, all kinds. */
#include "store.h"

#include "digest.h"
#include "error.h"
#include "scoped.h"
#include "scratch_folder.h"
#include "store_directory.h"
#include "store_faulty.h"
#include "store_memory.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { MEMORY, DIRECTORY };

/* Each test below runs once for each kind. */
#define KINDS_OF(suite, test)                                                                                          \
    ParameterizedTestParameters(suite, test)                                                                           \
    {                                                                                                                  \
        static enum kind kinds[] = {MEMORY, DIRECTORY};                                                                \
                                                                                                                       \
        return cr_make_param_array(enum kind, kinds, 2);                                                               \
    }                                                                                                                  \
    ParameterizedTest(enum kind *kind, suite, test)

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

struct fixture {
    struct scratch_folder scratch;
    struct store *store;
    struct sealift_error err;
};

static void
fixture_init(struct fixture *fixture, enum kind kind)
{
    enum sealift_status status;

    scratch_folder_make(&fixture->scratch);
    if (kind == MEMORY)
        status = store_memory_new(&fixture->store, &fixture->err);
    else
        status = store_directory_open(&world, fixture->scratch.path, false, &fixture->store, &fixture->err);
    cr_assert_eq(status, SEALIFT_OK, "%s", fixture->err.message);
}

static void
fixture_done(struct fixture *fixture)
{
    store_free(&fixture->store);
    scratch_folder_done(&fixture->scratch);
}

static void
put(struct fixture *fixture, const char *name, const char *text)
{
    cr_assert_eq(store_put_small(fixture->store, name, bytes_of_text(text), &fixture->err), SEALIFT_OK, "%s",
                 fixture->err.message);
}

static void
expect_contents(struct fixture *fixture, const char *name, const char *text)
{
    SCOPED(buf_done) struct buf got = {0};

    cr_assert_eq(store_get(fixture->store, name, 4096, &got, &fixture->err), SEALIFT_OK, "%s", fixture->err.message);
    cr_assert(bytes_equal(buf_bytes(&got), bytes_of_text(text)));
}

KINDS_OF(store, gives_back_what_was_put)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf got = {0};
    struct store_head head;
    uint8_t part[4];

    fixture_init(&fixture, *kind);
    put(&fixture, "fs/1/data", "0123456789");
    cr_assert_eq(buf_append_text(&got, "before ", &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_get(fixture.store, "fs/1/data", 10, &got, &fixture.err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&got), bytes_of_text("before 0123456789")));
    cr_assert_eq(store_get_range(fixture.store, "fs/1/data", 6, 4, part, &fixture.err), SEALIFT_OK);
    cr_assert_arr_eq(part, "6789", 4);
    cr_assert_eq(store_head(fixture.store, "fs/1/data", &head, &fixture.err), SEALIFT_OK);
    cr_assert_eq(head.size, 10);
    cr_assert_lt(llabs(head.modified_ns - clock_system.wall_ns(&clock_system)), 60 * NS_PER_S);
}

KINDS_OF(store, keeps_an_empty_object)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_head head;

    fixture_init(&fixture, *kind);
    put(&fixture, "empty", "");
    put(&fixture, "empty", "");
    expect_contents(&fixture, "empty", "");
    cr_assert_eq(store_get_range(fixture.store, "empty", 0, 0, NULL, &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_head(fixture.store, "empty", &head, &fixture.err), SEALIFT_OK);
    cr_assert_eq(head.size, 0);
}

KINDS_OF(store, takes_the_same_object_twice)
{
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, *kind);
    put(&fixture, "a/b", "same");
    put(&fixture, "a/b", "same");
    expect_contents(&fixture, "a/b", "same");
}

KINDS_OF(store, refuses_other_contents_under_a_taken_name)
{
    static const char *const others[] = {"fIrst", "first and longer", "f", ""};
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, *kind);
    put(&fixture, "a/b", "first");
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(store_put_small(fixture.store, "a/b", bytes_of_text(others[i]), &fixture.err), SEALIFT_CONFLICT);
        cr_assert_neq(strstr(fixture.err.message, "a/b"), NULL, "names the object: %s", fixture.err.message);
        expect_contents(&fixture, "a/b", "first");
    }
}

KINDS_OF(store, replaces_an_object_when_told_to)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct bytes second = bytes_of_text("second");
    uint8_t digest[SHA256_SIZE];

    fixture_init(&fixture, *kind);
    put(&fixture, "a/b", "first");
    cr_assert_eq(sha256(second, digest, &fixture.err), SEALIFT_OK);
    cr_assert_eq(fixture.store->ops->put(fixture.store, "a/b", second, digest, false, &fixture.err), SEALIFT_OK);
    expect_contents(&fixture, "a/b", "second");
}

KINDS_OF(store, stores_nothing_when_the_checksum_is_wrong)
{
    SCOPED(fixture_done) struct fixture fixture;
    uint8_t wrong[SHA256_SIZE] = {1};
    struct store_head head;

    fixture_init(&fixture, *kind);
    cr_assert_eq(store_put(fixture.store, "a/b", bytes_of_text("x"), wrong, &fixture.err), SEALIFT_CORRUPT);
    cr_assert_eq(store_head(fixture.store, "a/b", &head, &fixture.err), SEALIFT_NOT_FOUND);
}

KINDS_OF(store, says_what_is_not_there)
{
    static const char *const missing[] = {"nothing", "fs", "fs/1", "fs/1/data/below", "fs/nothing/at/all"};
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf got = {0};
    struct store_head head;
    uint8_t byte;

    fixture_init(&fixture, *kind);
    put(&fixture, "fs/1/data", "x");
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(store_get(fixture.store, missing[i], 9, &got, &fixture.err), SEALIFT_NOT_FOUND);
        cr_assert_neq(strstr(fixture.err.message, missing[i]), NULL, "names the object: %s", fixture.err.message);
        cr_assert_eq(store_head(fixture.store, missing[i], &head, &fixture.err), SEALIFT_NOT_FOUND);
        cr_assert_eq(store_get_range(fixture.store, missing[i], 0, 1, &byte, &fixture.err), SEALIFT_NOT_FOUND);
    }
}

KINDS_OF(store, calls_an_object_that_ends_too_early_corrupt)
{
    SCOPED(fixture_done) struct fixture fixture;
    uint8_t out[16];

    fixture_init(&fixture, *kind);
    put(&fixture, "short", "12345");
    cr_assert_eq(store_get_range(fixture.store, "short", 3, 3, out, &fixture.err), SEALIFT_CORRUPT);
    cr_assert_eq(store_get_range(fixture.store, "short", 6, 1, out, &fixture.err), SEALIFT_CORRUPT);
    cr_assert_eq(store_get_range(fixture.store, "short", UINT64_MAX, 2, out, &fixture.err), SEALIFT_CORRUPT);
    cr_assert_eq(store_get_range(fixture.store, "short", 3, 2, out, &fixture.err), SEALIFT_OK);
}

KINDS_OF(store, calls_an_object_that_is_too_large_corrupt)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf got = {0};

    fixture_init(&fixture, *kind);
    put(&fixture, "large", "12345");
    cr_assert_eq(store_get(fixture.store, "large", 4, &got, &fixture.err), SEALIFT_CORRUPT);
    cr_assert_eq(got.len, 0);
}

KINDS_OF(store, deletes_and_does_not_mind_what_is_gone)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct store_head head;

    fixture_init(&fixture, *kind);
    put(&fixture, "a/b/c", "x");
    put(&fixture, "a/d", "y");
    cr_assert_eq(store_delete(fixture.store, "a/b/c", &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_delete(fixture.store, "a/b/c", &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_delete(fixture.store, "a", &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_delete(fixture.store, "a/d/e", &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_head(fixture.store, "a/b/c", &head, &fixture.err), SEALIFT_NOT_FOUND);
    expect_contents(&fixture, "a/d", "y");
    put(&fixture, "a/b/c", "again");
}

KINDS_OF(store, refuses_names_that_no_object_can_have)
{
    static const char *const bad[] = {"",     "/a",   "a/",  "a//b",     "..",     "../a", "a/../b",
                                      "a/..", ".",    "./a", ".tmp",     ".tmp/a", "a/.b", "a b",
                                      "a\nb", "a\\b", "a*",  "\xc3\xa4", "a%2f",   "a:b",  "a/b/../"};
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(buf_done) struct buf got = {0};
    char longest[STORE_NAME_MAX + 1];
    struct store_head head;

    fixture_init(&fixture, *kind);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(store_put_small(fixture.store, bad[i], bytes_of_text("x"), &fixture.err), SEALIFT_INVALID, "%s",
                     bad[i]);
        cr_assert_eq(store_get(fixture.store, bad[i], 9, &got, &fixture.err), SEALIFT_INVALID);
        cr_assert_eq(store_head(fixture.store, bad[i], &head, &fixture.err), SEALIFT_INVALID);
        cr_assert_eq(store_delete(fixture.store, bad[i], &fixture.err), SEALIFT_INVALID);
    }
    memset(longest, 'a', sizeof(longest));
    longest[STORE_NAME_MAX] = '\0';
    cr_assert_eq(store_put_small(fixture.store, longest, bytes_of_text("x"), &fixture.err), SEALIFT_INVALID);
    longest[STORE_NAME_MAX - 1] = '\0';
    put(&fixture, longest, "x");
    expect_contents(&fixture, longest, "x");
}

/* --- listing: against a model, which is a sorted array --- */

#define MODEL_MAX 512

struct model {
    char names[MODEL_MAX][32];
    size_t count;
};

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

struct check {
    const struct model *model;
    const char *prefix;
    const char *after;
    size_t next;
};

static bool
belongs(const struct check *check, const char *name)
{
    return strncmp(name, check->prefix, strlen(check->prefix)) == 0 &&
           (check->after == NULL || strcmp(name, check->after) > 0);
}

static void
skip_to_next(struct check *check)
{
    while (check->next < check->model->count && !belongs(check, check->model->names[check->next]))
        check->next++;
}

static enum sealift_status
expect_next(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct check *check = context;

    (void)err;
    skip_to_next(check);
    cr_assert_lt(check->next, check->model->count, "prefix \"%s\": \"%s\" does not belong", check->prefix,
                 object->name);
    cr_assert_str_eq(object->name, check->model->names[check->next], "prefix \"%s\", after \"%s\"", check->prefix,
                     check->after);
    cr_assert_eq(object->size, strlen(object->name));
    check->next++;
    return SEALIFT_OK;
}

static void
expect_listing(struct fixture *fixture, const struct model *model, const char *prefix, const char *after)
{
    struct check check = {model, prefix, after, 0};

    cr_assert_eq(store_list(fixture->store, prefix, after, expect_next, &check, &fixture->err), SEALIFT_OK, "%s",
                 fixture->err.message);
    skip_to_next(&check);
    cr_assert_eq(check.next, model->count, "prefix \"%s\": \"%s\" is missing", prefix, model->names[check.next]);
}

static void
put_model(struct fixture *fixture, struct model *model)
{
    qsort(model->names, model->count, sizeof(model->names[0]), compare_names);
    for (size_t i = 0; i < model->count; i++)
        put(fixture, model->names[i], model->names[i]);
}

KINDS_OF(store, lists_in_the_byte_order_of_whole_names)
{
    static struct model model = {
        .names = {"a-b", "a.c", "a/b/c", "a/b-c", "a/b.d", "a/b0", "a0", "ab", "a/Z", "a/_", "A/a", "a-/x", "z"},
        .count = 13,
    };
    static const char *const prefixes[] = {"", "a", "a/", "a-", "a/b", "a/b/", "a/b/c", "a/b/c/", "b", "z", "zz/y"};
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, *kind);
    put_model(&fixture, &model);
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        expect_listing(&fixture, &model, prefixes[i], NULL);
        for (size_t j = 0; j < model.count; j++)
            expect_listing(&fixture, &model, prefixes[i], model.names[j]);
        for (size_t j = 0; j < sizeof(prefixes) / sizeof(prefixes[0]); j++)
            expect_listing(&fixture, &model, prefixes[i], prefixes[j]);
        expect_listing(&fixture, &model, prefixes[i], "a/b/\xff");
        expect_listing(&fixture, &model, prefixes[i], "\xff");
    }
}

/* One of the few letters that sit around the slash, so that order is decided where it is hard. */
static void
draw_name(unsigned *seed, char out[32])
{
    static const char letters[] = "a-.0_";
    unsigned parts = 1 + (unsigned)rand_r(seed) % 4;
    size_t len = 0;

    for (unsigned part = 0; part < parts; part++) {
        unsigned more = (unsigned)rand_r(seed) % 3;

        if (part > 0)
            out[len++] = '/';
        out[len++] = "a-0_"[(unsigned)rand_r(seed) % 4];
        while (more-- > 0)
            out[len++] = letters[(unsigned)rand_r(seed) % 5];
    }
    out[len] = '\0';
}

/* No object's name may be a folder of another's: a directory cannot have both. */
static bool
fits(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->count; i++) {
        const char *other = model->names[i];
        size_t shorter = strlen(name) < strlen(other) ? strlen(name) : strlen(other);

        if (strncmp(name, other, shorter) == 0 &&
            (strlen(name) == strlen(other) || name[shorter] == '/' || other[shorter] == '/'))
            return false;
    }
    return true;
}

KINDS_OF(store, lists_any_set_of_names_as_the_model_does)
{
    static struct model model;
    SCOPED(fixture_done) struct fixture fixture;
    unsigned seed = 5;

    fixture_init(&fixture, *kind);
    while (model.count < 200) {
        draw_name(&seed, model.names[model.count]);
        if (fits(&model, model.names[model.count]))
            model.count++;
    }
    put_model(&fixture, &model);
    for (unsigned i = 0; i < 1000; i++) {
        char prefix[32];
        char after[32];

        draw_name(&seed, prefix);
        draw_name(&seed, after);
        prefix[(unsigned)rand_r(&seed) % (strlen(prefix) + 1)] = '\0';
        expect_listing(&fixture, &model, prefix, i % 3 == 0 ? NULL : after);
    }
}

static enum sealift_status
stop_at_second(void *context, const struct store_object *object, struct sealift_error *err)
{
    unsigned *count = context;

    if (++*count < 2)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_DENIED, "no more after %s", object->name);
}

KINDS_OF(store, stops_a_listing_when_told_and_hands_the_reason_on)
{
    SCOPED(fixture_done) struct fixture fixture;
    unsigned count = 0;

    fixture_init(&fixture, *kind);
    put(&fixture, "a/1", "x");
    put(&fixture, "a/2", "x");
    put(&fixture, "a/3", "x");
    cr_assert_eq(store_list(fixture.store, "a/", NULL, stop_at_second, &count, &fixture.err), SEALIFT_DENIED);
    cr_assert_str_eq(fixture.err.message, "no more after a/2");
    cr_assert_eq(count, 2);
}

static enum sealift_status
delete_shown(void *context, const struct store_object *object, struct sealift_error *err)
{
    return store_delete(context, object->name, err);
}

KINDS_OF(store, may_be_used_while_it_lists)
{
    static const struct model nothing;
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, *kind);
    put(&fixture, "a/1", "x");
    put(&fixture, "a/b/2", "x");
    put(&fixture, "c", "x");
    cr_assert_eq(store_list(fixture.store, "", NULL, delete_shown, fixture.store, &fixture.err), SEALIFT_OK);
    expect_listing(&fixture, &nothing, "", NULL);
}

KINDS_OF(store, refuses_prefixes_that_no_name_begins_with)
{
    static const struct model nothing;
    static const char *const bad[] = {"/", "a//", "../", "a/../", ".tmp/", "a b", "a/."};
    struct check check = {&nothing, "", NULL, 0};
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, *kind);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_eq(store_list(fixture.store, bad[i], NULL, expect_next, &check, &fixture.err), SEALIFT_INVALID);
}

struct folders {
    char text[256];
    unsigned stop_after;
};

static enum sealift_status
join_folder(void *context, const char *folder, struct sealift_error *err)
{
    struct folders *folders = context;

    strncat(folders->text, folder, sizeof(folders->text) - strlen(folders->text) - 1);
    strncat(folders->text, " ", sizeof(folders->text) - strlen(folders->text) - 1);
    if (folders->stop_after > 0 && --folders->stop_after == 0)
        return error_set(err, SEALIFT_CANCELLED, "enough");
    return SEALIFT_OK;
}

KINDS_OF(store, lists_each_folder_once)
{
    static const char *const names[] = {"fs/a/1",   "fs/a/2/3", "fs/a-b/1", "fs/a.b/c/d", "fs/a0/1",
                                        "fs/a0-/1", "fs/b",     "fs/c",     "fs/d/e/f/g", "gs/x/y"};
    struct folders folders = {.text = ""};
    SCOPED(fixture_done) struct fixture fixture;

    fixture_init(&fixture, *kind);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        put(&fixture, names[i], "x");
    cr_assert_eq(store_list_folders(fixture.store, "fs/", join_folder, &folders, &fixture.err), SEALIFT_OK, "%s",
                 fixture.err.message);
    cr_assert_str_eq(folders.text, "a-b a.b a a0- a0 d ");

    folders = (struct folders){.stop_after = 2};
    cr_assert_eq(store_list_folders(fixture.store, "fs/", join_folder, &folders, &fixture.err), SEALIFT_CANCELLED);
    cr_assert_str_eq(folders.text, "a-b a.b ");
    cr_assert_str_eq(fixture.err.message, "enough");

    folders = (struct folders){0};
    cr_assert_eq(store_list_folders(fixture.store, "nothing/", join_folder, &folders, &fixture.err), SEALIFT_OK);
    cr_assert_str_eq(folders.text, "");
}

/* --- what only the wrappers do --- */

static enum sealift_status
list_badly(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
           struct sealift_error *err)
{
    struct store_object object = {.name = "with space"};

    (void)store;
    (void)prefix;
    (void)after;
    TRY(each(context, &object, err));
    strcpy(object.name, "b");
    TRY(each(context, &object, err));
    strcpy(object.name, "a");
    return each(context, &object, err);
}

static enum sealift_status
count_object(void *context, const struct store_object *object, struct sealift_error *err)
{
    (void)object;
    (void)err;
    ++*(unsigned *)context;
    return SEALIFT_OK;
}

Test(store, passes_over_foreign_names_and_calls_a_listing_out_of_order_corrupt)
{
    static const struct store_ops ops = {.type = "test", .list = list_badly};
    struct store store = {.ops = &ops, .url = "test:"};
    struct sealift_error err;
    unsigned count = 0;

    cr_assert_eq(store_list(&store, "", NULL, count_object, &count, &err), SEALIFT_CORRUPT);
    cr_assert_eq(count, 1);
}

/* Somebody, or something, alters the object between the PUT and the GET. */
static enum sealift_status
alter(void *inner, enum store_operation operation, const char *name, bool *after, struct sealift_error *err)
{
    (void)after;
    if (operation != STORE_GET)
        return SEALIFT_OK;
    return store_memory_overwrite(inner, name, bytes_of_text("something else"), err);
}

Test(store, proves_by_reading_back_what_all_hangs_on)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(store_free) struct store *altering = NULL;

    fixture_init(&fixture, MEMORY);
    cr_assert_eq(store_put_proven(fixture.store, "a", bytes_of_text("text"), &fixture.err), SEALIFT_OK, "%s",
                 fixture.err.message);
    expect_contents(&fixture, "a", "text");
    cr_assert_eq(store_faulty_new(fixture.store, alter, fixture.store, &altering, &fixture.err), SEALIFT_OK);
    cr_assert_eq(store_put_proven(altering, "b", bytes_of_text("text"), &fixture.err), SEALIFT_CORRUPT);
}
