#include "snapshot_key.h"

#include "error.h"
#include "key_records.h"
#include "scoped.h"

/* A search for wrappings of one key that open. */
struct search {
    const struct world *world;
    struct store *store;
    struct kms_routes *routes;
    struct uuid fs;
    struct uuid snapshot; /* for the audit log; zero: for none */
    const uint8_t *key_check;
    const struct envelope *last; /* tried when all records were, ... */
    const char *last_name;       /* ... and where it is */
    const struct secret *wanted; /* NULL: any key that has the check value */
    bool all;                    /* do not stop at the first that opens */

    struct secret *fs_key;
    struct envelope opens; /* the newest that does */
    uint64_t opened, failed;
    struct sealift_error first_failure;
};

static void
search_done(struct search *search)
{
    secret_free(&search->fs_key);
}

/* Another wrapping, or the same one in a minute, would do no better. */
static bool
ends_the_search(enum sealift_status status)
{
    return status == SEALIFT_UNAVAILABLE || status == SEALIFT_CANCELLED || status == SEALIFT_NO_MEMORY ||
           status == SEALIFT_INTERNAL;
}

static enum sealift_status
open_envelope(const struct search *search, const struct envelope *envelope, struct secret **ret_fs_key,
              struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms_errand errand = {.fs = search->fs, .snapshot = search->snapshot};

    TRY(kms_routes_open(search->routes, &errand, envelope, &fs_key, NULL, err));
    if (search->wanted != NULL && !secret_equal(fs_key, search->wanted))
        return error_set(err, SEALIFT_KEY, "it opens to another key");
    *ret_fs_key = TAKE(fs_key);
    return SEALIFT_OK;
}

static enum sealift_status
note_failure(struct search *search, const char *where, const struct sealift_error *failure, struct sealift_error *err)
{
    if (ends_the_search(failure->status)) {
        *err = *failure;
        return err->status;
    }
    world_log(search->world, LOG_WARNING, "%s: this wrapping of the key is of no use: %s", where, failure->message);
    if (search->failed++ == 0)
        search->first_failure = *failure;
    return SEALIFT_OK;
}

static enum sealift_status
try_envelope(struct search *search, const char *where, const struct envelope *envelope, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct sealift_error failure;

    if (open_envelope(search, envelope, &fs_key, &failure) != SEALIFT_OK)
        return note_failure(search, where, &failure, err);
    if (search->opened++ == 0) {
        search->opens = *envelope;
        search->fs_key = TAKE(fs_key);
    }
    return SEALIFT_OK;
}

static enum sealift_status
try_record(struct search *search, const struct uuid *record, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record parsed = {0};
    struct sealift_error failure;
    char name[NAME_SIZE];

    name_of_key_record(&search->fs, search->key_check, record, name);
    if (key_record_fetch(search->store, &search->fs, search->key_check, record, &parsed, &failure) != SEALIFT_OK)
        return note_failure(search, name, &failure, err);
    return try_envelope(search, name, &parsed.envelope, err);
}

static enum sealift_status
try_records(struct search *search, struct sealift_error *err)
{
    struct key_records records;
    struct sealift_error failure;
    char prefix[NAME_SIZE];

    name_of_key_records_of(&search->fs, search->key_check, prefix);
    if (key_records_list(search->store, &search->fs, search->key_check, &records, &failure) != SEALIFT_OK)
        return note_failure(search, prefix, &failure, err);
    for (size_t i = 0; i < key_records_count(&records); i++) {
        TRY(try_record(search, key_records_newest(&records, i), err));
        if (search->opened > 0 && !search->all)
            return SEALIFT_OK;
    }
    return SEALIFT_OK;
}

/* At least one opens, or this is the reason why none does. */
static enum sealift_status
run_search(struct search *search, struct sealift_error *err)
{
    TRY(try_records(search, err));
    if (search->opened == 0 || search->all)
        TRY(try_envelope(search, search->last_name, search->last, err));
    if (search->opened > 0)
        return SEALIFT_OK;
    *err = search->first_failure;
    if (search->failed > 1)
        return error_hint(err, "other wrappings of this key are of no use either: %zu", (size_t)search->failed - 1);
    return err->status;
}

enum sealift_status
snapshot_key_open(const struct world *world, struct store *store, struct kms_routes *routes,
                  const struct manifest *manifest, struct secret **ret_fs_key, uint64_t *ret_opened,
                  struct sealift_error *err)
{
    char name[NAME_SIZE];
    SCOPED(search_done)
    struct search search = {
        .world = world,
        .store = store,
        .routes = routes,
        .fs = manifest->fs,
        .snapshot = manifest->upload,
        .key_check = manifest->key_check,
        .last = &manifest->envelope,
        .last_name = name,
        .all = ret_opened != NULL,
    };

    name_of_manifest(&manifest->fs, &manifest->upload, name);
    if (run_search(&search, err) != SEALIFT_OK)
        return error_prefix(err, "%s cannot be opened", name);
    /* The key is the one that the manifest names, so what does not fit now is the manifest. */
    if (manifest_authenticate(manifest, search.fs_key, err) != SEALIFT_OK)
        return error_prefix(err, "%s", name);
    if (ret_opened != NULL)
        *ret_opened = search.opened;
    *ret_fs_key = TAKE(search.fs_key);
    return SEALIFT_OK;
}

enum sealift_status
snapshot_key_in_force(const struct world *world, struct store *store, struct kms_routes *routes,
                      const struct secret *fs_key, const struct envelope *fallback, struct envelope *ret_envelope,
                      struct sealift_error *err)
{
    SCOPED(search_done)
    struct search search = {
        .world = world,
        .store = store,
        .routes = routes,
        .fs = fallback->fs,
        .key_check = fallback->key_check,
        .last = fallback,
        .last_name = "the configuration table",
        .wanted = fs_key,
    };

    TRY(run_search(&search, err));
    *ret_envelope = search.opens;
    return SEALIFT_OK;
}
