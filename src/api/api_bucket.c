#include "catalogue.h"
#include "error.h"
#include "handle.h"
#include "key_search.h"
#include "obs.h"
#include "scoped.h"
#include "selection.h"
#include "snapshot_key.h"

#include <string.h>

/* The FS key of the snapshot before: the next one of the filesystem has it, too, most of the time. */
struct opened_key {
    struct uuid fs;
    uint8_t key_check[KEY_CHECK_SIZE];
    struct secret *fs_key; /* NULL: there was none, or it did not open */
};

static void
opened_key_done(struct opened_key *key)
{
    secret_free(&key->fs_key);
}

struct bucket_listing {
    struct sealift *sealift;
    struct store *store;
    bool names;
    struct opened_key last;
    sealift_each_bucket_snapshot *each;
    void *context;
};

static void
bucket_listing_done(struct bucket_listing *listing)
{
    opened_key_done(&listing->last);
}

/* One line of the listing, with all that its strings point to. */
struct line {
    const struct sealift *sealift;
    struct sealift_bucket_snapshot snapshot;
    char locator[LOCATOR_SIZE], fs[UUID_TEXT_SIZE];
    struct private_part names;
    struct selection selection;
    const char **exclude;
    struct sealift_error problem;
};

static void
line_done(struct line *line)
{
    selection_done(&line->selection);
    free_done(&line->exclude);
}

static void
line_begin(struct line *line, const struct sealift *sealift, const struct locator *locator)
{
    *line = (struct line){.sealift = sealift};
    locator_format(locator, line->locator);
    uuid_format(&locator->fs, line->fs);
    line->snapshot.locator = line->locator;
    line->snapshot.filesystem_id = line->fs;
}

/* What one object's bytes or key are to blame for is shown beside it, and the list goes on; what is no matter of one
 * object ends it. */
static enum sealift_status
line_judge(struct line *line, enum sealift_status status, struct sealift_error *err)
{
    if (status == SEALIFT_OK)
        return SEALIFT_OK;
    if (error_ends_trying(status)) {
        *err = line->problem;
        return status;
    }
    line->snapshot.problem = line->problem.message;
    return handle_audit_ready(line->sealift, err);
}

static void
line_show_key(struct line *line, const struct kms_hint *hint)
{
    line->snapshot.kms_type = hint->type;
    line->snapshot.kms_namespace = hint->name_space;
    line->snapshot.kms_mount = hint->mount;
    line->snapshot.kms_key_identifier = hint->key_identifier;
}

/* What a later sealift left out by means that this one does not know is a problem: nothing here would tell. */
static enum sealift_status
line_read_selection(struct line *line)
{
    TRY(selection_read(&line->selection, line->names.selection, &line->problem));
    return selection_list(&line->selection, &line->exclude, &line->problem);
}

static enum sealift_status
line_show_names(struct line *line, struct sealift_error *err)
{
    line->snapshot.filesystem = line->names.filesystem;
    line->snapshot.snapshot = line->names.snapshot;
    line->snapshot.path = line->names.path;
    line->snapshot.host = line->names.host;
    TRY(line_judge(line, line_read_selection(line), err));
    line->snapshot.exclude = line->exclude;
    line->snapshot.exclude_caches = line->selection.exclude_caches;
    line->snapshot.exclude_nodump = line->selection.exclude_nodump;
    return SEALIFT_OK;
}

/* --- a snapshot --- */

static void
describe(struct line *line, const struct manifest *manifest)
{
    struct sealift_bucket_snapshot *snapshot = &line->snapshot;

    snapshot->created_ns = manifest->created_ns;
    snapshot->published_ns = manifest->published_ns;
    snapshot->sequence = manifest->sequence;
    snapshot->live = manifest->live;
    snapshot->partial = manifest->partial;
    snapshot->entries = manifest->totals.entries;
    snapshot->files = manifest->totals.files;
    snapshot->size = manifest->totals.size;
    snapshot->stored = manifest->totals.stored;
    line_show_key(line, &manifest->envelope.kms);
}

static bool
is_under(const struct manifest *manifest, const struct opened_key *key)
{
    return key->fs_key != NULL && uuid_equal(&key->fs, &manifest->fs) &&
           memcmp(key->key_check, manifest->key_check, KEY_CHECK_SIZE) == 0;
}

/* Through the KMS. */
static enum sealift_status
open_snapshot_key(struct bucket_listing *listing, const struct manifest *manifest, struct sealift_error *err)
{
    struct opened_key *last = &listing->last;
    struct kms_routes *routes;

    opened_key_done(last);
    TRY(handle_routes(listing->sealift, &routes, err));
    kms_routes_be_impatient(routes);
    TRY(snapshot_key_open(&listing->sealift->world, listing->store, routes, manifest, &last->fs_key, NULL, err));
    last->fs = manifest->fs;
    memcpy(last->key_check, manifest->key_check, sizeof(last->key_check));
    return SEALIFT_OK;
}

static enum sealift_status
open_snapshot_names(struct bucket_listing *listing, const struct manifest *manifest, struct private_part *ret_names,
                    struct sealift_error *err)
{
    if (is_under(manifest, &listing->last))
        TRY(manifest_authenticate(manifest, listing->last.fs_key, err));
    else
        TRY(open_snapshot_key(listing, manifest, err));
    return manifest_private(manifest, listing->last.fs_key, ret_names, err);
}

static enum sealift_status
fill_in_snapshot(struct bucket_listing *listing, const struct manifest *manifest, struct line *line,
                 struct sealift_error *err)
{
    describe(line, manifest);
    if (!listing->names)
        return SEALIFT_OK;
    TRY(line_judge(line, open_snapshot_names(listing, manifest, &line->names, &line->problem), err));
    return line->snapshot.problem == NULL ? line_show_names(line, err) : SEALIFT_OK;
}

/* --- a filesystem that was never uploaded --- */

/* The newest record, over all FS keys of the filesystem. */
struct newest_record {
    struct store *store;
    const struct uuid *fs;
    struct key_record *record; /* none yet: its uuid is zero */
};

/* What a key is for, its newest record says. One that is for a snapshot alone says nothing of the filesystem. */
static enum sealift_status
keep_newer(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
           struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    const struct newest_record *found = context;

    (void)count;
    if (uuid_compare(newest, &found->record->record) <= 0)
        return SEALIFT_OK;
    TRY(key_record_fetch(found->store, found->fs, key_check, newest, &record, err));
    if (!uuid_is_zero(&record.snapshot))
        return SEALIFT_OK;
    key_record_done(found->record);
    *found->record = record;
    record = (struct key_record){0};
    return SEALIFT_OK;
}

static enum sealift_status
fetch_newest_record(struct bucket_listing *listing, const struct uuid *fs, struct key_record *ret_record,
                    struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    struct newest_record newest = {listing->store, fs, &record};

    TRY(key_records_each_key(listing->store, fs, keep_newer, &newest, err));
    if (uuid_is_zero(&record.record))
        return error_set(err, SEALIFT_NOT_FOUND, "a filesystem without a snapshot, and without a key record");
    *ret_record = record;
    record = (struct key_record){0};
    return SEALIFT_OK;
}

/* By whichever record of the same key opens: the newest may be a second KMS's. */
static enum sealift_status
open_record_names(struct bucket_listing *listing, const struct key_record *record, struct private_part *ret_names,
                  struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = {
        .store = listing->store, .fs = record->fs, .key_check = record->envelope.key_check, .whole = true};

    TRY(handle_routes(listing->sealift, &search.routes, err));
    kms_routes_be_impatient(search.routes);
    TRY(key_search_run(&listing->sealift->world, &search, &found, err));
    if (!found.has_names)
        return error_set(err, SEALIFT_CORRUPT, "the key opens, but no key record of it has the names as they were");
    *ret_names = found.names;
    return SEALIFT_OK;
}

static enum sealift_status
show_filesystem(struct bucket_listing *listing, const struct uuid *fs, struct line *line, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};

    line->snapshot.locator = "";
    TRY(line_judge(line, fetch_newest_record(listing, fs, &record, &line->problem), err));
    if (line->snapshot.problem == NULL) {
        line_show_key(line, &record.envelope.kms);
        if (listing->names)
            TRY(line_judge(line, open_record_names(listing, &record, &line->names, &line->problem), err));
        if (listing->names && line->snapshot.problem == NULL)
            TRY(line_show_names(line, err));
    }
    return listing->each(listing->context, &line->snapshot, err);
}

/* --- the list --- */

static enum sealift_status
show(void *context, const struct locator *locator, const struct manifest *manifest, const struct sealift_error *failure,
     struct sealift_error *err)
{
    struct bucket_listing *listing = context;
    SCOPED(line_done) struct line line = {0};

    line_begin(&line, listing->sealift, locator);
    if (manifest == NULL && failure == NULL)
        return show_filesystem(listing, &locator->fs, &line, err);
    if (failure != NULL)
        line.snapshot.problem = failure->message;
    else
        TRY(fill_in_snapshot(listing, manifest, &line, err));
    return listing->each(listing->context, &line.snapshot, err);
}

enum sealift_status
sealift_obs_snapshots(struct sealift *sealift, const struct sealift_obs_spec *obs, bool names,
                      sealift_each_bucket_snapshot *each, void *context, struct sealift_error *err)
{
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(bucket_listing_done)
    struct bucket_listing listing = {.sealift = sealift, .names = names, .each = each, .context = context};

    TRY(handle_open_obs(sealift, obs, &store, err));
    TRY(obs_check_mark(store, err));
    listing.store = store;
    return catalogue_list(&sealift->world, store, show, &listing, err);
}
