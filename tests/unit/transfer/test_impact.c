#include "impact.h"

#include "fixture_kms.h"
#include "fixture_snapshot.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct fixture fixture;
static struct sealift_error err;
static struct fixture_kms server;
static struct fixture_kms_key *tenant, *other;
static struct condemned condemned;
static struct kms *condemned_kms, *tenant_kms;
static struct locator locator;
static struct impact_outcome outcome;
static struct evidence *evidence;
static struct survey_fs table;
static bool with_table;

/* What was told. */
static struct impact_finding found_fs, found_key, found_snapshot;

/* The tenant's key wraps the filesystem's, and is condemned. The cluster's KMS is another one of the same server. */
static void
set_up(void)
{
    struct upload_outcome uploaded;
    struct kms *kms;

    fixture_init(&fixture);
    tenant = fixture_kms_add(&server, "team/a", "tenant-key");
    other = fixture_kms_add(&server, "", "other-key");
    kms = fixture_kms_connect(&server, &fixture.world, other);
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
    kms = tenant_kms = fixture_kms_connect(&server, &fixture.world, tenant);
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_OWN, &kms, &err), SEALIFT_OK);
    condemned_kms = fixture_kms_connect(&server, &fixture.world, tenant);
    condemned = (struct condemned){.place = tenant->place, .kms = condemned_kms};

    cr_assert_eq(
        keyring_seal(tenant_kms, &(struct kms_errand){.fs = fixture.fs}, fixture.fs_key, NULL, &fixture.envelope, &err),
        SEALIFT_OK, "%s", err.message);
    fixture_make_folder(&fixture, "a");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &uploaded, &err), SEALIFT_OK, "%s",
                 err.message);
    fixture_put_key_record(&fixture, &fixture.envelope);
    table = (struct survey_fs){.name = "home", .uuid = fixture.fs, .envelope = fixture.envelope};
}

static void
tear_down(void)
{
    kms_free(&condemned_kms);
    fixture_done(&fixture);
}

TestSuite(impact, .init = set_up, .fini = tear_down);

static enum sealift_status
plan(void *context, struct survey_run *run, struct sealift_error *plan_err)
{
    struct store *store;

    (void)context;
    if (with_table)
        TRY(survey_filesystem(run, &table, plan_err));
    TRY(store_faulty_new(fixture.store, NULL, NULL, &store, plan_err)); /* the survey frees it */
    return survey_bucket(run, &store, plan_err);
}

static enum sealift_status
tell(void *context, const struct survey_item *item, const struct impact_finding *finding,
     struct sealift_error *tell_err)
{
    (void)context;
    (void)tell_err;
    if (item->kind == SURVEY_FILESYSTEM)
        found_fs = *finding;
    if (item->kind == SURVEY_KEY)
        found_key = *finding;
    if (item->kind == SURVEY_SNAPSHOT)
        found_snapshot = *finding;
    return SEALIFT_OK;
}

static enum sealift_status
try_to_run(void)
{
    const struct impact_request request = {
        .world = &fixture.world,
        .routes = fixture.routes,
        .condemned = &condemned,
        .evidence = evidence,
        .progress = fixture.progress,
        .threads = 4,
        .plan = plan,
        .each = tell,
    };

    return impact_run(&request, &outcome, &err);
}

static void
run(void)
{
    cr_assert_eq(try_to_run(), SEALIFT_OK, "%s", err.message);
}

static void
expect(enum impact_verdict key, enum impact_verdict snapshot)
{
    run();
    cr_assert_str_eq(impact_verdict_name(found_key.verdict), impact_verdict_name(key), "the key: %s",
                     found_key.tally.failure.message);
    cr_assert_str_eq(impact_verdict_name(found_snapshot.verdict), impact_verdict_name(snapshot), "the snapshot: %s %s",
                     found_snapshot.tally.failure.message, found_snapshot.problem.message);
}

static struct envelope
wrap_by(struct kms *kms)
{
    struct envelope envelope;

    cr_assert_eq(keyring_seal(kms, &(struct kms_errand){.fs = fixture.fs}, fixture.fs_key, NULL, &envelope, &err),
                 SEALIFT_OK, "%s", err.message);
    return envelope;
}

static struct envelope
wrap_by_other(void)
{
    struct kms *kms;

    cr_assert_eq(kms_routes_first(fixture.routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
    return wrap_by(kms);
}

/* The one record, and the manifest's own wrapping, say something else of themselves. Neither is authenticated. */
static void
forge_hints(const struct kms_hint *hint)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    struct key_records records;
    char name[NAME_SIZE];

    fixture.envelope.kms = *hint;
    cr_assert_eq(key_records_list(fixture.store, &fixture.fs, fixture.envelope.key_check, &records, &err), SEALIFT_OK);
    for (size_t i = 0; i < key_records_count(&records); i++) {
        name_of_key_record(&fixture.fs, fixture.envelope.key_check, key_records_newest(&records, i), name);
        cr_assert_eq(store_delete(fixture.store, name, &err), SEALIFT_OK);
    }
    fixture_put_key_record(&fixture, &fixture.envelope);

    cr_assert_eq(manifest_fetch(fixture.store, &locator, &manifest, &err), SEALIFT_OK);
    manifest.envelope.kms = *hint;
    buf_clear(&manifest.body);
    cr_assert_eq(manifest_build(&manifest, fixture.fs_key, &text, &err), SEALIFT_OK, "%s", err.message);
    name_of_manifest(&locator.fs, &locator.snapshot, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
}

static struct kms_hint
hint(const char *type, const char *name_space, const char *mount, const char *key, int64_t version)
{
    struct kms_hint made = {.key_version = version};

    snprintf(made.type, sizeof(made.type), "%s", type);
    snprintf(made.name_space, sizeof(made.name_space), "%s", name_space);
    snprintf(made.mount, sizeof(made.mount), "%s", mount);
    snprintf(made.key_identifier, sizeof(made.key_identifier), "%s", key);
    return made;
}

/* --- what is shown --- */

Test(impact, what_only_the_condemned_key_opens_dies)
{
    with_table = true;
    expect(IMPACT_DIES, IMPACT_DIES);
    cr_assert_eq(found_fs.verdict, IMPACT_DIES);
    cr_assert_eq(outcome.dies, 3u);
    cr_assert_eq(found_snapshot.tally.wrappings, 2u);
    cr_assert_eq(found_snapshot.tally.condemned, 2u);
    cr_assert_str_eq(found_snapshot.tally.by.key_identifier, "tenant-key");
    cr_assert_str_eq(found_snapshot.snapshot, "monday");
}

Test(impact, opens_each_distinct_wrapping_once)
{
    with_table = true;
    atomic_store(&server.unwraps, 0);
    run();
    cr_assert_eq(atomic_load(&server.unwraps), 1u, "table, record and manifest carry the same: %u",
                 atomic_load(&server.unwraps));
}

Test(impact, what_another_key_opens_survives)
{
    struct envelope envelope = wrap_by_other();

    fixture_put_key_record(&fixture, &envelope);
    with_table = true;
    expect(IMPACT_SURVIVES, IMPACT_SURVIVES);
    cr_assert_str_eq(found_snapshot.tally.by.key_identifier, "other-key");
    cr_assert_eq(found_snapshot.tally.opened, IMPACT_RECORD);
    cr_assert_eq(found_snapshot.tally.condemned, 2u);
    cr_assert_eq(found_snapshot.tally.others, 1u);
    cr_assert_eq(found_fs.verdict, IMPACT_DIES, "the table has the old wrapping");
}

Test(impact, of_several_that_survive_the_newest_record_is_named)
{
    struct envelope first = wrap_by_other(), second = wrap_by_other();
    struct uuid newest;

    fixture_put_key_record(&fixture, &first);
    newest = fixture_put_key_record(&fixture, &second);
    fixture_put_key_record(&fixture, &fixture.envelope);
    run();
    cr_assert(uuid_equal(&found_snapshot.tally.record, &newest));
    cr_assert_eq(found_snapshot.tally.others, 2u);
}

Test(impact, a_key_that_wraps_nothing_is_not_needed)
{
    with_table = true;
    condemned.place = other->place;
    kms_free(&condemned_kms);
    condemned.kms = condemned_kms = fixture_kms_connect(&server, &fixture.world, other);
    expect(IMPACT_SURVIVES, IMPACT_SURVIVES);
    cr_assert_eq(found_fs.verdict, IMPACT_SURVIVES);
}

Test(impact, versions_are_told_apart_by_the_ciphertext)
{
    struct envelope envelope;

    tenant->latest = 2;
    envelope = wrap_by(tenant_kms);
    condemned.below_version = 2;
    expect(IMPACT_DIES, IMPACT_DIES);
    fixture_put_key_record(&fixture, &envelope);
    expect(IMPACT_SURVIVES, IMPACT_SURVIVES);
    cr_assert_eq(found_snapshot.tally.by.key_version, 2);
    condemned.below_version = 3;
    expect(IMPACT_DIES, IMPACT_DIES);
    condemned.below_version = 0;
    expect(IMPACT_DIES, IMPACT_DIES);
}

/* --- what is forged --- */

Test(impact, a_forged_version_changes_nothing)
{
    struct kms_hint forged = tenant->place;

    forged.key_version = 9;
    forge_hints(&forged);
    condemned.below_version = 2;
    expect(IMPACT_DIES, IMPACT_DIES);
    cr_assert_eq(found_snapshot.tally.by.key_version, 1);
}

Test(impact, a_forged_namespace_key_or_type_changes_nothing)
{
    const struct kms_hint forged[] = {
        hint("vault", "", "transit", "other-key", 1),      hint("vault", "team/b", "transit", "tenant-key", 1),
        hint("vault", "team/a", "elsewhere", "a-key", 1),  hint("kmip", "", "", "7", 0),
        hint("vault", "team/a", "transit", "no-key", 100),
    };

    for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
        forge_hints(&forged[i]);
        expect(IMPACT_DIES, IMPACT_DIES);
        cr_assert_str_eq(found_key.tally.by.key_identifier, "tenant-key");
    }
}

Test(impact, the_condemned_key_by_another_of_its_names_is_the_condemned)
{
    const struct kms_hint alias = hint("vault", "", "team/a/transit", "tenant-key", 1);

    /* Only the cluster's login is at hand, which may go everywhere, as a root token may. */
    kms_routes_free(&fixture.routes);
    cr_assert_eq(kms_routes_new(&fixture.world, &(struct kms_routes_options){.home = fixture.scratch.path},
                                &fixture.routes, &err),
                 SEALIFT_OK);
    tenant_kms = fixture_kms_connect(&server, &fixture.world, other);
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_CLUSTER, &tenant_kms, &err), SEALIFT_OK);
    forge_hints(&alias);
    expect(IMPACT_DIES, IMPACT_DIES);
    cr_assert_str_eq(found_key.tally.by.mount, "team/a/transit");
}

static enum sealift_status
not_now(struct kms *kms, struct kms_errand *errand, const struct kms_hint *asked, const char *wrapped_kek,
        struct secret **ret_kek, struct sealift_error *kms_err)
{
    (void)kms;
    (void)errand;
    (void)asked;
    (void)wrapped_kek;
    (void)ret_kek;
    kms_err->status = SEALIFT_DENIED;
    snprintf(kms_err->message, sizeof(kms_err->message), "the policy");
    return SEALIFT_DENIED;
}

Test(impact, a_key_that_only_the_bucket_names_counts_when_the_condemned_was_asked_too)
{
    struct fixture_kms_key *hinted = fixture_kms_add(&server, "", "hinted-key");
    struct kms *kms = fixture_kms_connect(&server, &fixture.world, hinted);
    struct envelope envelope = wrap_by(kms);
    struct kms_ops refusing = *condemned_kms->ops;

    kms_free(&kms);
    fixture_put_key_record(&fixture, &envelope);
    expect(IMPACT_SURVIVES, IMPACT_SURVIVES);
    cr_assert_str_eq(found_key.tally.by.key_identifier, "hinted-key");

    refusing.unwrap = not_now;
    condemned_kms->ops = &refusing;
    expect(IMPACT_DIES, IMPACT_DIES);
    cr_assert_eq(found_key.tally.others, 0u);
    cr_assert_not_null(strstr(found_key.tally.failure.message, "could not be shown"), "%s",
                       found_key.tally.failure.message);
}

Test(impact, a_record_that_holds_another_key_saves_nothing)
{
    SCOPED(secret_free) struct secret *wrong = NULL;
    struct envelope forged = wrap_by_other();
    struct envelope holds_wrong;
    struct kms *kms;

    cr_assert_eq(kms_routes_first(fixture.routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
    cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &wrong, &err), SEALIFT_OK);
    cr_assert_eq(keyring_seal(kms, &(struct kms_errand){.fs = fixture.fs}, wrong, NULL, &holds_wrong, &err),
                 SEALIFT_OK);
    memcpy(holds_wrong.key_check, forged.key_check, sizeof(forged.key_check)); /* it names ours */
    fixture_put_key_record(&fixture, &holds_wrong);
    expect(IMPACT_DIES, IMPACT_DIES);
    cr_assert_eq(found_key.tally.wrappings, 2u);
    cr_assert_eq(found_key.tally.others, 0u);
}

static void
put_garbage(void)
{
    const struct uuid record = uuid_v7(&fixture.world);
    char name[NAME_SIZE];

    name_of_key_record(&fixture.fs, fixture.envelope.key_check, &record, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("{\"what\":"), &err), SEALIFT_OK);
}

Test(impact, no_crowd_of_damaged_records_hides_one_that_opens)
{
    struct envelope envelope = wrap_by_other();

    fixture_put_key_record(&fixture, &envelope);
    for (int i = 0; i < 2 * KEY_RECORDS_MAX; i++)
        put_garbage();
    expect(IMPACT_SURVIVES, IMPACT_SURVIVES);
    cr_assert_eq(found_key.tally.wrappings, 2u + 2 * KEY_RECORDS_MAX);
}

/* Who could have it judged by another FS key of the filesystem, which survives? */
Test(impact, a_manifest_that_is_not_authentic_is_unknown)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(secret_free) struct secret *second = NULL;
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    struct envelope envelope;
    struct kms *kms;
    char name[NAME_SIZE];

    cr_assert_eq(kms_routes_first(fixture.routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
    cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &second, &err), SEALIFT_OK);
    cr_assert_eq(keyring_seal(kms, &(struct kms_errand){.fs = fixture.fs}, second, NULL, &envelope, &err), SEALIFT_OK);
    cr_assert_eq(manifest_fetch(fixture.store, &locator, &manifest, &err), SEALIFT_OK);
    manifest.envelope = envelope;
    memcpy(manifest.key_check, envelope.key_check, sizeof(manifest.key_check));
    buf_clear(&manifest.body);
    cr_assert_eq(manifest_build(&manifest, fixture.fs_key, &text, &err), SEALIFT_OK, "%s", err.message);
    name_of_manifest(&locator.fs, &locator.snapshot, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    run();
    cr_assert_eq(found_snapshot.tally.others, 1u, "the key that it names survives");
    cr_assert_eq(found_snapshot.verdict, IMPACT_UNKNOWN);
    cr_assert_eq(found_snapshot.problem.status, SEALIFT_CORRUPT, "%s", found_snapshot.problem.message);
}

Test(impact, a_manifest_that_was_altered_is_unknown_though_its_key_opens)
{
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    char name[NAME_SIZE], *at;

    name_of_manifest(&locator.fs, &locator.snapshot, name);
    cr_assert_eq(store_get(fixture.store, name, MANIFEST_MAX_SIZE, &text, &err), SEALIFT_OK);
    at = memmem(text.data, text.len, "\"entries\":1", 11);
    cr_assert_not_null(at);
    at[10] = '2';
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    expect(IMPACT_DIES, IMPACT_UNKNOWN);
    cr_assert_eq(found_snapshot.tally.condemned, 2u);
}

Test(impact, a_manifest_that_makes_no_sense_is_unknown)
{
    char name[NAME_SIZE];

    name_of_manifest(&locator.fs, &locator.snapshot, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, bytes_of_text("{"), &err), SEALIFT_OK);
    expect(IMPACT_DIES, IMPACT_UNKNOWN);
}

/* --- what cannot be shown --- */

Test(impact, a_key_that_is_gone_is_claimed)
{
    with_table = true;
    tenant->destroyed = true;
    expect(IMPACT_CLAIMED, IMPACT_CLAIMED);
    cr_assert_eq(found_fs.verdict, IMPACT_CLAIMED);
    cr_assert_eq(outcome.claimed, 3u);
    cr_assert_eq(outcome.survives, 0u);
}

Test(impact, what_is_gone_and_claims_to_be_something_else_is_unknown)
{
    const struct kms_hint forged = hint("vault", "", "transit", "other-key", 1);

    forge_hints(&forged);
    tenant->destroyed = true;
    expect(IMPACT_UNKNOWN, IMPACT_UNKNOWN);
}

Test(impact, a_version_that_is_retired_is_claimed)
{
    tenant->latest = tenant->least = 2;
    condemned.below_version = 2;
    expect(IMPACT_CLAIMED, IMPACT_CLAIMED);
    condemned.below_version = 1;
    expect(IMPACT_UNKNOWN, IMPACT_UNKNOWN);
}

Test(impact, a_retired_version_is_claimed_by_its_ciphertext_whatever_the_hint_says)
{
    struct kms_hint forged = tenant->place;

    forged.key_version = 9;
    forge_hints(&forged);
    tenant->latest = tenant->least = 2;
    condemned.below_version = 2;
    expect(IMPACT_CLAIMED, IMPACT_CLAIMED);
}

Test(impact, a_version_that_is_not_known_may_be_any)
{
    struct kms_hint by = tenant->place;

    condemned.below_version = 2;
    cr_assert(condemned_is(&condemned, &by));
    by.key_version = 2;
    cr_assert_not(condemned_is(&condemned, &by));
    by.key_version = 1;
    cr_assert(condemned_is(&condemned, &by));
}

Test(impact, a_kmip_key_is_the_same_in_capitals)
{
    const struct condemned uid = {.place = hint("kmip", "", "", "ab-1", 0)};
    const struct kms_hint capitals = hint("kmip", "", "", "AB-1", 0), another = hint("kmip", "", "", "ab-2", 0);

    cr_assert(condemned_is(&uid, &capitals));
    cr_assert_not(condemned_is(&uid, &another));
}

Test(impact, a_kms_that_is_away_leaves_the_list_incomplete)
{
    server.away = true;
    expect(IMPACT_CLAIMED, IMPACT_CLAIMED);
    cr_assert_eq(outcome.waiting.status, SEALIFT_UNAVAILABLE);
}

/* --- at-rest keys --- */

/* Else what another key opens would count for what nothing does. */
Test(impact, ends_when_it_cannot_be_recorded)
{
    fixture.log_is_full = true;
    cr_assert_eq(try_to_run(), SEALIFT_IO);
    cr_assert_str_eq(err.message, "the log is full");
    cr_assert_eq(found_snapshot.tally.wrappings, 0u, "nothing is told");
}

Test(impact, an_at_rest_key_that_only_the_condemned_has_dies)
{
    SCOPED(secret_free) struct secret *at_rest = NULL;
    struct envelope with_at_rest, without = wrap_by_other();

    cr_assert_eq(secret_random(&fixture.world, AT_REST_KEY_SIZE, &at_rest, &err), SEALIFT_OK);
    cr_assert_eq(
        keyring_seal(tenant_kms, &(struct kms_errand){.fs = fixture.fs}, fixture.fs_key, at_rest, &with_at_rest, &err),
        SEALIFT_OK);
    fixture_put_key_record(&fixture, &with_at_rest);
    fixture_put_key_record(&fixture, &without);
    expect(IMPACT_DIES, IMPACT_SURVIVES);
    cr_assert_eq(found_key.tally.at_rest, 1u);
}

Test(impact, a_filesystem_whose_at_rest_key_is_another_one_is_unknown)
{
    table.envelope = wrap_by_other();
    with_table = true;
    run();
    cr_assert_eq(found_fs.verdict, IMPACT_SURVIVES);
    snprintf(table.at_rest, sizeof(table.at_rest), "00112233445566778899aabbccddeeff");
    run();
    cr_assert_eq(found_fs.verdict, IMPACT_UNKNOWN);
}

/* --- evidence --- */

static const char *
read_evidence(void)
{
    static char text[65536];
    FILE *file = fopen(fixture_path(&fixture, "evidence"), "r");
    size_t len;

    cr_assert_not_null(file);
    len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

Test(impact, evidence_names_each_wrapping_and_what_else_opens_it)
{
    const struct evidence_header header = {.command = "kms impact"};
    struct envelope envelope = wrap_by_other();
    struct uuid record = fixture_put_key_record(&fixture, &envelope);
    char name[NAME_SIZE], wanted[2 * NAME_SIZE];
    const char *text;

    with_table = true;
    put_garbage();
    cr_assert_eq(evidence_begin(&fixture.world, fixture_path(&fixture, "evidence"), &header, &evidence, &err),
                 SEALIFT_OK);
    run();
    cr_assert_eq(evidence_settle(evidence, &err), SEALIFT_OK);
    text = read_evidence();
    name_of_key_record(&fixture.fs, fixture.envelope.key_check, &record, name);
    snprintf(wanted, sizeof(wanted), "\"finding\":\"survives: %s opens, by key other-key\"", name);
    cr_assert_not_null(strstr(text, wanted), "%s", text);
    snprintf(wanted, sizeof(wanted), "{\"evidence\":\"wrapping\",\"object\":\"%s\"", name);
    cr_assert_not_null(strstr(text, wanted), "%s", text);
    cr_assert_not_null(strstr(text, "{\"evidence\":\"wrapping\",\"object\":null"), "the table's: %s", text);
    cr_assert_not_null(strstr(text, "\"opens\":\"other\",\"by\":{\"type\":\"vault\",\"namespace\":null,\"mount\":"
                                    "\"transit\",\"key_identifier\":\"other-key\",\"key_version\":1}"),
                       "%s", text);
    cr_assert_not_null(strstr(text, "\"kind\":\"manifest\""), "%s", text);
    evidence_free(&evidence);
}
