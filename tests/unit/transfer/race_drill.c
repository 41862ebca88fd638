/* A drill, an impact and a recovery with many threads, for ThreadSanitizer: many snapshots of one key, and more keys
 * than are remembered. */
#include "drill.h"
#include "fixture_snapshot.h"
#include "impact.h"
#include "recovery.h"
#include "store_faulty.h"

#include <stdio.h>
#include <stdlib.h>

#define KEYS    100
#define THREADS 8

static struct fixture fixture;
static uint64_t told;

static void
must(enum sealift_status status, const struct sealift_error *err)
{
    if (status == SEALIFT_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    abort();
}

/* Each with a record of its own, and three snapshots of the fixture's. */
static void
fill(void)
{
    struct upload_outcome outcome;
    struct locator locator;
    struct sealift_error err;

    fixture_make_folder(&fixture, "a");
    for (int i = 0; i < 3; i++)
        must(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), &err);
    for (int i = 0; i < KEYS; i++) {
        const struct private_part names = {.filesystem = "home", .path = "/srv/home", .generation = 1};
        struct key_record_wish wish = {.names = &names};
        struct envelope envelope;
        struct secret *fs_key;
        struct uuid record;

        must(secret_random(&fixture.world, FS_KEY_SIZE, &fs_key, &err), &err);
        must(keyring_seal(fixture.kms, &(struct kms_errand){.fs = fixture.fs}, fs_key, NULL, &envelope, &err), &err);
        wish.envelope = &envelope;
        wish.fs_key = fs_key;
        must(key_record_put(&fixture.world, fixture.store, &wish, &record, &err), &err);
        secret_free(&fs_key);
    }
}

/* Twice the same bucket: what is remembered is asked for again, and some of it is gone by then. */
static enum sealift_status
plan(void *context, struct survey_run *run, struct sealift_error *err)
{
    struct store *store;

    (void)context;
    for (int i = 0; i < 2; i++) {
        must(store_faulty_new(fixture.store, NULL, NULL, &store, err), err); /* the survey frees it */
        must(survey_bucket(run, &store, err), err);
    }
    return SEALIFT_OK;
}

static enum sealift_status
tell_drill(void *context, const struct survey_item *item, const struct drill_finding *finding,
           struct sealift_error *err)
{
    (void)context;
    (void)item;
    (void)err;
    told += finding->failure.status == SEALIFT_OK ? 1 : 0;
    return SEALIFT_OK;
}

static enum sealift_status
tell_impact(void *context, const struct survey_item *item, const struct impact_finding *finding,
            struct sealift_error *err)
{
    (void)context;
    (void)item;
    (void)err;
    told += finding->verdict == IMPACT_DIES ? 1 : 0;
    return SEALIFT_OK;
}

static void
run(void)
{
    const struct condemned condemned = {.place = {.type = "local"}, .kms = fixture.kms};
    const struct drill_request drill = {
        .world = &fixture.world,
        .routes = fixture.routes,
        .progress = fixture.progress,
        .threads = THREADS,
        .plan = plan,
        .each = tell_drill,
    };
    const struct impact_request impact = {
        .world = &fixture.world,
        .routes = fixture.routes,
        .condemned = &condemned,
        .progress = fixture.progress,
        .threads = THREADS,
        .plan = plan,
        .each = tell_impact,
    };
    struct drill_outcome drilled;
    struct impact_outcome impacted;
    struct sealift_error err;

    must(drill_run(&drill, &drilled, &err), &err);
    must(impact_run(&impact, &impacted, &err), &err);
}

static enum sealift_status
tell_recovered(void *context, const struct manifest *manifest, const struct private_part *names,
               struct sealift_error *err)
{
    (void)context;
    (void)manifest;
    (void)names;
    (void)err;
    told++;
    return SEALIFT_OK;
}

static void
recover(void)
{
    const struct recovery recovery = {
        .world = &fixture.world,
        .store = fixture.store,
        .routes = fixture.routes,
        .fs = fixture.fs,
        .threads = THREADS,
    };
    struct key_found found;
    struct kms_hint claim;
    uint64_t passed_over;
    struct sealift_error err;

    must(recovery_key(&recovery, false, &found, &claim, &err), &err);
    must(recovery_snapshots(&recovery, &found, tell_recovered, NULL, &passed_over, &err), &err);
    key_found_done(&found);
}

int
main(void)
{
    fixture_init(&fixture);
    fill();
    run();
    recover();
    fixture_done(&fixture);
    if (told != 2 * 2 * (KEYS + 3) + 3) {
        fprintf(stderr, "%llu were told\n", (unsigned long long)told);
        return 1;
    }
    return 0;
}
