#include "scoped.h"
#include "uploaded_home.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(api_verify, .init = set_up, .fini = tear_down);

static struct sealift_verify_result
verify_with(struct sealift *sealift, struct sealift_verify_spec spec, enum sealift_status status, const char *word)
{
    struct sealift_verify_result result = {0};

    spec.transfer = fixture_listen(&fixture);
    fixture_expect(&fixture, sealift_snapshot_verify(sealift, &spec, &result, &fixture.err), status, word);
    return result;
}

static struct sealift_verify_result
verify(enum sealift_verify_kind kind, enum sealift_status status, const char *word)
{
    return verify_with(fixture.sealift, (struct sealift_verify_spec){.fs = "home", .snapshot = "monday", .kind = kind},
                       status, word);
}

Test(api_verify, of_each_kind_is_content_with_what_was_uploaded)
{
    struct sealift_verify_result result;

    result = verify(SEALIFT_VERIFY_KEYS, SEALIFT_OK, "");
    cr_assert_str_eq(result.locator, locator);
    cr_assert_eq(result.envelopes, 2u);
    result = verify(SEALIFT_VERIFY_OBJECTS, SEALIFT_OK, "");
    cr_assert_eq(result.objects, 6u); /* the manifest, three records, two segments */
    result = verify(SEALIFT_VERIFY_READ, SEALIFT_OK, "");
    cr_assert_eq(result.objects, 6u);
    cr_assert_gt(result.bytes, 500u);
    result = verify(SEALIFT_VERIFY_DATA, SEALIFT_OK, "");
    cr_assert_eq(result.entries, 2u);
    cr_assert_eq(result.chunks, 1u);
    cr_assert_eq(result.bytes, 4u);
}

Test(api_verify, takes_a_locator_where_nothing_is_known)
{
    const struct sealift_options options = {.home = fixture_path(&fixture, "stranger")};
    SCOPED(sealift_close) struct sealift *stranger = NULL;
    struct sealift_verify_spec spec = {
        .locator = locator, .obs.url = fixture_url(&fixture, "store"), .kind = SEALIFT_VERIFY_READ};

    cr_assert_eq(sealift_open(&options, &stranger, &fixture.err), SEALIFT_OK);
    verify_with(stranger, spec, SEALIFT_OK, "");
    spec.kind = SEALIFT_VERIFY_DATA;
    cr_assert_neq(sealift_snapshot_verify(stranger, &spec, &(struct sealift_verify_result){0}, &fixture.err),
                  SEALIFT_OK, "without the key");
}

Test(api_verify, knows_what_cannot_be_verified)
{
    struct sealift_verify_spec spec = {.fs = "home"};

    verify_with(fixture.sealift, spec, SEALIFT_INVALID, "snapshot");
    spec.snapshot = "tuesday";
    verify_with(fixture.sealift, spec, SEALIFT_NOT_FOUND, "tuesday");
    fixture_add_snapshot(&fixture, "home", "tuesday");
    verify_with(fixture.sealift, spec, SEALIFT_CONFLICT, "not uploaded");
    spec = (struct sealift_verify_spec){.locator = "nonsense", .obs.url = "dr"};
    verify_with(fixture.sealift, spec, SEALIFT_INVALID, "no locator");
    spec.locator = "01900000-0000-4000-8000-000000000000/01900000-0000-7000-8000-000000000000";
    verify_with(fixture.sealift, spec, SEALIFT_NOT_FOUND, "obs snapshots");
    spec = (struct sealift_verify_spec){.locator = locator, .obs = {.url = "dr", .region = "eu"}};
    verify_with(fixture.sealift, spec, SEALIFT_INVALID, "obs update");
    spec = (struct sealift_verify_spec){.locator = locator};
    verify_with(fixture.sealift, spec, SEALIFT_INVALID, "object store");
}

/* The path of the only segment of that kind. */
static const char *
segment_of(const char *kind)
{
    static char below[256];

    snprintf(below, sizeof(below), "store/fs/%.36s/%s/%s/00000000", locator, kind, locator + 37);
    return below;
}

Test(api_verify, names_an_object_that_is_gone)
{
    cr_assert_eq(unlink(fixture_path(&fixture, segment_of("data"))), 0);
    verify(SEALIFT_VERIFY_OBJECTS, SEALIFT_NOT_FOUND, "/data/");
    verify(SEALIFT_VERIFY_READ, SEALIFT_NOT_FOUND, "/data/");
    verify(SEALIFT_VERIFY_DATA, SEALIFT_NOT_FOUND, "/data/");
    verify(SEALIFT_VERIFY_KEYS, SEALIFT_OK, "");
}

Test(api_verify, names_every_object_that_is_wrong)
{
    cr_assert_eq(truncate(fixture_path(&fixture, segment_of("data")), 100), 0);
    cr_assert_eq(truncate(fixture_path(&fixture, segment_of("tree")), 100), 0);
    verify(SEALIFT_VERIFY_OBJECTS, SEALIFT_CORRUPT, "100 bytes");
    cr_assert_not_null(strstr(fixture.notices, "/data/"), "%s", fixture.notices);
    cr_assert_not_null(strstr(fixture.notices, "/tree/"), "%s", fixture.notices);
}

Test(api_verify, by_reading_finds_what_no_size_tells)
{
    FILE *file = fopen(fixture_path(&fixture, segment_of("data")), "r+");

    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, 90, SEEK_SET), 0);
    cr_assert_eq(fputc('!', file), '!');
    fclose(file);
    verify(SEALIFT_VERIFY_READ, SEALIFT_CORRUPT, "SHA-256");
    verify(SEALIFT_VERIFY_DATA, SEALIFT_CORRUPT, "");
}

Test(api_verify, needs_the_key_that_wrapped)
{
    cr_assert_eq(rename(fixture_path(&fixture, "home/local-kms.key"), fixture_path(&fixture, "key")), 0);
    sealift_close(&fixture.sealift);
    cr_assert_eq(
        sealift_open(&(struct sealift_options){.home = fixture_path(&fixture, "home")}, &fixture.sealift, &fixture.err),
        SEALIFT_OK);
    cr_assert_neq(sealift_snapshot_verify(
                      fixture.sealift,
                      &(struct sealift_verify_spec){.fs = "home", .snapshot = "monday", .kind = SEALIFT_VERIFY_KEYS},
                      &(struct sealift_verify_result){0}, &fixture.err),
                  SEALIFT_OK);
    cr_assert_not_null(strstr(fixture.err.message, "cannot be opened"), "%s", fixture.err.message);
    verify(SEALIFT_VERIFY_OBJECTS, SEALIFT_OK, "");
}
