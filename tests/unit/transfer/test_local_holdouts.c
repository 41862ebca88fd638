#include "local_holdouts.h"

#include "error.h"
#include "fixture_shelf.h"
#include "fixture_snapshot.h"
#include "key_records.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fixture fixture;
static struct shelf *shelf; /* the KMS that takes the local one's place */
static struct sealift_error err;
static char found[4096];

static void
set_up(void)
{
    struct kms *kms;

    fixture_init(&fixture);
    shelf = shelf_new(&fixture.world, "", "cluster-key");
    kms = &shelf->kms;
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(local_holdouts, .init = set_up, .fini = tear_down);

static enum sealift_status
note(void *context, const struct uuid *fs, const char *object, struct sealift_error *ignored)
{
    (void)context;
    (void)ignored;
    cr_assert(uuid_equal(fs, &fixture.fs));
    strncat(strncat(found, object, sizeof(found) - strlen(found) - 2), " ", 2);
    return SEALIFT_OK;
}

static enum sealift_status
find(void)
{
    const struct local_holdouts search = {&fixture.world, fixture.store, fixture.kms, fixture.routes};

    found[0] = '\0';
    return local_holdouts_find(&search, note, NULL, &err);
}

static void
expect(const char *objects)
{
    cr_assert_eq(find(), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found, objects);
}

/* Of the record, and a space behind. */
static const char *
name_of(const struct uuid *record)
{
    static char name[NAME_SIZE + 1];

    name_of_key_record(&fixture.fs, fixture.envelope.key_check, record, name);
    return strcat(name, " ");
}

static struct envelope
wrapped_by(struct kms *kms)
{
    struct kms_errand errand = {.fs = fixture.fs};
    struct envelope envelope;

    cr_assert_eq(keyring_seal(kms, &errand, fixture.fs_key, NULL, &envelope, &err), SEALIFT_OK, "%s", err.message);
    return envelope;
}

static struct uuid
put(struct kms *kms)
{
    const struct envelope envelope = wrapped_by(kms);

    return fixture_put_key_record(&fixture, &envelope);
}

Test(local_holdouts, are_none_in_an_empty_bucket)
{
    expect("");
}

Test(local_holdouts, are_keys_that_only_the_local_one_opens)
{
    struct uuid record;

    put(fixture.kms);
    record = put(fixture.kms);
    expect(name_of(&record));
    put(&shelf->kms);
    expect("");
    put(fixture.kms);
    expect("");
}

/* Who can write the bucket says what he likes. */
Test(local_holdouts, are_not_talked_out_of_it_by_a_record_that_does_not_open)
{
    struct envelope claimed = fixture.envelope;
    struct uuid record = put(fixture.kms);

    claimed.kms = shelf->kms.place;
    fixture_put_key_record(&fixture, &claimed);
    expect(name_of(&record));
}

Test(local_holdouts, may_be_behind_more_records_than_are_looked_at)
{
    struct envelope claimed = fixture.envelope;
    struct uuid record = {0};

    put(fixture.kms);
    claimed.kms = shelf->kms.place;
    for (int i = 0; i < KEY_RECORDS_MAX; i++)
        record = fixture_put_key_record(&fixture, &claimed);
    expect(name_of(&record));
    put(&shelf->kms);
    expect("");
}

/* Nobody is asked about all of them; what opens locally needs nobody to be asked. */
Test(local_holdouts, may_be_among_more_records_than_are_asked_about)
{
    struct envelope claimed = fixture.envelope;
    struct uuid record = put(fixture.kms), newest = {0};
    char name[NAME_SIZE];

    claimed.kms = shelf->kms.place;
    for (int i = 0; i < KEY_RECORDS_ASKED_MAX + 1; i++)
        newest = fixture_put_key_record(&fixture, &claimed);
    expect(name_of(&record));
    name_of_key_record(&fixture.fs, fixture.envelope.key_check, &record, name);
    cr_assert_eq(store_delete(fixture.store, name, &err), SEALIFT_OK);
    expect(name_of(&newest));
}

/* What was wrapped by the key of another machine is lost, or not, whatever becomes of ours. */
Test(local_holdouts, are_not_what_the_local_key_does_not_open)
{
    SCOPED(kms_free) struct kms *other = NULL;
    const struct kms_config config = {.type = KMS_LOCAL};

    fixture_make_folder(&fixture, "other");
    cr_assert_eq(kms_open(&fixture.world, &config, fixture_path(&fixture, "other"), &other, &err), SEALIFT_OK);
    put(other);
    expect("");
}

Test(local_holdouts, are_manifests_whose_key_has_no_record)
{
    struct locator locator;
    struct upload_outcome outcome;
    char manifest[NAME_SIZE + 1];

    fixture_make_folder(&fixture, "tree");
    fixture_write_text(&fixture, "tree/file", "text");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "tree", &locator, &outcome, &err), SEALIFT_OK, "%s",
                 err.message);
    name_of_manifest(&locator.fs, &locator.snapshot, manifest);
    expect(strcat(manifest, " "));
    put(&shelf->kms);
    expect("");
}

Test(local_holdouts, are_not_known_while_the_other_kms_is_away)
{
    put(fixture.kms);
    put(&shelf->kms);
    shelf->fails = SEALIFT_UNAVAILABLE;
    cr_assert_eq(find(), SEALIFT_UNAVAILABLE);
    shelf->fails = SEALIFT_DENIED;
    cr_assert_eq(find(), SEALIFT_OK);
    cr_assert_neq(found[0], '\0', "what it refuses to open it does not open");
}
