#include "verify_data.h"

#include "fixture_snapshot.h"
#include "manifest_fetch.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

static struct fixture fixture;
static struct sealift_error err;
static struct locator locator;

static void
set_up(void)
{
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(verify_data, .init = set_up, .fini = tear_down);

static void
upload(struct manifest *ret_manifest)
{
    struct upload_outcome outcome;

    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(manifest_fetch(fixture.store, &locator, ret_manifest, &err), SEALIFT_OK, "%s", err.message);
}

static enum sealift_status
verify(const struct manifest *manifest, size_t memory_of_files)
{
    struct reading_request request = {.manifest = manifest, .fs_key = fixture.fs_key};
    struct reading_outcome outcome;

    cr_assert_eq(budget_plan(&(struct budget_wish){BUDGET_LEAST, 2, 2, 0}, &request.budget, &err), SEALIFT_OK);
    request.budget.chunk_table = memory_of_files;
    return verify_data(&fixture.world, fixture.store, fixture.progress, &request, &outcome, &err);
}

/* Files wait for each other when they take too much memory together, and never for ever. */
Test(verify_data, goes_on_in_little_memory, .timeout = 60)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    char below[64], value[3000] = "";

    for (int i = 0; i < 300; i++) {
        snprintf(below, sizeof(below), "a/%d", i);
        fixture_write_text(&fixture, below, below);
        cr_assert_eq(setxattr(fixture_path(&fixture, below), "user.note", value, sizeof(value), 0), 0);
    }
    upload(&manifest);
    cr_assert_eq(verify(&manifest, 10000), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(verify(&manifest, 1), SEALIFT_OK, "%s", err.message);
}

Test(verify_data, compares_the_totals)
{
    SCOPED(manifest_done) struct manifest manifest = {0};

    fixture_write_text(&fixture, "a/file", "text");
    upload(&manifest);
    cr_assert_eq(verify(&manifest, 1 << 20), SEALIFT_OK, "%s", err.message);
    manifest.totals.size++;
    cr_assert_eq(verify(&manifest, 1 << 20), SEALIFT_CORRUPT);
    manifest.totals.size--;
    manifest.totals.files++;
    cr_assert_eq(verify(&manifest, 1 << 20), SEALIFT_CORRUPT);
}

/* One part is what this version writes; more must be refused, not read by halves. */
Test(verify_data, says_that_a_tree_of_several_parts_is_of_a_later_version)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    struct tree_root *parts;

    upload(&manifest);
    parts = reallocarray(manifest.parts, 2, sizeof(*parts));
    cr_assert_not_null(parts);
    parts[1] = parts[0];
    manifest.parts = parts;
    manifest.part_count = 2;
    cr_assert_eq(verify(&manifest, 1 << 20), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "2 parts"), "%s", err.message);
}
