#include "local_holdouts.h"

#include "key_records.h"
#include "manifest_fetch.h"
#include "scoped.h"

#include <string.h>

struct find {
    const struct local_holdouts *search;
    local_holdouts_each *each;
    void *context;
    struct uuid fs; /* the one that is looked at */
};

/* What speaks of one object, and not of whether we can be told at all. */
static bool
is_its_own_fault(enum sealift_status status)
{
    return status == SEALIFT_CORRUPT || status == SEALIFT_NOT_FOUND || status == SEALIFT_INVALID;
}

static enum sealift_status
opens(const struct find *find, const struct envelope *envelope, bool locally, bool *ret_opens,
      struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms_errand errand = {.fs = find->fs};
    enum sealift_status status = locally ? keyring_open(find->search->local, &errand, envelope, &fs_key, NULL, err)
                                         : kms_routes_open(find->search->routes, &errand, envelope, &fs_key, NULL, err);

    *ret_opens = status == SEALIFT_OK;
    if (is_its_own_fault(status) || status == SEALIFT_KEY || status == SEALIFT_DENIED)
        return SEALIFT_OK;
    return status;
}

/* --- key records --- */

/* Of one FS key. */
struct verdict {
    bool local, other;
    size_t refused;         /* wrappings of others that did not open: of so many more are not asked about, ... */
    bool passed_over;       /* ... and there are such */
    char object[NAME_SIZE]; /* the newest that the local key opens; else the newest */
};

static enum sealift_status
judge_record(const struct find *find, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *uuid,
             struct verdict *verdict, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    enum sealift_status status = key_record_fetch(find->search->store, &find->fs, key_check, uuid, &record, err);
    bool locally, it_opens;

    if (is_its_own_fault(status))
        return SEALIFT_OK;
    TRY(status);
    locally = strcmp(record.envelope.kms.type, "local") == 0;
    if (locally && verdict->local)
        return SEALIFT_OK;
    if (!locally && verdict->refused == KEY_RECORDS_ASKED_MAX) {
        verdict->passed_over = true;
        return SEALIFT_OK;
    }
    TRY(opens(find, &record.envelope, locally, &it_opens, err));
    if (it_opens && locally)
        name_of_key_record(&find->fs, key_check, uuid, verdict->object);
    verdict->local = verdict->local || (it_opens && locally);
    verdict->other = it_opens && !locally;
    verdict->refused += !it_opens && !locally;
    return SEALIFT_OK;
}

static enum sealift_status
judge_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
          struct sealift_error *err)
{
    const struct find *find = context;
    struct key_records records;
    struct verdict verdict = {0};

    TRY(world_check_cancel(find->search->world, err));
    name_of_key_record(&find->fs, key_check, newest, verdict.object);
    TRY(key_records_list(find->search->store, &find->fs, key_check, &records, err));
    for (size_t i = 0; i < key_records_count(&records) && !verdict.other; i++)
        TRY(judge_record(find, key_check, key_records_newest(&records, i), &verdict, err));
    if (verdict.other || (!verdict.local && !verdict.passed_over && count <= KEY_RECORDS_MAX))
        return SEALIFT_OK;
    return find->each(find->context, &find->fs, verdict.object, err);
}

/* --- manifests --- */

static enum sealift_status
judge_manifest(const struct find *find, const char *object, const struct manifest *manifest, struct sealift_error *err)
{
    const struct envelope *envelope = &manifest->envelope;
    struct key_records records;
    bool it_opens;

    if (strcmp(envelope->kms.type, "local") != 0)
        return SEALIFT_OK;
    TRY(key_records_list(find->search->store, &find->fs, envelope->key_check, &records, err));
    if (records.seen > 0) /* they have been judged */
        return SEALIFT_OK;
    TRY(opens(find, envelope, true, &it_opens, err));
    return it_opens ? find->each(find->context, &find->fs, object, err) : SEALIFT_OK;
}

static enum sealift_status
look_at_manifest(void *context, const struct store_object *object, struct sealift_error *err)
{
    const struct find *find = context;
    SCOPED(manifest_done) struct manifest manifest = {0};
    struct locator locator;
    enum sealift_status status;

    TRY(world_check_cancel(find->search->world, err));
    if (!name_parse_manifest(object->name, &locator.fs, &locator.snapshot))
        return SEALIFT_OK;
    status = manifest_fetch(find->search->store, &locator, &manifest, err);
    if (is_its_own_fault(status))
        return SEALIFT_OK;
    TRY(status);
    return judge_manifest(find, object->name, &manifest, err);
}

/* --- all of it --- */

static enum sealift_status
look_at_filesystem(void *context, const char *folder, struct sealift_error *err)
{
    struct find *find = context;
    char prefix[NAME_SIZE];

    if (!uuid_parse(folder, &find->fs))
        return SEALIFT_OK;
    TRY(key_records_each_key(find->search->store, &find->fs, judge_key, find, err));
    name_of_manifests(&find->fs, prefix);
    return store_list(find->search->store, prefix, NULL, look_at_manifest, find, err);
}

enum sealift_status
local_holdouts_find(const struct local_holdouts *search, local_holdouts_each *each, void *context,
                    struct sealift_error *err)
{
    struct find find = {.search = search, .each = each, .context = context};

    return store_list_folders(search->store, NAME_FS, look_at_filesystem, &find, err);
}
