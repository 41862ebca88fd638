#include "fixture_rewrap.h"

#include "scoped.h"
#include "store_faulty.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct rewrap_stage stage = {.names = {.filesystem = "home", .path = "/srv/home"}};

static struct sealift_error err;

static enum sealift_status
count(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    (void)context;
    (void)name;
    (void)after;
    if (++stage.operations == stage.fail_at) {
        fault->status = SEALIFT_IO;
        snprintf(fault->message, sizeof(fault->message), "the store was made to fail");
        return fault->status;
    }
    if (operation == STORE_PUT)
        stage.records_put++;
    return SEALIFT_OK;
}

struct shelf *
stage_add_shelf(const char *name_space, const char *key, enum kms_role role)
{
    struct shelf *shelf = shelf_new(&stage.base.world, name_space, key);
    struct kms *kms = &shelf->kms;

    cr_assert_eq(kms_routes_adopt(stage.base.routes, role, &kms, &err), SEALIFT_OK);
    return shelf;
}

struct secret *
stage_random_key(size_t len)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_random(&stage.base.world, len, &key, &err), SEALIFT_OK);
    return key;
}

struct envelope
stage_wrap(struct shelf *shelf, const struct secret *fs_key, const struct secret *with)
{
    struct kms_errand errand = {.fs = stage.base.fs};
    struct envelope envelope;

    cr_assert_eq(keyring_seal(&shelf->kms, &errand, fs_key, with, &envelope, &err), SEALIFT_OK, "%s", err.message);
    return envelope;
}

struct uuid
stage_put_for(const struct envelope *envelope, const struct secret *fs_key, const struct private_part *with,
              struct uuid snapshot)
{
    static struct uuid last;
    const struct key_record_wish wish = {
        .envelope = envelope,
        .names = with,
        .snapshot = snapshot,
        .fs_key = fs_key,
        .newest = &last,
    };

    cr_assert_eq(key_record_put(&stage.base.world, stage.base.store, &wish, &last, &err), SEALIFT_OK, "%s",
                 err.message);
    return last;
}

struct uuid
stage_put(const struct envelope *envelope)
{
    return stage_put_for(envelope, stage.base.fs_key, &stage.names, (struct uuid){0});
}

void
stage_set_up(void)
{
    fixture_init(&stage.base);
    stage.here = stage_add_shelf("team", "k1", KMS_ROLE_CLUSTER);
    stage.there = stage_add_shelf("tenant", "k2", KMS_ROLE_OWN);
    stage.elsewhere = shelf_new(&stage.base.world, "far", "away");
    stage.elsewhere_kms = &stage.elsewhere->kms;
    cr_assert_eq(store_faulty_new(stage.base.store, count, NULL, &stage.store, &err), SEALIFT_OK);
    stage.at_rest_key = stage_random_key(AT_REST_KEY_SIZE);
    stage.names.encrypted = true;
    stage.names.generation = 1;
    stage.in_table = stage_wrap(stage.here, stage.base.fs_key, stage.at_rest_key);
    stage.in_table_record = stage_put(&stage.in_table);
    stage.base.envelope = stage.in_table;
}

void
stage_tear_down(void)
{
    secret_free(&stage.at_rest_key);
    store_free(&stage.store);
    kms_free(&stage.elsewhere_kms);
    fixture_done(&stage.base);
}

struct rewrap_request
stage_request(struct shelf *target)
{
    return (struct rewrap_request){
        .world = &stage.base.world,
        .routes = stage.base.routes,
        .target = &target->kms,
        .store = stage.store,
        .fs = stage.base.fs,
        .in_force = &stage.in_table,
        .key_record = &stage.in_table_record,
        .names = &stage.names,
    };
}

struct rewrap_outcome
stage_run(const struct rewrap_request *request)
{
    struct rewrap_outcome outcome;

    stage.here->unwraps = stage.here->rewraps = stage.here->wraps = 0;
    stage.there->unwraps = stage.there->rewraps = stage.there->wraps = 0;
    stage.records_put = 0;
    cr_assert_eq(rewrap(request, &outcome, &err), SEALIFT_OK, "%s", err.message);
    return outcome;
}

void
stage_expect_holds(const struct envelope *envelope, const struct secret *fs_key, const struct secret *at_rest)
{
    SCOPED(secret_free) struct secret *found = NULL;
    SCOPED(secret_free) struct secret *found_at_rest = NULL;
    struct kms_errand errand = {0};

    cr_assert_eq(kms_routes_open(stage.base.routes, &errand, envelope, &found, &found_at_rest, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert(secret_equal(found, fs_key));
    cr_assert_eq(found_at_rest == NULL, at_rest == NULL);
    if (at_rest != NULL)
        cr_assert(secret_equal(found_at_rest, at_rest));
}

void
stage_expect_calls(const struct shelf *shelf, unsigned unwraps, unsigned rewraps, unsigned wraps)
{
    cr_assert_eq(shelf->unwraps, unwraps, "%u unwraps", shelf->unwraps);
    cr_assert_eq(shelf->rewraps, rewraps, "%u rewraps", shelf->rewraps);
    cr_assert_eq(shelf->wraps, wraps, "%u wraps", shelf->wraps);
}

struct key_record
stage_fetch(const uint8_t key_check[KEY_CHECK_SIZE])
{
    struct key_record record;
    struct key_records records;

    cr_assert_eq(key_records_list(stage.base.store, &stage.base.fs, key_check, &records, &err), SEALIFT_OK);
    cr_assert_gt(key_records_count(&records), 0u);
    cr_assert_eq(
        key_record_fetch(stage.base.store, &stage.base.fs, key_check, key_records_newest(&records, 0), &record, &err),
        SEALIFT_OK, "%s", err.message);
    return record;
}

void
stage_overwrite(const struct key_record *record)
{
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];

    cr_assert_eq(key_record_build(record, &text, &err), SEALIFT_OK);
    name_of_key_record(&record->fs, record->envelope.key_check, &record->record, name);
    cr_assert_eq(store_memory_overwrite(stage.base.store, name, buf_bytes(&text), &err), SEALIFT_OK);
}

void
stage_put_garbage(uint8_t first_byte)
{
    uint8_t key_check[KEY_CHECK_SIZE] = {first_byte};
    struct uuid record = uuid_v7(&stage.base.world);
    char name[NAME_SIZE];

    name_of_key_record(&stage.base.fs, key_check, &record, name);
    cr_assert_eq(store_put_small(stage.base.store, name, bytes_of_text("{\"what\":"), &err), SEALIFT_OK);
}
