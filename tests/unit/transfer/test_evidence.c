/* What is written down before something is deleted, and behind it. */
#include "evidence.h"

#include "error.h"
#include "fixture_snapshot.h"
#include "io.h"
#include "json.h"
#include "scoped.h"
#include "store_faulty.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;
static struct locator locator;
static char manifest_name[NAME_SIZE];
static struct evidence *evidence;
static struct sealift_error err;

static void
set_up(void)
{
    struct upload_outcome outcome;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "tree");
    fixture_write_text(&fixture, "tree/a", "hello");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "tree", &locator, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    name_of_manifest(&locator.fs, &locator.snapshot, manifest_name);
}

static void
tear_down(void)
{
    evidence_free(&evidence);
    fixture_done(&fixture);
}

TestSuite(evidence, .init = set_up, .fini = tear_down);

static enum sealift_status
begin(void)
{
    const struct evidence_header header = {
        .command = "fs snapshot remove", .store = fixture.store->url, .fs = &locator.fs, .filesystem = "home"};

    return evidence_begin(&fixture.world, fixture_path(&fixture, "evidence"), &header, &evidence, &err);
}

static void
look(struct store *store, struct evidence_object *object)
{
    cr_assert_eq(evidence_object_look(store, manifest_name, 4711, object, &err), SEALIFT_OK, "%s", err.message);
}

static void
read_file(struct buf *out)
{
    cr_assert_eq(io_read_file(fixture_path(&fixture, "evidence"), 1 << 20, out, &err), SEALIFT_OK, "%s", err.message);
}

/* The n-th line, from 0, as JSON; the rest of the text begins at *ret_rest. */
static struct json *
line_at(const struct buf *text, size_t n)
{
    struct bytes line = buf_bytes(text);
    struct json *json;
    const uint8_t *end;

    for (;; n--) {
        end = memchr(line.data, '\n', line.len);
        cr_assert_neq(end, NULL, "there is no such line");
        if (n == 0)
            break;
        line.len -= (size_t)(end + 1 - line.data);
        line.data = end + 1;
    }
    line.len = (size_t)(end - line.data);
    cr_assert_eq(json_parse(line, "a line", &json, &err), SEALIFT_OK, "%s", err.message);
    return json;
}

static void
expect_text(const struct json *json, const char *key, const char *text)
{
    const char *found = json_string(json_get(json, key));

    if (text == NULL)
        cr_assert_eq(json_type(json_get(json, key)), JSON_NULL, "%s", key);
    else
        cr_assert_str_eq(found != NULL ? found : "(none)", text, "%s", key);
}

Test(evidence, says_of_a_manifest_what_it_is_and_what_was_there)
{
    SCOPED(buf_done) struct buf text = {0};
    struct evidence_object object;
    uint8_t hash[SHA256_SIZE];

    look(fixture.store, &object);
    cr_assert_eq(store_get(fixture.store, manifest_name, MANIFEST_MAX_SIZE, &text, &err), SEALIFT_OK);
    cr_assert_eq(sha256(buf_bytes(&text), hash, &err), SEALIFT_OK);
    cr_assert(object.was_read && object.was_parsed);
    cr_assert_eq(object.size, text.len);
    cr_assert_arr_eq(object.sha256, hash, SHA256_SIZE);
    cr_assert_arr_eq(object.key_check, fixture.envelope.key_check, KEY_CHECK_SIZE);
    cr_assert(uuid_equal(&object.upload, &locator.snapshot));
    cr_assert_gt(object.made_ns, 0);
    cr_assert_eq(object.problem.status, SEALIFT_OK);
}

Test(evidence, describes_a_damaged_manifest_by_its_hash_and_what_is_wrong)
{
    struct evidence_object object;

    cr_assert_eq(store_memory_overwrite(fixture.store, manifest_name, bytes_of_text("no manifest"), &err), SEALIFT_OK);
    look(fixture.store, &object);
    cr_assert(object.was_read && !object.was_parsed);
    cr_assert_eq(object.size, strlen("no manifest"));
    cr_assert_eq(object.problem.status, SEALIFT_CORRUPT);
}

static enum sealift_status
refuse_reading(void *context, enum store_operation operation, const char *name, bool *after,
               struct sealift_error *fault_err)
{
    const enum sealift_status *status = context;

    (void)name;
    (void)after;
    return operation == STORE_GET ? error_set(fault_err, *status, "no") : SEALIFT_OK;
}

Test(evidence, describes_what_may_not_be_read_by_its_name_and_size)
{
    SCOPED(store_free) struct store *faulty = NULL;
    enum sealift_status status = SEALIFT_DENIED;
    struct evidence_object object;

    cr_assert_eq(store_faulty_new(fixture.store, refuse_reading, &status, &faulty, &err), SEALIFT_OK);
    look(faulty, &object);
    cr_assert(!object.was_read && !object.was_parsed);
    cr_assert_eq(object.size, 4711);
    cr_assert_eq(object.problem.status, SEALIFT_DENIED);
}

Test(evidence, does_not_describe_what_could_be_read_later)
{
    static enum sealift_status statuses[] = {SEALIFT_UNAVAILABLE, SEALIFT_CANCELLED, SEALIFT_INTERNAL,
                                             SEALIFT_NOT_FOUND};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        SCOPED(store_free) struct store *faulty = NULL;
        struct evidence_object object;

        cr_assert_eq(store_faulty_new(fixture.store, refuse_reading, &statuses[i], &faulty, &err), SEALIFT_OK);
        cr_assert_eq(evidence_object_look(faulty, manifest_name, 1, &object, &err), statuses[i]);
    }
}

Test(evidence, is_of_manifests_and_key_records_alone)
{
    struct evidence_object object;

    cr_assert_eq(evidence_object_look(fixture.store, NAME_MARKER, 1, &object, &err), SEALIFT_INVALID);
}

Test(evidence, is_a_file_that_only_its_owner_reads)
{
    struct stat about;

    cr_assert_eq(begin(), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat(fixture_path(&fixture, "evidence"), &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0600);
}

Test(evidence, is_never_written_over)
{
    SCOPED(buf_done) struct buf text = {0};

    fixture_write_text(&fixture, "evidence", "of last year");
    cr_assert_eq(begin(), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "name another file"), "%s", err.message);
    read_file(&text);
    cr_assert(bytes_equal(buf_bytes(&text), bytes_of_text("of last year")));
}

Test(evidence, of_what_was_not_begun_is_taken_away)
{
    struct evidence_object object;

    look(fixture.store, &object);
    cr_assert_eq(begin(), SEALIFT_OK);
    cr_assert_eq(evidence_add(evidence, &object, NULL, &err), SEALIFT_OK);
    evidence_free(&evidence);
    cr_assert_neq(access(fixture_path(&fixture, "evidence"), F_OK), 0);
}

static void
write_all(void)
{
    struct evidence_object object;

    look(fixture.store, &object);
    cr_assert_eq(begin(), SEALIFT_OK);
    cr_assert_eq(evidence_add(evidence, &object, "proven", &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(evidence_settle(evidence, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(evidence_outcome(evidence, manifest_name, "deleted", NULL, &err), SEALIFT_OK);
    cr_assert_eq(evidence_total(evidence, "data", 3, 4096, 1, &err), SEALIFT_OK);
    cr_assert_eq(evidence_end(evidence, NULL, &err), SEALIFT_OK, "%s", err.message);
    evidence_free(&evidence);
}

Test(evidence, says_what_will_go_and_then_what_became_of_it)
{
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(json_free) struct json *header = NULL, *object = NULL, *settled = NULL;
    SCOPED(json_free) struct json *outcome = NULL, *total = NULL, *end = NULL;
    char shown[LOCATOR_SIZE];

    write_all();
    read_file(&text);
    locator_format(&locator, shown);
    header = line_at(&text, 0);
    expect_text(header, "evidence", "begin");
    expect_text(header, "command", "fs snapshot remove");
    expect_text(header, "store", fixture.store->url);
    expect_text(header, "filesystem", "home");
    object = line_at(&text, 1);
    expect_text(object, "evidence", "object");
    expect_text(object, "kind", "manifest");
    expect_text(object, "name", manifest_name);
    expect_text(object, "locator", shown);
    expect_text(object, "problem", NULL);
    expect_text(object, "finding", "proven");
    settled = line_at(&text, 2);
    expect_text(settled, "evidence", "settled");
    outcome = line_at(&text, 3);
    expect_text(outcome, "name", manifest_name);
    expect_text(outcome, "outcome", "deleted");
    total = line_at(&text, 4);
    expect_text(total, "kind", "data");
    cr_assert_eq(json_integer(json_get(total, "objects"), -1), 3);
    cr_assert_eq(json_integer(json_get(total, "bytes"), -1), 4096);
    cr_assert_eq(json_integer(json_get(total, "refused"), -1), 1);
    end = line_at(&text, 5);
    expect_text(end, "evidence", "end");
    expect_text(end, "status", "ok");
}

Test(evidence, ends_with_the_hash_of_all_that_stands_before)
{
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(json_free) struct json *end = NULL;
    char shown[2 * SHA256_SIZE + 1];
    uint8_t hash[SHA256_SIZE];
    size_t before;

    write_all();
    read_file(&text);
    end = line_at(&text, 5);
    for (before = text.len - 1; text.data[before - 1] != '\n'; before--)
        ;
    cr_assert_eq(sha256((struct bytes){text.data, before}, hash, &err), SEALIFT_OK);
    hex_encode(BYTES_OF(hash), shown);
    expect_text(end, "sha256", shown);
}

Test(evidence, that_nobody_wants_costs_nothing)
{
    struct evidence_object object = {0};

    cr_assert_eq(evidence_add(NULL, &object, NULL, &err), SEALIFT_OK);
    cr_assert_eq(evidence_settle(NULL, &err), SEALIFT_OK);
    cr_assert_eq(evidence_outcome(NULL, "x", "deleted", NULL, &err), SEALIFT_OK);
    cr_assert_eq(evidence_total(NULL, "data", 1, 1, 0, &err), SEALIFT_OK);
    cr_assert_eq(evidence_end(NULL, NULL, &err), SEALIFT_OK);
}
