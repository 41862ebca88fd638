/* The FS key of a filesystem whose table is lost. */
#include "recovery_bucket.h"

TestSuite(recovery, .init = set_up, .fini = tear_down);

static void
expect_key(const struct secret *key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, key));
    cr_assert(found.has_names);
    cr_assert_str_eq(claim.key_identifier, "k1");
}

/* --- the key in force --- */

Test(recovery, takes_the_key_of_the_highest_generation)
{
    SCOPED(secret_free) struct secret *second = add_key(here, 2);
    SCOPED(secret_free) struct secret *third = add_key(here, 3);
    SCOPED(secret_free) struct secret *first = add_key(here, 1);

    expect_key(third);
}

Test(recovery, takes_of_one_generation_the_key_with_the_newer_record)
{
    SCOPED(secret_free) struct secret *one = add_key(here, 2);
    SCOPED(secret_free) struct secret *other = add_key(here, 2);

    expect_key(other);
}

Test(recovery, passes_over_keys_for_one_snapshot_alone)
{
    SCOPED(secret_free) struct secret *ours = add_key(here, 1);
    SCOPED(secret_free) struct secret *alone = random_key(FS_KEY_SIZE);
    const struct uuid snapshot = uuid_v7(&fixture.world);
    const struct envelope envelope = wrap(here, alone, NULL);
    struct private_part names = names_of(7);

    snprintf(names.snapshot, sizeof(names.snapshot), "monday");
    put(&envelope, alone, &names, &snapshot);
    expect_key(ours);
}

/* Who has it writes a record that opens, and says what he likes; he takes none away. */
Test(recovery, does_not_believe_a_key_that_leaked_to_be_the_newest)
{
    SCOPED(secret_free) struct secret *leaked = add_key(here, 1);
    SCOPED(secret_free) struct secret *in_force = add_key(here, 2);
    const struct private_part names = names_of(99);
    const struct envelope envelope = wrap(here, leaked, NULL);

    put(&envelope, leaked, &names, NULL);
    here->unwraps = 0;
    expect_key(in_force);
    cr_assert_eq(here->unwraps, 2u, "one for each FS key");
    cr_assert_not_null(strstr(fixture.log, "the lowest counts"), "%s", fixture.log);
}

Test(recovery, goes_on_with_the_generation_that_was_said_first)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 3);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct private_part names = names_of(9);
    const struct envelope envelope = wrap(here, key, NULL);
    struct kms_hint claim;

    put(&envelope, key, &names, NULL);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.names.generation, 3u);
}

Test(recovery, brings_names_and_at_rest_key_along)
{
    SCOPED(secret_free) struct secret *key = random_key(FS_KEY_SIZE);
    SCOPED(secret_free) struct secret *at_rest = random_key(AT_REST_KEY_SIZE);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct envelope envelope = wrap(here, key, at_rest);
    struct private_part names = names_of(4);
    struct kms_hint claim;
    struct uuid record;

    names.encrypted = true;
    record = put(&envelope, key, &names, NULL);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.at_rest_key, at_rest));
    cr_assert_str_eq(found.names.filesystem, "home");
    cr_assert_eq(found.names.generation, 4u);
    cr_assert(uuid_equal(&found.record, &record));
    cr_assert_str_eq(found.by.key_identifier, "k1");
}

/* Whoever writes the bucket could cut it off, and the filesystem would come back as one that is not encrypted. */
Test(recovery, wants_the_at_rest_key_of_what_is_encrypted)
{
    SCOPED(secret_free) struct secret *key = random_key(FS_KEY_SIZE);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct envelope envelope = wrap(here, key, NULL);
    struct private_part names = names_of(1);
    struct kms_hint claim;

    names.encrypted = true;
    put(&envelope, key, &names, NULL);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_CORRUPT);
}

Test(recovery, says_when_there_is_no_key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    cr_assert_eq(find(false, &found, &claim), SEALIFT_NOT_FOUND);
}

/* --- what does not open --- */

/* An FS key that `far` wrapped, which nobody here asks. */
static void
add_closed(uint64_t generation)
{
    SCOPED(secret_free) struct secret *closed = add_key(far, generation);
}

Test(recovery, tells_where_a_key_is_that_does_not_open)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    add_closed(1);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_DENIED, "%s", err.message);
    cr_assert_str_eq(claim.name_space, "far");
    cr_assert_str_eq(claim.key_identifier, "k2");
}

/* A record of the key that claims to be of that type, and opens nowhere. */
static void
put_closed_of_type(const struct secret *key, const char *type)
{
    struct envelope envelope = wrap(far, key, NULL);
    const struct private_part names = names_of(1);

    snprintf(envelope.kms.type, sizeof(envelope.kms.type), "%s", type);
    put(&envelope, key, &names, NULL);
}

Test(recovery, tells_where_a_key_is_rather_than_of_its_break_glass_key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    SCOPED(secret_free) struct secret *key = random_key(FS_KEY_SIZE);
    struct kms_hint claim;

    put_closed_of_type(key, "local");
    cr_assert_neq(find(false, &found, &claim), SEALIFT_OK);
    cr_assert_str_eq(claim.type, "local");
    put_closed_of_type(key, "vault");
    put_closed_of_type(key, "kmip");
    put_closed_of_type(key, "local");
    cr_assert_neq(find(false, &found, &claim), SEALIFT_OK);
    cr_assert_str_eq(claim.type, "kmip", "of the others, that of the newest record");
    cr_assert_not_null(strstr(err.message, "kmip"), "%s", err.message);
}

Test(recovery, does_not_go_on_with_an_older_key_than_one_that_does_not_open)
{
    SCOPED(secret_free) struct secret *older = add_key(here, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    add_closed(2);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "may be of the key in force"), "%s", err.message);
    cr_assert_str_eq(claim.key_identifier, "k2");
    cr_assert_eq(find(true, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, older));
}

Test(recovery, minds_no_older_key_that_does_not_open)
{
    SCOPED(secret_free) struct secret *in_force = NULL;

    add_closed(1);
    in_force = add_key(here, 2);
    expect_key(in_force);
}

/* The newest record of the key that does not open is no reason to take it for garbage: another one is ours. */
Test(recovery, is_not_led_astray_by_garbage_in_front_of_a_key_that_does_not_open)
{
    SCOPED(secret_free) struct secret *older = add_key(here, 1);
    SCOPED(secret_free) struct secret *newer = add_key(far, 2);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct envelope envelope = wrap(far, newer, NULL);
    struct uuid garbage = uuid_v7_behind(&fixture.world, &last_record);
    char name[NAME_SIZE];
    struct kms_hint claim;

    name_of_key_record(&fixture.fs, envelope.key_check, &garbage, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("garbage"), &err), SEALIFT_OK);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_DENIED, "%s", err.message);
}

Test(recovery, minds_no_garbage_of_its_own)
{
    SCOPED(secret_free) struct secret *ours = add_key(here, 1);
    struct uuid garbage = uuid_v7_behind(&fixture.world, &last_record);
    const uint8_t no_key[KEY_CHECK_SIZE] = {7};
    char name[NAME_SIZE];

    name_of_key_record(&fixture.fs, no_key, &garbage, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("garbage"), &err), SEALIFT_OK);
    expect_key(ours);
    cr_assert_not_null(strstr(fixture.log, name), "it is told: %s", fixture.log);
}

/* What opens, but to something else than its name says, is nobody's key. */
Test(recovery, minds_no_wrapping_of_another_key_under_a_new_name)
{
    SCOPED(secret_free) struct secret *ours = add_key(here, 1);
    SCOPED(secret_free) struct secret *other = random_key(FS_KEY_SIZE);
    struct envelope forged = wrap(here, other, NULL);
    const struct private_part names = names_of(9);

    forged.key_check[0] ^= 1;
    put(&forged, other, &names, NULL);
    expect_key(ours);
}

Test(recovery, ends_when_the_kms_is_away)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    here->fails = SEALIFT_UNAVAILABLE;
    cr_assert_eq(find(true, &found, &claim), SEALIFT_UNAVAILABLE);
}

/* --- places that are met on the way --- */

Test(recovery, goes_to_the_place_that_a_record_claims)
{
    SCOPED(secret_free) struct secret *key = add_key(far, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct recovery recovery = recovery_with(true);
    struct kms_hint claim;

    cr_assert_eq(recovery_key(&recovery, false, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, key));
    cr_assert_str_eq(found.by.name_space, "far");
}

Test(recovery, goes_to_the_place_that_an_older_record_claims)
{
    SCOPED(secret_free) struct secret *key = add_key(far, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    struct envelope forged = wrap(far, key, NULL);
    const struct private_part names = names_of(1);
    const struct recovery recovery = recovery_with(true);
    struct kms_hint claim;

    snprintf(forged.kms.name_space, sizeof(forged.kms.name_space), "nowhere");
    put(&forged, key, &names, NULL);
    cr_assert_eq(recovery_key(&recovery, false, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, key));
}

Test(recovery, goes_nowhere_for_what_it_can_open)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct recovery recovery = recovery_with(true);
    struct kms_hint claim;

    cr_assert_eq(recovery_key(&recovery, false, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(met, 0u);
}

/* --- moved --- */

/* One more record of the key, which `shelf` wrapped. */
static void
put_once_more(struct shelf *shelf, const struct secret *key, const struct secret *seals_names)
{
    const struct private_part names = names_of(1);
    const struct envelope envelope = wrap(shelf, key, NULL);

    put(&envelope, seals_names, &names, NULL);
}

static struct kms_hint
moved_to(void)
{
    SCOPED(key_found_done) struct key_found found = {0};
    const struct recovery recovery = recovery_with(false);
    struct kms_hint claim;

    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found.by.key_identifier, "k1");
    cr_assert_eq(recovery_moved(&recovery, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    return claim;
}

Test(recovery, tells_where_a_newer_record_says_that_the_key_is)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    struct kms_hint claim;

    put_once_more(far, key, key);
    claim = moved_to();
    cr_assert_str_eq(claim.name_space, "far");
    cr_assert_str_eq(claim.key_identifier, "k2");
}

Test(recovery, tells_of_no_move_that_was_taken_back)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);

    put_once_more(far, key, key);
    put_once_more(here, key, key);
    cr_assert_str_empty(moved_to().type);
}

/* Neither garbage in front of it, nor what somebody says who has not got the key, nor one of our own place that does
 * not open. */
Test(recovery, tells_of_a_move_behind_what_says_nothing)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    SCOPED(secret_free) struct secret *other = random_key(FS_KEY_SIZE);
    struct envelope forged = wrap(here, key, NULL);
    const struct private_part names = names_of(1);
    struct uuid garbage;
    char name[NAME_SIZE];

    put_once_more(far, key, key);
    snprintf(forged.kms.name_space, sizeof(forged.kms.name_space), "nowhere");
    put(&forged, other, &names, NULL);
    forged = wrap(here, key, NULL);
    forged.sealed_fs_key[0] ^= 1;
    put(&forged, key, &names, NULL);
    garbage = uuid_v7_behind(&fixture.world, &last_record);
    name_of_key_record(&fixture.fs, forged.key_check, &garbage, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("garbage"), &err), SEALIFT_OK);
    cr_assert_str_eq(moved_to().key_identifier, "k2");
}

static void
put_of_type(const struct secret *key, const char *type)
{
    struct envelope second = wrap(here, key, NULL);
    const struct private_part names = names_of(1);

    snprintf(second.kms.type, sizeof(second.kms.type), "%s", type);
    put(&second, key, &names, NULL);
}

/* The whole cluster may have gone there. But own keys are where the cluster's is. */
Test(recovery, tells_of_another_type_of_kms_what_nothing_of_its_own_type_says)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);

    put_of_type(key, "kmip");
    cr_assert_str_eq(moved_to().type, "kmip");
    put_once_more(far, key, key);
    put_of_type(key, "kmip");
    cr_assert_str_eq(moved_to().key_identifier, "k2");
}

/* It is a break-glass key. */
Test(recovery, takes_the_local_kms_for_no_move)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);

    put_of_type(key, "local");
    cr_assert_str_empty(moved_to().type);
}
