/* Which key records go with a snapshot, and which are taken for somebody else's. */
#include "lone_key.h"

#include "error.h"
#include "fixture_snapshot.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fixture fixture;
static struct locator snapshot;
static struct sealift_error err;

static void
set_up(void)
{
    fixture_init(&fixture);
    snapshot = (struct locator){fixture.fs, uuid_v7(&fixture.world)};
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(lone_key, .init = set_up, .fini = tear_down);

/* A record of the FS key, for this upload alone; of zero: for the filesystem. */
static struct uuid
put(struct uuid of)
{
    const struct private_part names = {.filesystem = "home", .snapshot = "monday", .generation = 1};
    const struct private_part plain = {.filesystem = "home", .generation = 1};
    const struct uuid none = {0};
    const struct key_record_wish wish = {.envelope = &fixture.envelope,
                                         .names = uuid_equal(&of, &none) ? &plain : &names,
                                         .snapshot = of,
                                         .fs_key = fixture.fs_key};
    struct uuid record;

    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &record, &err), SEALIFT_OK, "%s", err.message);
    return record;
}

static size_t
find(void)
{
    struct lone_key key;

    cr_assert_eq(lone_key_find(fixture.store, &snapshot, fixture.envelope.key_check, &key, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert_arr_eq(key.key_check, fixture.envelope.key_check, KEY_CHECK_SIZE);
    return key_records_count(&key.records);
}

Test(lone_key, has_all_its_records)
{
    cr_assert_eq(find(), 0);
    put(snapshot.snapshot);
    cr_assert_eq(find(), 1);
    put(snapshot.snapshot);
    cr_assert_eq(find(), 2);
}

Test(lone_key, is_none_when_one_record_is_the_filesystems)
{
    put(snapshot.snapshot);
    put((struct uuid){0});
    cr_assert_eq(find(), 0);
}

Test(lone_key, is_none_when_one_record_is_another_snapshots)
{
    put(snapshot.snapshot);
    put(uuid_v7(&fixture.world));
    cr_assert_eq(find(), 0);
}

Test(lone_key, is_none_when_one_record_cannot_be_read)
{
    struct uuid record = put(snapshot.snapshot);
    char name[NAME_SIZE];

    put(snapshot.snapshot);
    name_of_key_record(&fixture.fs, fixture.envelope.key_check, &record, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, bytes_of_text("{}"), &err), SEALIFT_OK);
    cr_assert_eq(find(), 0);
}

Test(lone_key, is_none_when_it_has_more_records_than_are_looked_at)
{
    for (size_t i = 0; i < KEY_RECORDS_MAX; i++)
        put(snapshot.snapshot);
    cr_assert_eq(find(), KEY_RECORDS_MAX);
    put(snapshot.snapshot);
    cr_assert_eq(find(), 0);
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

Test(lone_key, is_not_guessed_while_the_store_is_away_or_we_fail)
{
    static enum sealift_status statuses[] = {SEALIFT_UNAVAILABLE, SEALIFT_INTERNAL};

    put(snapshot.snapshot);
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        SCOPED(store_free) struct store *faulty = NULL;
        struct lone_key key;

        cr_assert_eq(store_faulty_new(fixture.store, break_reading, &statuses[i], &faulty, &err), SEALIFT_OK);
        cr_assert_eq(lone_key_find(faulty, &snapshot, fixture.envelope.key_check, &key, &err), statuses[i]);
    }
}

/* --- when the manifest is gone --- */

static size_t
find_left(void)
{
    struct lone_key key;

    cr_assert_eq(lone_key_find_left(fixture.store, &snapshot, &key, &err), SEALIFT_OK, "%s", err.message);
    if (key_records_count(&key.records) > 0)
        cr_assert_arr_eq(key.key_check, fixture.envelope.key_check, KEY_CHECK_SIZE);
    return key_records_count(&key.records);
}

Test(lone_key, is_found_by_its_records_alone)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct secret *kept = fixture.fs_key;
    struct envelope envelope = fixture.envelope;

    cr_assert_eq(find_left(), 0);
    put(snapshot.snapshot);
    put(snapshot.snapshot);
    cr_assert_eq(find_left(), 2);

    /* Of two more FS keys, whichever comes first in a listing: the filesystem's, and another snapshot's. */
    for (int i = 0; i < 2; i++) {
        secret_free(&fs_key);
        cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &fs_key, &err), SEALIFT_OK);
        cr_assert_eq(
            keyring_seal(fixture.kms, &(struct kms_errand){.fs = fixture.fs}, fs_key, NULL, &fixture.envelope, &err),
            SEALIFT_OK);
        fixture.fs_key = fs_key;
        put(i == 0 ? (struct uuid){0} : uuid_v7(&fixture.world));
    }
    fixture.fs_key = kept;
    fixture.envelope = envelope;
    cr_assert_eq(find_left(), 2);
}

Test(lone_key, is_not_found_by_one_record_that_says_so)
{
    put((struct uuid){0});
    put(snapshot.snapshot);
    cr_assert_eq(find_left(), 0);
}
