/* The log of an upload from both ends: written while segments are stored, confirmed by a listing, and read back without
 * a key. */
#include "upload_log.h"

#include "log_reader.h"
#include "object_count.h"
#include "scoped.h"
#include "scripted_world.h"
#include "store_memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct scripted_world scripted;
static struct store *store;
static struct upload_log *log_of_it;
static struct uuid fs = {{1}}, upload = {{2}};
static struct sealift_error err;

static void
set_up(void)
{
    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    cr_assert_eq(store_memory_new(&store, &err), SEALIFT_OK);
    cr_assert_eq(upload_log_new(&scripted.world, store, &fs, &upload, &log_of_it, &err), SEALIFT_OK);
    cr_assert_eq(upload_log_open(log_of_it, &err), SEALIFT_OK, "%s", err.message);
}

static void
tear_down(void)
{
    upload_log_free(&log_of_it);
    store_free(&store);
}

TestSuite(upload_log, .init = set_up, .fini = tear_down);

static void
name_of(enum segment_kind kind, uint32_t number, char out[NAME_SIZE])
{
    name_of_segment(&fs, &upload, kind, number, out);
}

/* Puts a segment of `size` bytes and tells the log. */
static void
add(enum segment_kind kind, uint32_t number, size_t size)
{
    struct log_segment segment = {.id = {.kind = kind, .upload = upload, .number = number}, .size = size};
    uint8_t bytes[256] = {0};
    char name[NAME_SIZE];

    name_of(kind, number, name);
    cr_assert_eq(store_put_small(store, name, (struct bytes){bytes, size}, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(upload_log_add(log_of_it, &segment, &err), SEALIFT_OK, "%s", err.message);
}

static size_t
count_records(void)
{
    char prefix[NAME_SIZE];

    name_of_log(&fs, &upload, prefix);
    return object_count(store, prefix);
}

static void
let_pass(int64_t ns)
{
    scripted.clock.sleep_ns(&scripted.clock, ns, &scripted.cancel);
}

static void
expect_confirmed(enum sealift_status status, const char *word)
{
    err.message[0] = '\0';
    cr_assert_eq(upload_log_confirm(log_of_it, &err), status, "%s", err.message);
    cr_assert_not_null(strstr(err.message, word), "%s", err.message);
}

Test(upload_log, has_a_record_a_minute)
{
    cr_assert_eq(count_records(), 1u, "the opening one");
    add(SEGMENT_DATA, 0, 10);
    let_pass(59 * NS_PER_S);
    add(SEGMENT_DATA, 1, 10);
    cr_assert_eq(count_records(), 1u);
    let_pass(NS_PER_S);
    add(SEGMENT_DATA, 2, 10);
    cr_assert_eq(count_records(), 2u);
    let_pass(10 * NS_PER_S);
    add(SEGMENT_DATA, 3, 10);
    cr_assert_eq(count_records(), 2u);
    cr_assert_eq(upload_log_flush(log_of_it, &err), SEALIFT_OK);
    cr_assert_eq(upload_log_flush(log_of_it, &err), SEALIFT_OK);
    cr_assert_eq(count_records(), 3u, "a flush of nothing is no record");
    cr_assert_eq(upload_log_segments(log_of_it), 4u);
    cr_assert_eq(upload_log_bytes(log_of_it), 40u);
}

Test(upload_log, has_a_record_for_every_four_gigabytes)
{
    struct log_segment segment = {.id = {.kind = SEGMENT_DATA, .upload = upload}, .size = SEGMENT_MAX_SIZE};

    for (; segment.id.number < ((uint64_t)4 << 30) / SEGMENT_MAX_SIZE - 1; segment.id.number++)
        cr_assert_eq(upload_log_add(log_of_it, &segment, &err), SEALIFT_OK);
    cr_assert_eq(count_records(), 1u);
    cr_assert_eq(upload_log_add(log_of_it, &segment, &err), SEALIFT_OK);
    cr_assert_eq(count_records(), 2u);
}

Test(upload_log, is_confirmed_by_a_listing)
{
    expect_confirmed(SEALIFT_OK, "");
    add(SEGMENT_DATA, 1, 10);
    add(SEGMENT_DATA, 0, 20);
    add(SEGMENT_TREE, 0, 30);
    expect_confirmed(SEALIFT_OK, "");
}

Test(upload_log, names_the_segment_that_is_not_listed)
{
    char name[NAME_SIZE];

    add(SEGMENT_DATA, 0, 10);
    add(SEGMENT_TREE, 0, 10);
    add(SEGMENT_TREE, 1, 10);
    name_of(SEGMENT_TREE, 1, name);
    cr_assert_eq(store_delete(store, name, &err), SEALIFT_OK);
    expect_confirmed(SEALIFT_CORRUPT, name);
}

Test(upload_log, is_not_confirmed_when_sizes_differ_whatever_their_sum)
{
    char name[NAME_SIZE];

    add(SEGMENT_DATA, 0, 10);
    add(SEGMENT_DATA, 1, 20);
    name_of(SEGMENT_DATA, 0, name);
    cr_assert_eq(store_memory_overwrite(store, name, bytes_of_text("01234567890123456789"), &err), SEALIFT_OK);
    name_of(SEGMENT_DATA, 1, name);
    cr_assert_eq(store_memory_overwrite(store, name, bytes_of_text("0123456789"), &err), SEALIFT_OK);
    expect_confirmed(SEALIFT_CORRUPT, "/data/");
}

/* A segment whose PUT succeeded, although its upload was told otherwise, and things that are not ours. */
Test(upload_log, is_not_disturbed_by_what_it_did_not_add)
{
    char name[NAME_SIZE];

    add(SEGMENT_DATA, 0, 10);
    name_of(SEGMENT_DATA, 7, name);
    cr_assert_eq(store_put_small(store, name, bytes_of_text("stray"), &err), SEALIFT_OK);
    strcpy(strrchr(name, '/') + 1, "readme");
    cr_assert_eq(store_put_small(store, name, bytes_of_text("stray"), &err), SEALIFT_OK);
    expect_confirmed(SEALIFT_OK, "");
}

/* --- read back --- */

struct seen {
    char text[1024];
};

static enum sealift_status
see(void *context, const struct log_segment *segment, struct sealift_error *see_err)
{
    struct seen *seen = context;
    size_t len = strlen(seen->text);

    (void)see_err;
    snprintf(seen->text + len, sizeof(seen->text) - len, "%s%u:%u ", segment->id.kind == SEGMENT_TREE ? "tree " : "",
             segment->id.number, (unsigned)segment->size);
    return SEALIFT_OK;
}

static void
close_log(struct manifest *ret_manifest)
{
    *ret_manifest = (struct manifest){.fs = fs, .upload = upload};
    cr_assert_eq(upload_log_flush(log_of_it, &err), SEALIFT_OK);
    cr_assert_eq(upload_log_close(log_of_it, &ret_manifest->closing_record, ret_manifest->closing_sha256, &err),
                 SEALIFT_OK, "%s", err.message);
}

static enum sealift_status
read_log(const struct manifest *manifest, struct seen *seen)
{
    struct log_reading reading;

    *seen = (struct seen){0};
    return log_read(&scripted.world, store, manifest, see, seen, &reading, &err);
}

static void
make_log(struct manifest *ret_manifest)
{
    add(SEGMENT_DATA, 0, 10);
    let_pass(61 * NS_PER_S);
    add(SEGMENT_DATA, 2, 20);
    add(SEGMENT_TREE, 0, 30);
    close_log(ret_manifest);
}

Test(upload_log, is_read_back_record_by_record)
{
    struct manifest manifest;
    struct seen seen;

    make_log(&manifest);
    cr_assert_eq(manifest.closing_record, 3u);
    cr_assert_eq(read_log(&manifest, &seen), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(seen.text, "0:10 2:20 tree 0:30 ");
}

Test(upload_log, of_nothing_at_all_is_read_back_too)
{
    struct manifest manifest;
    struct seen seen;

    close_log(&manifest);
    cr_assert_eq(read_log(&manifest, &seen), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(seen.text, "");
}

Test(upload_log, is_not_read_on_when_a_record_is_gone_or_another)
{
    SCOPED(buf_done) struct buf other = {0};
    struct manifest manifest;
    struct seen seen;
    char first[NAME_SIZE], second[NAME_SIZE];

    make_log(&manifest);
    name_of_log_record(&fs, &upload, 1, first);
    name_of_log_record(&fs, &upload, 2, second);
    cr_assert_eq(store_get(store, second, LOG_RECORD_MAX_SIZE, &other, &err), SEALIFT_OK);
    cr_assert_eq(store_memory_overwrite(store, first, buf_bytes(&other), &err), SEALIFT_OK);
    cr_assert_eq(read_log(&manifest, &seen), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, first), "%s", err.message);
    cr_assert_eq(store_delete(store, first, &err), SEALIFT_OK);
    cr_assert_eq(read_log(&manifest, &seen), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, first), "%s", err.message);
}

Test(upload_log, closes_with_a_closing_record_and_no_other)
{
    SCOPED(buf_done) struct buf text = {0};
    struct manifest manifest;
    struct seen seen;
    char name[NAME_SIZE];

    make_log(&manifest);
    name_of_log_record(&fs, &upload, 2, name);
    cr_assert_eq(store_get(store, name, LOG_RECORD_MAX_SIZE, &text, &err), SEALIFT_OK);
    manifest.closing_record = 2;
    cr_assert_eq(sha256(buf_bytes(&text), manifest.closing_sha256, &err), SEALIFT_OK);
    cr_assert_eq(read_log(&manifest, &seen), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "closing"), "%s", err.message);
}
