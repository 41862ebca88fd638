#include "purge.h"

#include "error.h"
#include "scoped.h"
#include "sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *folder; /* NULL: everything of the filesystem, but for its key records */
} kinds[PURGE_KINDS] = {
    [PURGE_MANIFESTS] = {"manifests", "snapshots/"},
    [PURGE_LOGS] = {"logs", "logs/"},
    [PURGE_TREE] = {"tree", "tree/"},
    [PURGE_DATA] = {"data", "data/"},
    [PURGE_CONDEMNED] = {"condemned", "condemned/"},
    [PURGE_OTHER] = {"other", ""},
    [PURGE_KEYS] = {"keys", "keys/"},
};

const char *
purge_kind_name(enum purge_kind kind)
{
    return kinds[kind].name;
}

void
purge_init(struct purge *purge)
{
    pthread_mutex_init(&purge->lock, NULL);
    progress_stage(purge->progress, "remove");
}

void
purge_done(struct purge *purge)
{
    pthread_mutex_destroy(&purge->lock);
}

static void
name_folder(const struct purge *purge, const char *folder, char out[NAME_SIZE])
{
    char fs[UUID_TEXT_SIZE];

    uuid_format(&purge->request->fs, fs);
    snprintf(out, NAME_SIZE, NAME_FS "%s/%s", fs, folder);
}

static enum sealift_status
sweep(struct purge *purge, const char *folder, store_each *each, struct sealift_error *err)
{
    const struct sweep sweep = {.world = purge->world,
                                .store = purge->store,
                                .threads = purge->request->connections,
                                .each = each,
                                .context = purge};
    char prefix[NAME_SIZE];

    name_folder(purge, folder, prefix);
    return sweep_run(&sweep, prefix, err);
}

/* --- what is meant to go --- */

static enum sealift_status
intend(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct purge *purge = context;
    struct evidence_object described;
    enum sealift_status status = evidence_object_look(purge->store, object->name, object->size, &described, err);

    if (status == SEALIFT_INVALID || status == SEALIFT_NOT_FOUND) /* of another name than ours; gone by now */
        return SEALIFT_OK;
    TRY(status);
    return evidence_add(purge->request->evidence, &described, NULL, err);
}

static enum sealift_status
write_intent(struct purge *purge, struct sealift_error *err)
{
    if (purge->request->evidence == NULL)
        return SEALIFT_OK;
    TRY(sweep(purge, kinds[PURGE_MANIFESTS].folder, intend, err));
    TRY(sweep(purge, kinds[PURGE_KEYS].folder, intend, err));
    return evidence_settle(purge->request->evidence, err);
}

/* --- deleting --- */

static void
count(struct purge *purge, const struct store_object *object, const struct sealift_error *refusal)
{
    struct purge_count *counted = &purge->counts[purge->kind];

    pthread_mutex_lock(&purge->lock);
    if (refusal == NULL) {
        counted->objects++;
        counted->bytes += object->size;
    } else {
        counted->refused++;
        if (purge->first_refusal.status == SEALIFT_OK)
            purge->first_refusal = *refusal;
    }
    pthread_mutex_unlock(&purge->lock);
    if (refusal == NULL)
        progress_add(purge->progress, 1, 0, object->size, 0);
    else
        progress_notice(purge->progress, SEALIFT_NOTICE_OTHER, bytes_of_text(object->name), refusal->message);
}

/* *ret_refusal: why it is still there; OK: it is not. */
static enum sealift_status
delete_object(struct purge *purge, const struct store_object *object, struct sealift_error *ret_refusal,
              struct sealift_error *err)
{
    *ret_refusal = (struct sealift_error){0};
    if (store_delete(purge->store, object->name, err) != SEALIFT_OK) {
        if (error_ends_trying(err->status))
            return err->status;
        *ret_refusal = *err;
    }
    count(purge, object, ret_refusal->status != SEALIFT_OK ? ret_refusal : NULL);
    return SEALIFT_OK;
}

static enum sealift_status
delete_plainly(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct sealift_error refusal;

    return delete_object(context, object, &refusal, err);
}

static enum sealift_status
tell(struct purge *purge, const struct evidence_object *described, const struct sealift_error *refusal,
     struct sealift_error *err)
{
    const char *problem = refusal->status != SEALIFT_OK ? refusal->message : NULL;
    const char *outcome = problem != NULL ? "refused" : "deleted";
    enum sealift_status status;

    TRY(evidence_outcome(purge->request->evidence, described->name, outcome, problem, err));
    if (purge->request->each == NULL)
        return SEALIFT_OK;
    pthread_mutex_lock(&purge->lock);
    status = purge->request->each(purge->request->context, described, outcome, problem, err);
    pthread_mutex_unlock(&purge->lock);
    return status;
}

/* A manifest or key record is read once more, so that what is told is what was there at the last. */
static enum sealift_status
delete_and_tell(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct purge *purge = context;
    struct evidence_object described;
    struct sealift_error refusal;
    enum sealift_status status = evidence_object_look(purge->store, object->name, object->size, &described, err);

    if (status == SEALIFT_INVALID)
        return delete_plainly(context, object, err);
    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    TRY(status);
    TRY(delete_object(purge, object, &refusal, err));
    return tell(purge, &described, &refusal, err);
}

/* Whatever is not listed elsewhere: the key records have their turn. */
static enum sealift_status
delete_unless_key(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct purge *purge = context;
    char keys[NAME_SIZE];

    name_folder(purge, kinds[PURGE_KEYS].folder, keys);
    if (strncmp(object->name, keys, strlen(keys)) == 0)
        return SEALIFT_OK;
    return delete_plainly(context, object, err);
}

static enum sealift_status
delete_kind(struct purge *purge, enum purge_kind kind, store_each *each, struct sealift_error *err)
{
    purge->kind = kind;
    return sweep(purge, kinds[kind].folder, each, err);
}

/* --- what remains --- */

static uint64_t
refused(const struct purge *purge)
{
    uint64_t sum = 0;

    for (size_t kind = 0; kind < PURGE_KINDS; kind++)
        sum += purge->counts[kind].refused;
    return sum;
}

static enum sealift_status
report_refused(struct purge *purge, const char *what_stays, struct sealift_error *err)
{
    uint64_t count = refused(purge);

    return error_set(err, purge->first_refusal.status,
                     "%" PRIu64 " object%s could not be deleted, and %s; run it again when the store allows it. The "
                     "first: %s",
                     count, count == 1 ? "" : "s", what_stays, purge->first_refusal.message);
}

enum sealift_status
purge_manifests(struct purge *purge, struct sealift_error *err)
{
    TRY(write_intent(purge, err));
    TRY(delete_kind(purge, PURGE_MANIFESTS, delete_and_tell, err));
    if (refused(purge) > 0)
        return report_refused(
            purge, "nothing but manifests was deleted: what a snapshot uses stays as long as it has a manifest", err);
    return SEALIFT_OK;
}

static enum sealift_status
note_one(void *context, const struct store_object *object, struct sealift_error *err)
{
    char *found = context;

    snprintf(found, STORE_NAME_MAX, "%s", object->name);
    return error_set(err, SEALIFT_CANCELLED, "one is enough");
}

/* Asked last, for an upload on another machine knows nothing of this. */
static enum sealift_status
check_empty(struct purge *purge, struct sealift_error *err)
{
    char prefix[NAME_SIZE], found[STORE_NAME_MAX] = "";
    enum sealift_status status;

    name_folder(purge, "", prefix);
    status = store_list(purge->store, prefix, NULL, note_one, found, err);
    if (found[0] == '\0')
        return status;
    return error_set(
        err, SEALIFT_CONFLICT,
        "%s/%s: came while the filesystem was removed, so an upload of it is under way somewhere: stop it, "
        "and run this again",
        purge->store->url, found);
}

enum sealift_status
purge_rest(struct purge *purge, struct sealift_error *err)
{
    for (enum purge_kind kind = PURGE_LOGS; kind < PURGE_OTHER; kind++)
        TRY(delete_kind(purge, kind, delete_plainly, err));
    if (refused(purge) == 0) /* else they would be refused, and counted, once more */
        TRY(delete_kind(purge, PURGE_OTHER, delete_unless_key, err));
    if (refused(purge) > 0)
        return report_refused(purge, "the filesystem's key records stay, too", err);
    TRY(delete_kind(purge, PURGE_KEYS, delete_and_tell, err));
    if (refused(purge) > 0)
        return report_refused(purge, "everything else is gone", err);
    return check_empty(purge, err);
}
