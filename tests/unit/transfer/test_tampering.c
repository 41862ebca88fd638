/* Whoever can write the bucket, but has no rights with the KMS, cannot make us write wrong data: every byte of every
 * object is turned over. */
#include "fixture_snapshot.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object {
    char name[STORE_NAME_MAX];
    struct buf bytes;
};

struct objects {
    struct object items[64];
    size_t count;
};

static enum sealift_status
keep(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct objects *objects = context;

    (void)err;
    cr_assert_lt(objects->count, 64u);
    snprintf(objects->items[objects->count++].name, STORE_NAME_MAX, "%s", object->name);
    return SEALIFT_OK;
}

static void
load(struct store *store, const char *prefix, struct objects *objects)
{
    struct sealift_error err;

    *objects = (struct objects){0};
    cr_assert_eq(store_list(store, prefix, NULL, keep, objects, &err), SEALIFT_OK);
    for (size_t i = 0; i < objects->count; i++)
        cr_assert_eq(store_get(store, objects->items[i].name, 1 << 24, &objects->items[i].bytes, &err), SEALIFT_OK);
}

static void
unload(struct objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        buf_done(&objects->items[i].bytes);
}

static void
restore(struct fixture *fixture, const struct object *object)
{
    struct sealift_error err;

    cr_assert_eq(store_memory_overwrite(fixture->store, object->name, buf_bytes(&object->bytes), &err), SEALIFT_OK);
}

static void
make_snapshot(struct fixture *fixture, const char *folder, struct locator *ret_locator)
{
    struct upload_outcome outcome;
    struct sealift_error err;
    char below[256];

    fixture_make_folder(fixture, folder);
    snprintf(below, sizeof(below), "%s/file", folder);
    fixture_write_text(fixture, below, "what the bucket must never learn, and never change: ");
    snprintf(below, sizeof(below), "%s/other", folder);
    fixture_write_text(fixture, below, folder);
    cr_assert_eq(fixture_upload(fixture, fixture->store, folder, ret_locator, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
}

/* The tampered store must give an error, or exactly what was stored. Segments and logs, which are hashed, must moreover
 * fail the keyless verification. */
static void
expect_refused_or_right(struct fixture *fixture, const struct locator *locator, uint64_t right, const char *what)
{
    struct sealift_error err;
    uint64_t digest;

    if (fixture_read(fixture, fixture->store, locator, &digest, &err) == SEALIFT_OK)
        cr_assert_eq(digest, right, "%s: wrong data was read", what);
    else
        cr_assert_gt(strlen(err.message), 0u);
}

static bool
is_hashed(const char *name)
{
    return strstr(name, "/data/") != NULL || strstr(name, "/tree/") != NULL || strstr(name, "/logs/") != NULL;
}

static void
expect_keyless_refusal(struct fixture *fixture, const struct locator *locator, const char *name)
{
    struct sealift_error err;

    cr_assert_neq(fixture_verify_objects(fixture, fixture->store, locator, &err), SEALIFT_OK, "%s", name);
}

Test(tampering, of_any_byte_is_refused_or_does_not_matter)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct objects objects;
    struct locator locator;
    struct sealift_error err;
    uint64_t right, digest;
    size_t flips = 0;

    fixture_init(&fixture);
    make_snapshot(&fixture, "a", &locator);
    cr_assert_eq(fixture_read(&fixture, fixture.store, &locator, &right, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(fixture_verify_objects(&fixture, fixture.store, &locator, &err), SEALIFT_OK, "%s", err.message);
    load(fixture.store, "fs/", &objects);
    cr_assert_geq(objects.count, 5u); /* manifest, three records of the log, data, tree */
    for (size_t i = 0; i < objects.count; i++) {
        struct object *object = &objects.items[i];

        for (size_t at = 0; at < object->bytes.len; at++, flips++) {
            object->bytes.data[at] ^= (uint8_t)(1u << at % 8);
            restore(&fixture, object);
            expect_refused_or_right(&fixture, &locator, right, object->name);
            if (is_hashed(object->name))
                expect_keyless_refusal(&fixture, &locator, object->name);
            object->bytes.data[at] ^= (uint8_t)(1u << at % 8);
        }
        restore(&fixture, object);
    }
    cr_assert_gt(flips, 3000u, "%zu", flips);
    cr_assert_eq(fixture_read(&fixture, fixture.store, &locator, &digest, &err), SEALIFT_OK, "%s", err.message);
    unload(&objects);
}

Test(tampering, by_truncation_is_refused)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct objects objects;
    struct locator locator;
    struct sealift_error err;
    uint64_t right;

    fixture_init(&fixture);
    make_snapshot(&fixture, "a", &locator);
    cr_assert_eq(fixture_read(&fixture, fixture.store, &locator, &right, &err), SEALIFT_OK);
    load(fixture.store, "fs/", &objects);
    for (size_t i = 0; i < objects.count; i++) {
        struct object *object = &objects.items[i];
        size_t whole = object->bytes.len;

        for (size_t len = 0; len < whole; len += 1 + whole / 64) {
            object->bytes.len = len;
            restore(&fixture, object);
            expect_refused_or_right(&fixture, &locator, right, object->name);
            if (is_hashed(object->name))
                expect_keyless_refusal(&fixture, &locator, object->name);
        }
        object->bytes.len = whole;
        restore(&fixture, object);
    }
    unload(&objects);
}

/* Each object of one snapshot in the place of each of another's, and of its own neighbours. */
Test(tampering, by_swapping_objects_is_refused)
{
    SCOPED(fixture_done) struct fixture fixture;
    struct objects objects;
    struct locator first, second;
    struct sealift_error err;
    uint64_t right;

    fixture_init(&fixture);
    make_snapshot(&fixture, "a", &first);
    make_snapshot(&fixture, "b", &second);
    cr_assert_eq(fixture_read(&fixture, fixture.store, &first, &right, &err), SEALIFT_OK);
    load(fixture.store, "fs/", &objects);
    for (size_t i = 0; i < objects.count; i++) {
        for (size_t j = 0; j < objects.count; j++) {
            if (i == j)
                continue;
            cr_assert_eq(
                store_memory_overwrite(fixture.store, objects.items[i].name, buf_bytes(&objects.items[j].bytes), &err),
                SEALIFT_OK);
            expect_refused_or_right(&fixture, &first, right, objects.items[i].name);
        }
        restore(&fixture, &objects.items[i]);
    }
    unload(&objects);
}

/* Another filesystem, with a key of its own under the same KMS: its objects under our names. */
Test(tampering, with_another_filesystems_objects_is_refused)
{
    SCOPED(fixture_done) struct fixture fixture;
    SCOPED(fixture_done) struct fixture other;
    struct objects ours, theirs;
    struct locator locator, unused;
    struct sealift_error err;
    uint64_t right;

    fixture_init(&fixture);
    fixture_init(&other);
    make_snapshot(&fixture, "a", &locator);
    make_snapshot(&other, "a", &unused);
    cr_assert_eq(fixture_read(&fixture, fixture.store, &locator, &right, &err), SEALIFT_OK);
    load(fixture.store, "fs/", &ours);
    load(other.store, "fs/", &theirs);
    cr_assert_eq(ours.count, theirs.count);
    for (size_t i = 0; i < ours.count; i++) {
        cr_assert_eq(store_memory_overwrite(fixture.store, ours.items[i].name, buf_bytes(&theirs.items[i].bytes), &err),
                     SEALIFT_OK);
        expect_refused_or_right(&fixture, &locator, right, ours.items[i].name);
        restore(&fixture, &ours.items[i]);
    }
    unload(&ours);
    unload(&theirs);
}
