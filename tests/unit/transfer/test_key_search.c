#include "key_search.h"

#include "error.h"
#include "fixture_snapshot.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct fixture fixture;
static struct sealift_error err;
static struct secret *at_rest_key;

/* Beside the fixture's local KMS the cluster has one that counts what it is asked; the local one does its work. */
#define CLUSTER_KEY "cluster-key"

static enum sealift_status cluster_answer;
static size_t cluster_calls;

static enum sealift_status
unwrap_by_cluster(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
                  struct secret **ret_kek, struct sealift_error *kms_err)
{
    (void)kms;
    (void)hint;
    cluster_calls++;
    if (cluster_answer != SEALIFT_OK)
        return error_set(kms_err, cluster_answer, "the cluster's KMS says no");
    return kms_unwrap(fixture.kms, errand, &fixture.envelope.kms, wrapped_kek, ret_kek, kms_err);
}

static void
free_cluster(struct kms *kms)
{
    free(kms);
}

static void
add_cluster_kms(void)
{
    static const struct kms_ops ops = {.type = "vault", .unwrap = unwrap_by_cluster, .free = free_cluster};
    struct kms *kms = calloc(1, sizeof(*kms));

    kms->ops = &ops;
    kms->world = &fixture.world;
    kms->place = (struct kms_hint){.type = "vault", .mount = "transit", .key_identifier = CLUSTER_KEY};
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
}

static void
set_up(void)
{
    fixture_init(&fixture);
    add_cluster_kms();
    cr_assert_eq(secret_random(&fixture.world, AT_REST_KEY_SIZE, &at_rest_key, &err), SEALIFT_OK);
    fixture.log[0] = '\0'; /* what the local KMS says of itself */
}

static void
tear_down(void)
{
    secret_free(&at_rest_key);
    fixture_done(&fixture);
}

TestSuite(key_search, .init = set_up, .fini = tear_down);

/* A wrapping whose hint says vault, and this key. */
static struct envelope
hinting_at(const char *key_identifier)
{
    struct envelope envelope = fixture.envelope;

    envelope.kms = (struct kms_hint){.type = "vault", .mount = "transit"};
    snprintf(envelope.kms.key_identifier, sizeof(envelope.kms.key_identifier), "%s", key_identifier);
    return envelope;
}

static struct uuid
put_record(const char *key_identifier)
{
    const struct envelope envelope = hinting_at(key_identifier);

    return fixture_put_key_record(&fixture, &envelope);
}

/* What was tried, as "cluster-key+ second-key- ": what opened, and what did not. */
struct heard {
    char text[2048];
    size_t count;
    size_t limit; /* 0: none */
};

static enum sealift_status
hear(void *context, const struct key_attempt *attempt, struct sealift_error *hear_err)
{
    struct heard *heard = context;
    size_t len = strlen(heard->text);

    cr_assert((attempt->by == NULL) == (attempt->failure != NULL));
    snprintf(heard->text + len, sizeof(heard->text) - len, "%s%c ",
             attempt->record != NULL ? attempt->record->envelope.kms.key_identifier : attempt->where,
             attempt->by != NULL ? '+' : '-');
    if (++heard->count == heard->limit)
        return error_set(hear_err, SEALIFT_CANCELLED, "enough");
    return SEALIFT_OK;
}

static struct key_search
searching(struct heard *heard)
{
    return (struct key_search){
        .store = fixture.store,
        .routes = fixture.routes,
        .fs = fixture.fs,
        .key_check = fixture.envelope.key_check,
        .each = heard != NULL ? hear : NULL,
        .context = heard,
    };
}

static void
expect_found(const struct key_search *search, struct key_found *found)
{
    cr_assert_eq(key_search_run(&fixture.world, search, found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found->fs_key, fixture.fs_key));
}

Test(key_search, finds_nothing_where_nothing_is)
{
    const struct key_search search = searching(NULL);
    struct key_found found;

    cr_assert_eq(key_search_run(&fixture.world, &search, &found, &err), SEALIFT_NOT_FOUND);
}

/* No wrapping is called useless for it. */
Test(key_search, ends_when_it_cannot_be_recorded)
{
    struct heard heard = {0};
    const struct key_search search = searching(&heard);
    struct key_found found;

    put_record(CLUSTER_KEY);
    fixture_put_key_record(&fixture, &fixture.envelope);
    fixture.log_is_full = true;
    cr_assert_eq(key_search_run(&fixture.world, &search, &found, &err), SEALIFT_IO);
    cr_assert_str_eq(err.message, "the log is full");
    cr_assert_eq(heard.count, 0u);
    cr_assert_str_eq(fixture.log, "");
}

Test(key_search, finds_the_newest_record_without_a_manifest)
{
    SCOPED(key_found_done) struct key_found found = {0};
    const struct key_search search = searching(NULL);
    struct uuid newest;

    put_record(CLUSTER_KEY);
    newest = fixture_put_key_record(&fixture, &fixture.envelope);
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.record, &newest));
    cr_assert(uuid_is_zero(&found.snapshot));
    cr_assert_str_eq(found.envelope.kms.type, "local");
    cr_assert_str_eq(found.by.type, "local");
    cr_assert_str_eq(found.by.key_identifier, fixture.envelope.kms.key_identifier);
    cr_assert_eq(found.opened, 1u);
    cr_assert_null(found.at_rest_key);
    cr_assert_not(found.has_names);
}

/* Whoever adds a second KMS must not make each opening a call that fails. */
Test(key_search, asks_the_kms_that_it_has_before_one_that_a_newer_record_names)
{
    SCOPED(key_found_done) struct key_found found = {0};
    const struct key_search search = searching(NULL);
    struct uuid ours = put_record(CLUSTER_KEY);

    for (int i = 0; i < 3; i++)
        put_record("second-key");
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.record, &ours));
    cr_assert_eq(cluster_calls, 1u);
    cr_assert_str_empty(fixture.log);
}

Test(key_search, goes_through_those_it_knows_then_the_others_then_the_one_at_hand_each_newest_first)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct heard heard = {0};
    struct key_search search = searching(&heard);

    put_record("other-1");
    put_record(CLUSTER_KEY);
    put_record("other-2");
    put_record(CLUSTER_KEY);
    search.fallback = &fixture.envelope;
    search.fallback_name = "at-hand";
    search.all = true;
    expect_found(&search, &found);
    cr_assert_str_eq(heard.text, "cluster-key+ cluster-key+ other-2+ other-1+ at-hand+ ");
    cr_assert_eq(found.opened, 5u);
}

Test(key_search, goes_on_where_its_own_does_not_open)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct heard heard = {0};
    struct key_search search = searching(&heard);

    put_record("other");
    put_record(CLUSTER_KEY);
    search.fallback = &fixture.envelope;
    search.fallback_name = "at-hand";
    cluster_answer = SEALIFT_KEY; /* whatever key is named: the version was retired */
    expect_found(&search, &found);
    cr_assert_str_eq(heard.text, "cluster-key- other- at-hand+ ");
    cr_assert(uuid_is_zero(&found.record), "it is no record");
    cr_assert_eq(found.opened, 1u);
    cr_assert_not_null(strstr(fixture.log, "the cluster's KMS says no"), "%s", fixture.log);
}

Test(key_search, gives_the_failure_of_the_first_that_it_tried)
{
    const struct key_search search = searching(NULL);
    struct envelope garbled = hinting_at(CLUSTER_KEY);
    struct key_found found;

    fixture_put_key_record(&fixture, &garbled);
    garbled.kms.type[0] = 'x'; /* of a KMS that we have not */
    fixture_put_key_record(&fixture, &garbled);
    cluster_answer = SEALIFT_KEY;
    cr_assert_eq(key_search_run(&fixture.world, &search, &found, &err), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "the cluster's KMS says no"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "other wrappings of this key are of no use either: 1"), "%s", err.message);
}

Test(key_search, ends_when_the_kms_is_away)
{
    struct heard heard = {0};
    struct key_search search = searching(&heard);
    struct key_found found;

    put_record(CLUSTER_KEY);
    put_record(CLUSTER_KEY);
    search.fallback = &fixture.envelope;
    search.fallback_name = "at-hand";
    cluster_answer = SEALIFT_UNAVAILABLE;
    cr_assert_eq(key_search_run(&fixture.world, &search, &found, &err), SEALIFT_UNAVAILABLE);
    cr_assert_eq(cluster_calls, 1u);
}

Test(key_search, asks_about_so_many_records_and_no_more)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct heard heard = {0};
    struct key_search search = searching(&heard);

    put_record("oldest");
    for (int i = 0; i < KEY_RECORDS_ASKED_MAX; i++)
        put_record("other");
    search.fallback = &fixture.envelope;
    search.fallback_name = "at-hand";
    search.all = true;
    expect_found(&search, &found);
    cr_assert_eq(heard.count, KEY_RECORDS_ASKED_MAX + 1u);
    cr_assert_null(strstr(heard.text, "oldest"), "%s", heard.text);
}

/* However many somebody puts before them, and with whatever the KMS would answer. */
Test(key_search, finds_its_own_behind_more_others_than_it_asks_about)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct heard heard = {0};
    const struct key_search search = searching(&heard);

    put_record(CLUSTER_KEY);
    for (int i = 0; i < KEY_RECORDS_ASKED_MAX + 8; i++)
        put_record("other");
    expect_found(&search, &found);
    cr_assert_str_eq(heard.text, "cluster-key+ ");
    cr_assert_eq(cluster_calls, 1u);
}

Test(key_search, reads_so_many_records_and_no_more)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct heard heard = {0};
    struct key_search search = searching(&heard);

    put_record(CLUSTER_KEY); /* out of sight, although its KMS is known */
    for (int i = 0; i < KEY_RECORDS_MAX; i++)
        put_record("other");
    search.fallback = &fixture.envelope;
    search.fallback_name = "at-hand";
    cluster_answer = SEALIFT_KEY;
    expect_found(&search, &found);
    cr_assert_eq(cluster_calls, KEY_RECORDS_ASKED_MAX);
    cr_assert_null(strstr(heard.text, CLUSTER_KEY), "%s", heard.text);
}

/* Many of its own that are of no use: also then it asks about so many, and the one at hand opens. */
Test(key_search, asks_about_no_more_of_its_own_either)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = searching(NULL);

    for (int i = 0; i < KEY_RECORDS_ASKED_MAX + 8; i++)
        put_record(CLUSTER_KEY);
    search.fallback = &fixture.envelope;
    search.fallback_name = "at-hand";
    cluster_answer = SEALIFT_KEY;
    expect_found(&search, &found);
    cr_assert_eq(cluster_calls, KEY_RECORDS_ASKED_MAX);
}

Test(key_search, ends_with_what_the_hearer_says)
{
    struct heard heard = {.limit = 2};
    struct key_search search = searching(&heard);
    struct key_found found;

    for (int i = 0; i < 4; i++)
        put_record(CLUSTER_KEY);
    search.all = true;
    cr_assert_eq(key_search_run(&fixture.world, &search, &found, &err), SEALIFT_CANCELLED);
    cr_assert_eq(heard.count, 2u);
}

/* --- with all that a record holds --- */

/* Of an encrypted filesystem. */
static struct uuid
put_encrypted(struct envelope *envelope, uint64_t generation)
{
    const struct private_part names = {
        .filesystem = "home", .path = "/srv/home", .generation = generation, .encrypted = true};
    const struct key_record_wish wish = {.envelope = envelope, .names = &names, .fs_key = fixture.fs_key};
    struct uuid record;

    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* each is newer than the one before */
    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &record, &err), SEALIFT_OK, "%s", err.message);
    return record;
}

static struct envelope
wrap_both(void)
{
    struct envelope envelope;

    cr_assert_eq(
        keyring_seal(fixture.kms, &(struct kms_errand){.fs = fixture.fs}, fixture.fs_key, at_rest_key, &envelope, &err),
        SEALIFT_OK, "%s", err.message);
    return envelope;
}

Test(key_search, brings_the_names_and_the_at_rest_key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct envelope envelope = wrap_both();
    struct key_search search = searching(NULL);

    put_encrypted(&envelope, 1);
    put_encrypted(&envelope, 5);
    search.whole = true;
    expect_found(&search, &found);
    cr_assert(found.has_names);
    cr_assert_str_eq(found.names.filesystem, "home");
    cr_assert_eq(found.names.generation, 5u);
    cr_assert_not_null(found.at_rest_key);
    cr_assert(secret_equal(found.at_rest_key, at_rest_key));
    cr_assert_eq(found.opened, 1u, "no more was asked than needed");
}

Test(key_search, of_a_filesystem_in_the_clear_misses_no_at_rest_key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = searching(NULL);

    fixture_put_key_record(&fixture, &fixture.envelope);
    fixture_put_key_record(&fixture, &fixture.envelope);
    search.whole = true;
    expect_found(&search, &found);
    cr_assert(found.has_names && found.at_rest_key == NULL);
    cr_assert_eq(found.opened, 1u);
    cr_assert_str_empty(fixture.log);
}

/* Whoever writes the bucket can put a copy there without it: it opens, and whoever relied on it could not unlock. */
Test(key_search, prefers_a_record_that_lost_nothing)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct envelope envelope = wrap_both();
    struct key_search search = searching(NULL);
    struct uuid whole = put_encrypted(&envelope, 1);

    envelope.has_at_rest_key = false;
    put_encrypted(&envelope, 1);
    search.whole = true;
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.record, &whole));
    cr_assert(found.envelope.has_at_rest_key);
    cr_assert(secret_equal(found.at_rest_key, at_rest_key));
    cr_assert_eq(found.opened, 2u);
    cr_assert_not_null(strstr(fixture.log, "at-rest key of the filesystem, which is encrypted, is missing"), "%s",
                       fixture.log);
}

Test(key_search, takes_a_record_that_lost_its_names_when_there_is_no_better_one)
{
    SCOPED(key_found_done) struct key_found found = {0};
    SCOPED(key_record_done)
    struct key_record record = {.fs = fixture.fs, .record = uuid_v7(&fixture.world), .envelope = fixture.envelope};
    SCOPED(buf_done) struct buf text = {0};
    struct key_search search = searching(NULL);
    char name[NAME_SIZE];

    cr_assert_eq(buf_append(&record.sealed_private, "nothing that was ever sealed", 28, &err), SEALIFT_OK);
    cr_assert_eq(key_record_build(&record, &text, &err), SEALIFT_OK);
    name_of_key_record(&fixture.fs, fixture.envelope.key_check, &record.record, name);
    cr_assert_eq(store_put_small(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    search.whole = true;
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.record, &record.record));
    cr_assert_not(found.has_names);
    cr_assert_not_null(strstr(fixture.log, "another wrapping of the key is looked for"), "%s", fixture.log);
}

Test(key_search, says_that_a_key_is_for_one_snapshot_alone)
{
    const struct private_part names = {.filesystem = "home", .snapshot = "monday", .generation = 1, .encrypted = true};
    const struct key_record_wish wish = {
        .envelope = &fixture.envelope, .names = &names, .snapshot = uuid_v7(&fixture.world), .fs_key = fixture.fs_key};
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = searching(NULL);
    struct uuid record;

    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &record, &err), SEALIFT_OK, "%s", err.message);
    search.whole = true;
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.snapshot, &wish.snapshot));
    cr_assert_str_eq(found.names.snapshot, "monday");
    cr_assert_str_empty(fixture.log, "such a key has no at-rest key beside it");
}

Test(key_search, takes_the_at_rest_key_from_the_wrapping_at_hand_when_the_records_lost_it)
{
    SCOPED(key_found_done) struct key_found found = {0};
    const struct envelope at_hand = wrap_both();
    struct envelope envelope = at_hand;
    struct key_search search = searching(NULL);

    envelope.has_at_rest_key = false;
    put_encrypted(&envelope, 1);
    search.fallback = &at_hand;
    search.fallback_name = "at hand";
    expect_found(&search, &found);
    cr_assert_eq(found.opened, 1u, "who does not want it is content with the record");
    key_found_done(&found);

    search.whole = true;
    expect_found(&search, &found);
    cr_assert(uuid_is_zero(&found.record));
    cr_assert(secret_equal(found.at_rest_key, at_rest_key));
}

Test(key_search, without_a_store_has_what_is_at_hand)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = searching(NULL);

    put_record(CLUSTER_KEY);
    search.store = NULL;
    cr_assert_eq(key_search_run(&fixture.world, &search, &found, &err), SEALIFT_NOT_FOUND);
    search.fallback = &fixture.envelope;
    search.fallback_name = "at hand";
    expect_found(&search, &found);
    cr_assert_eq(cluster_calls, 0u);
    cr_assert(uuid_is_zero(&found.newest));
}

/* Two servers have a key of that name each. */
Test(key_search, asks_the_one_that_is_to_be_first_and_says_whether_it_was_that)
{
    static const struct kms_ops ops = {.type = "vault", .unwrap = unwrap_by_cluster, .free = free_cluster};
    struct kms first = {.ops = &ops, .world = &fixture.world};
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = searching(NULL);
    struct uuid record = put_record(CLUSTER_KEY);

    first.place = (struct kms_hint){.type = "vault", .mount = "transit", .key_identifier = "named-otherwise"};
    search.first = &first;
    expect_found(&search, &found);
    cr_assert(found.by_first);
    cr_assert_eq(cluster_calls, 1u);
    cr_assert(uuid_equal(&found.newest, &record));
    key_found_done(&found);

    cluster_answer = SEALIFT_KEY;
    search.fallback = &fixture.envelope;
    search.fallback_name = "at hand";
    expect_found(&search, &found);
    cr_assert_not(found.by_first, "of another type: it was not asked");
    cr_assert_eq(cluster_calls, 3u);
    cluster_answer = SEALIFT_UNAVAILABLE;
    key_found_done(&found);
    cr_assert_eq(key_search_run(&fixture.world, &search, &found, &err), SEALIFT_UNAVAILABLE);
    cr_assert_eq(cluster_calls, 4u, "and nobody else was asked");
}

Test(key_search, looks_at_one_place_alone_when_asked_to)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct heard heard = {0};
    struct key_search search = searching(&heard);
    const struct kms_hint place = {.type = "vault", .mount = "transit", .key_identifier = CLUSTER_KEY};
    struct uuid wanted = put_record(CLUSTER_KEY);

    put_record("second-key");
    fixture_put_key_record(&fixture, &fixture.envelope);
    search.at = &place;
    search.all = true;
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.record, &wanted));
    cr_assert_str_eq(heard.text, CLUSTER_KEY "+ ");
}

Test(key_search, does_not_look_at_a_record_that_is_to_be_left_out)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = searching(NULL);
    struct uuid older = put_record(CLUSTER_KEY), newer = put_record(CLUSTER_KEY);

    search.without = &newer;
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.record, &older));
    key_found_done(&found);
    search.without = &older;
    expect_found(&search, &found);
    cr_assert(uuid_equal(&found.record, &newer));
}
