/* Whoever can write the bucket can write a manifest and a log to match: without the key nobody can tell. What is read
 * of them must be harmless all the same. */
#include "log_reader.h"

#include "fixture_snapshot.h"
#include "manifest_fetch.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;
static struct fixture fixture;
static struct manifest manifest;

static void
set_up(void)
{
    struct upload_outcome outcome;
    struct locator locator;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_text(&fixture, "a/file", "text");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(manifest_fetch(fixture.store, &locator, &manifest, &err), SEALIFT_OK, "%s", err.message);
}

static void
tear_down(void)
{
    manifest_done(&manifest);
    fixture_done(&fixture);
}

TestSuite(log_reader, .init = set_up, .fini = tear_down);

static enum sealift_status
pass(void *context, const struct log_segment *segment, struct sealift_error *error)
{
    (void)context;
    (void)segment;
    (void)error;
    return SEALIFT_OK;
}

static enum sealift_status
read_log(void)
{
    struct log_reading reading;

    return log_read(&fixture.world, fixture.store, &manifest, pass, NULL, &reading, &err);
}

/* Marks one more data segment as used: its number is `number`, and its bit the last of the bitmap. */
static void
mark_used(size_t number)
{
    SCOPED(log_record_done) struct log_record record = {0};
    SCOPED(buf_done) struct buf before = {0}, text = {.max = LOG_RECORD_MAX_SIZE};
    struct buf *used;
    char name[NAME_SIZE];
    size_t len = number / 8 + 1;

    name_of_log_record(&manifest.fs, &manifest.upload, manifest.closing_record, name);
    cr_assert_eq(store_get(fixture.store, name, LOG_RECORD_MAX_SIZE, &before, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(
        log_record_parse(buf_bytes(&before), &manifest.fs, &manifest.upload, manifest.closing_record, &record, &err),
        SEALIFT_OK, "%s", err.message);
    used = &record.usages[0].data_used;
    cr_assert_lt(used->len, len);
    cr_assert_eq(buf_reserve(used, len - used->len, &err), SEALIFT_OK);
    memset(used->data + used->len, 0, len - used->len);
    used->len = len;
    used->data[len - 1] = (uint8_t)(1u << number % 8);
    cr_assert_eq(log_record_build(&record, &text, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    cr_assert_eq(sha256(buf_bytes(&text), manifest.closing_sha256, &err), SEALIFT_OK);
}

static void
expect_corrupt(size_t number, const char *because)
{
    mark_used(number);
    cr_assert_eq(read_log(), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
}

Test(log_reader, names_the_segment_that_no_record_lists)
{
    cr_assert_eq(read_log(), SEALIFT_OK, "%s", err.message);
    expect_corrupt(77, "/00000077: the snapshot uses it, but no record of its log lists it");
    expect_corrupt(NAME_NUMBER_MAX, "/00000077: the snapshot uses it");
}

Test(log_reader, refuses_a_segment_that_can_have_no_name)
{
    expect_corrupt((size_t)NAME_NUMBER_MAX + 1, "\"data\" has 12500001 bytes");
}
