#include "survey.h"

#include "crew.h"
#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A bucket, kept until nobody looks into it any more. */
struct bucket {
    struct bucket *next;
    struct store *store;
};

/* An item on its way; its place in the line. */
struct ticket {
    uint64_t number;
    struct survey_item item;
};

struct survey_run {
    const struct survey *survey;
    struct queue *queue;       /* struct ticket: to be looked at */
    struct sequence *sequence; /* struct ticket: to be told */
    struct bucket *buckets;    /* the planning thread's */
};

static void
ticket_free(struct ticket **ticket)
{
    if (*ticket == NULL)
        return;
    free((*ticket)->item.table);
    free((*ticket)->item.finding);
    free(*ticket);
    *ticket = NULL;
}

static enum sealift_status
ticket_new(const struct survey *survey, enum survey_kind kind, struct ticket **ret_ticket, struct sealift_error *err)
{
    SCOPED(ticket_free) struct ticket *ticket = calloc(1, sizeof(*ticket));

    if (ticket == NULL)
        return error_no_memory(err);
    ticket->item.kind = kind;
    ticket->item.finding = calloc(1, survey->finding_size);
    if (ticket->item.finding == NULL)
        return error_no_memory(err);
    *ret_ticket = TAKE(ticket);
    return SEALIFT_OK;
}

/* --- planning --- */

/* Takes it over when it succeeds. */
static enum sealift_status
hand_in(struct survey_run *run, struct ticket **ticket, struct sealift_error *err)
{
    TRY(world_check_cancel(run->survey->world, err));
    if (!sequence_ticket(run->sequence, &(*ticket)->number) || !queue_push(run->queue, *ticket))
        return error_set(err, SEALIFT_CANCELLED, "the survey was stopped");
    *ticket = NULL;
    return SEALIFT_OK;
}

enum sealift_status
survey_filesystem(struct survey_run *run, const struct survey_fs *fs, struct sealift_error *err)
{
    SCOPED(ticket_free) struct ticket *ticket = NULL;
    struct survey_item *item;

    TRY(ticket_new(run->survey, SURVEY_FILESYSTEM, &ticket, err));
    item = &ticket->item;
    item->table = malloc(sizeof(*item->table));
    if (item->table == NULL)
        return error_no_memory(err);
    *item->table = *fs;
    item->fs = fs->uuid;
    memcpy(item->filesystem, fs->name, sizeof(item->filesystem));
    memcpy(item->key_check, fs->envelope.key_check, sizeof(item->key_check));
    return hand_in(run, &ticket, err);
}

enum sealift_status
survey_missing(struct survey_run *run, const char *url, const struct sealift_error *failure, struct sealift_error *err)
{
    SCOPED(ticket_free) struct ticket *ticket = NULL;

    TRY(ticket_new(run->survey, SURVEY_STORE, &ticket, err));
    snprintf(ticket->item.url, sizeof(ticket->item.url), "%s", url);
    ticket->item.failure = *failure;
    return hand_in(run, &ticket, err);
}

/* One filesystem of a bucket, while it is listed. */
struct folder {
    struct survey_run *run;
    struct store *store;
    struct uuid fs;
    char name[256];
};

static enum sealift_status
new_of_folder(const struct folder *folder, enum survey_kind kind, struct ticket **ret_ticket, struct sealift_error *err)
{
    struct survey_item *item;

    TRY(ticket_new(folder->run->survey, kind, ret_ticket, err));
    item = &(*ret_ticket)->item;
    item->store = folder->store;
    item->fs = folder->fs;
    memcpy(item->url, folder->store->url, sizeof(item->url));
    memcpy(item->filesystem, folder->name, sizeof(item->filesystem));
    return SEALIFT_OK;
}

static enum sealift_status
hand_in_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
            struct sealift_error *err)
{
    const struct folder *folder = context;
    SCOPED(ticket_free) struct ticket *ticket = NULL;

    (void)newest;
    (void)count;
    TRY(new_of_folder(folder, SURVEY_KEY, &ticket, err));
    memcpy(ticket->item.key_check, key_check, KEY_CHECK_SIZE);
    return hand_in(folder->run, &ticket, err);
}

static enum sealift_status
hand_in_snapshot(void *context, const struct store_object *object, struct sealift_error *err)
{
    const struct folder *folder = context;
    SCOPED(ticket_free) struct ticket *ticket = NULL;
    struct uuid fs, upload;

    if (!name_parse_manifest(object->name, &fs, &upload))
        return SEALIFT_OK;
    TRY(new_of_folder(folder, SURVEY_SNAPSHOT, &ticket, err));
    ticket->item.upload = upload;
    ticket->item.size = object->size;
    return hand_in(folder->run, &ticket, err);
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
plan(void *argument, struct sealift_error *err)
{
    struct survey_run *run = argument;

    TRY(run->survey->plan(run->survey->plan_context, run, err));
    queue_close(run->queue);
    sequence_close(run->sequence);
    return SEALIFT_OK;
}

/* --- looking and telling --- */

static enum sealift_status
look(void *argument, struct sealift_error *err)
{
    struct survey_run *run = argument;
    const struct survey *survey = run->survey;
    struct ticket *ticket;

    while ((ticket = queue_pop(run->queue)) != NULL) {
        enum sealift_status status = world_check_cancel(survey->world, err);

        if (status == SEALIFT_OK && ticket->item.kind != SURVEY_STORE)
            status = survey->look(survey->context, &ticket->item, err);
        if (status != SEALIFT_OK) { /* what was not looked at to its end is not told */
            ticket_free(&ticket);
            return status;
        }
        sequence_put(run->sequence, ticket->number, ticket);
    }
    return SEALIFT_OK;
}

static enum sealift_status
tell(void *argument, struct sealift_error *err)
{
    const struct survey_run *run = argument;
    const struct survey *survey = run->survey;
    struct ticket *next;

    while ((next = sequence_next(run->sequence)) != NULL) {
        SCOPED(ticket_free) struct ticket *ticket = next;

        TRY(survey->tell(survey->context, &ticket->item, err));
        progress_add(survey->progress, 1, 0, 0, 0);
    }
    return SEALIFT_OK;
}

/* --- the run --- */

static void
tear_down(struct survey_run *run)
{
    struct ticket *ticket;

    while (run->queue != NULL && (ticket = queue_drain(run->queue)) != NULL)
        ticket_free(&ticket);
    while (run->sequence != NULL && (ticket = sequence_drain(run->sequence)) != NULL)
        ticket_free(&ticket);
    queue_free(&run->queue);
    sequence_free(&run->sequence);
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
    SCOPED(tear_down) struct survey_run run = {.survey = survey};
    SCOPED(crew_free) struct crew *crew = NULL;

    progress_stage(survey->progress, survey->stage);
    TRY(queue_new(survey->threads, &run.queue, err));
    TRY(sequence_new(4 * survey->threads, &run.sequence, err));
    TRY(crew_new(survey->world, &crew, err));
    crew_breaks_queue(crew, run.queue);
    crew_breaks_sequence(crew, run.sequence);
    if (crew_start(crew, "plan", plan, &run, err) != SEALIFT_OK ||
        crew_start_many(crew, "look", survey->threads, look, &run, NULL, err) != SEALIFT_OK ||
        crew_start(crew, "tell", tell, &run, err) != SEALIFT_OK)
        crew_fail(crew, err);
    return crew_join(crew, err);
}
