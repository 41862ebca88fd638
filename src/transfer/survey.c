#include "survey.h"

#include "error.h"
#include "relay.h"
#include "scoped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A bucket, kept until nobody looks into it any more. */
struct bucket {
    struct bucket *next;
    struct store *store;
};

struct survey_run {
    const struct survey *survey;
    struct relay_run *relay; /* the planning thread's, ... */
    struct bucket *buckets;  /* ... as these are */
};

static void
item_done(void *pointer)
{
    struct survey_item *item = pointer;

    free(item->table);
    free(item->finding);
    item->table = NULL;
    item->finding = NULL;
}

/* --- planning --- */

/* With a finding; what it owns is taken over. */
static enum sealift_status
hand_in(struct survey_run *run, struct survey_item *item, struct sealift_error *err)
{
    item->finding = calloc(1, run->survey->finding_size);
    if (item->finding == NULL) {
        item_done(item);
        return error_no_memory(err);
    }
    return relay_hand_in(run->relay, item, err);
}

enum sealift_status
survey_filesystem(struct survey_run *run, const struct survey_fs *fs, struct sealift_error *err)
{
    struct survey_item item = {.kind = SURVEY_FILESYSTEM, .fs = fs->uuid, .table = malloc(sizeof(*item.table))};

    if (item.table == NULL)
        return error_no_memory(err);
    *item.table = *fs;
    memcpy(item.filesystem, fs->name, sizeof(item.filesystem));
    memcpy(item.key_check, fs->envelope.key_check, sizeof(item.key_check));
    return hand_in(run, &item, err);
}

enum sealift_status
survey_missing(struct survey_run *run, const char *url, const struct sealift_error *failure, struct sealift_error *err)
{
    struct survey_item item = {.kind = SURVEY_STORE, .failure = *failure};

    snprintf(item.url, sizeof(item.url), "%s", url);
    return hand_in(run, &item, err);
}

/* One filesystem of a bucket, while it is listed. */
struct folder {
    struct survey_run *run;
    struct store *store;
    struct uuid fs;
    char name[256];
};

static void
begin_of_folder(const struct folder *folder, enum survey_kind kind, struct survey_item *ret_item)
{
    *ret_item = (struct survey_item){.kind = kind, .store = folder->store, .fs = folder->fs};
    memcpy(ret_item->url, folder->store->url, sizeof(ret_item->url));
    memcpy(ret_item->filesystem, folder->name, sizeof(ret_item->filesystem));
}

static enum sealift_status
hand_in_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
            struct sealift_error *err)
{
    const struct folder *folder = context;
    struct survey_item item;

    (void)newest;
    (void)count;
    begin_of_folder(folder, SURVEY_KEY, &item);
    memcpy(item.key_check, key_check, KEY_CHECK_SIZE);
    return hand_in(folder->run, &item, err);
}

static enum sealift_status
hand_in_snapshot(void *context, const struct store_object *object, struct sealift_error *err)
{
    const struct folder *folder = context;
    struct survey_item item;
    struct uuid fs, upload;

    if (!name_parse_manifest(object->name, &fs, &upload))
        return SEALIFT_OK;
    begin_of_folder(folder, SURVEY_SNAPSHOT, &item);
    item.upload = upload;
    item.size = object->size;
    return hand_in(folder->run, &item, err);
}

/* Where one listing fails the other is still of use. */
static enum sealift_status
judge_listing(struct folder *folder, enum sealift_status status, struct sealift_error *err)
{
    const struct sealift_error failure = *err;

    if (status == SEALIFT_OK || error_ends_all(status))
        return status;
    return survey_missing(folder->run, folder->store->url, &failure, err);
}

static enum sealift_status
survey_folder(void *context, const char *name, struct sealift_error *err)
{
    struct folder *folder = context;
    char prefix[NAME_SIZE];

    if (!uuid_parse(name, &folder->fs))
        return SEALIFT_OK;
    folder->name[0] = '\0';
    if (folder->run->survey->name != NULL)
        folder->run->survey->name(folder->run->survey->plan_context, &folder->fs, folder->name);
    TRY(judge_listing(folder, key_records_each_key(folder->store, &folder->fs, hand_in_key, folder, err), err));
    name_of_manifests(&folder->fs, prefix);
    return judge_listing(folder, store_list(folder->store, prefix, NULL, hand_in_snapshot, folder, err), err);
}

enum sealift_status
survey_bucket(struct survey_run *run, struct store **store, struct sealift_error *err)
{
    struct bucket *bucket = malloc(sizeof(*bucket));
    struct folder folder = {.run = run, .store = *store};

    if (bucket == NULL) {
        store_free(store);
        return error_no_memory(err);
    }
    *bucket = (struct bucket){run->buckets, TAKE(*store)};
    run->buckets = bucket;
    return judge_listing(&folder, store_list_folders(bucket->store, NAME_FS, survey_folder, &folder, err), err);
}

static enum sealift_status
plan(void *context, struct relay_run *relay, struct sealift_error *err)
{
    struct survey_run *run = context;

    run->relay = relay;
    return run->survey->plan(run->survey->plan_context, run, err);
}

/* --- looking and telling --- */

static enum sealift_status
look(void *context, void *item, struct sealift_error *err)
{
    const struct survey_run *run = context;
    const struct survey *survey = run->survey;

    return ((struct survey_item *)item)->kind != SURVEY_STORE ? survey->look(survey->context, item, err) : SEALIFT_OK;
}

static enum sealift_status
tell(void *context, void *item, struct sealift_error *err)
{
    const struct survey_run *run = context;
    const struct survey *survey = run->survey;

    TRY(survey->tell(survey->context, item, err));
    progress_add(survey->progress, 1, 0, 0, 0);
    return SEALIFT_OK;
}

/* --- the run --- */

static void
run_done(struct survey_run *run)
{
    while (run->buckets != NULL) {
        struct bucket *bucket = run->buckets;

        run->buckets = bucket->next;
        store_free(&bucket->store);
        free(bucket);
    }
}

enum sealift_status
survey_run(const struct survey *survey, struct sealift_error *err)
{
    SCOPED(run_done) struct survey_run run = {.survey = survey};
    const struct relay relay = {
        .world = survey->world,
        .threads = survey->threads,
        .window = 4 * survey->threads,
        .item_size = sizeof(struct survey_item),
        .item_done = item_done,
        .plan = plan,
        .look = look,
        .tell = tell,
        .context = &run,
    };

    progress_stage(survey->progress, survey->stage);
    return relay_run(&relay, err);
}
