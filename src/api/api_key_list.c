#include "error.h"
#include "key_owner.h"
#include "key_records.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "text.h"

#include <string.h>

struct key_listing {
    struct sealift *sealift;
    struct kms_routes *routes; /* NULL: nothing is opened */
    struct key_owner owner;
    uint8_t in_force[KEY_CHECK_SIZE];
    bool any_in_force;
    sealift_each_key *each;
    void *context;
};

static void
listing_done(struct key_listing *listing)
{
    key_owner_done(&listing->owner);
}

/* One wrapping, with all that its strings point to. */
struct row {
    struct sealift_key key;
    const struct envelope *envelope;
    const struct key_record *record; /* NULL: it is in no record */
    struct uuid snapshot;            /* for the audit log */
    struct kms_hint by;
    struct sealift_error problem;
    char fs[UUID_TEXT_SIZE], name[UUID_TEXT_SIZE], alone[UUID_TEXT_SIZE], key_check[2 * KEY_CHECK_SIZE + 1];
};

/* --- whether it opens --- */

/* What a record must also say to whoever has the key. */
static enum sealift_status
look_inside(const struct key_record *record, const struct secret *fs_key, struct sealift_error *err)
{
    struct private_part names;

    TRY(key_record_private(record, fs_key, &names, err));
    if (names.encrypted && !record->envelope.has_at_rest_key && uuid_is_zero(&record->snapshot))
        return error_set(err, SEALIFT_CORRUPT, "the at-rest key of the filesystem, which is encrypted, is missing");
    return SEALIFT_OK;
}

/* Only the KMS that it names can say no; from others, or when it does not answer, nothing follows. */
static const char *
word_for(const struct key_listing *listing, const struct row *row)
{
    const enum sealift_status status = row->problem.status;

    if (status == SEALIFT_UNAVAILABLE || status == SEALIFT_DENIED ||
        !kms_routes_knows(listing->routes, &row->envelope->kms))
        return "unknown";
    return "no";
}

static enum sealift_status
try_to_open(const struct key_listing *listing, struct row *row, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms_errand errand = {.fs = listing->owner.fs, .snapshot = row->snapshot};
    enum sealift_status status = kms_routes_open(listing->routes, &errand, row->envelope, &fs_key, NULL, &row->problem);

    if (error_ends_all(status)) {
        *err = row->problem;
        return status;
    }
    if (status != SEALIFT_OK)
        TRY(kms_routes_audit_ready(listing->routes, err));
    row->key.opens = status == SEALIFT_OK ? "yes" : word_for(listing, row);
    if (status == SEALIFT_OK)
        row->by = errand.by;
    if (status != SEALIFT_OK || (row->record != NULL && look_inside(row->record, fs_key, &row->problem) != SEALIFT_OK))
        row->key.problem = row->problem.message;
    return SEALIFT_OK;
}

/* --- one wrapping --- */

static void
row_begin(const struct key_listing *listing, const char *where, const uint8_t key_check[KEY_CHECK_SIZE],
          struct row *row)
{
    *row = (struct row){.key = {.where = where}};
    uuid_format(&listing->owner.fs, row->fs);
    hex_encode((struct bytes){key_check, KEY_CHECK_SIZE}, row->key_check);
    row->key.filesystem_id = row->fs;
    row->key.key_check = row->key_check;
    row->key.in_force = listing->any_in_force && digest_equal(key_check, listing->in_force, KEY_CHECK_SIZE);
}

static enum sealift_status
row_show(const struct key_listing *listing, struct row *row, struct sealift_error *err)
{
    if (row->envelope != NULL) {
        row->by = row->envelope->kms;
        if (listing->routes != NULL)
            TRY(try_to_open(listing, row, err));
        row->key.kms_type = row->by.type;
        row->key.kms_namespace = row->by.name_space;
        row->key.kms_mount = row->by.mount;
        row->key.kms_key_identifier = row->by.key_identifier;
        row->key.kms_key_version = row->by.key_version;
    }
    return listing->each(listing->context, &row->key, err);
}

static enum sealift_status
show_table(const struct key_listing *listing, struct sealift_error *err)
{
    struct row row;

    row_begin(listing, "table", listing->owner.envelope.key_check, &row);
    row.envelope = &listing->owner.envelope;
    return row_show(listing, &row, err);
}

static bool
is_its_own_fault(enum sealift_status status)
{
    return status == SEALIFT_CORRUPT || status == SEALIFT_INVALID || status == SEALIFT_NOT_FOUND;
}

static enum sealift_status
show_record(void *context, const struct store_object *object, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    const struct key_listing *listing = context;
    uint8_t key_check[KEY_CHECK_SIZE];
    struct uuid fs, uuid;
    struct row row;

    if (!name_parse_key_record(object->name, &fs, key_check, &uuid))
        return SEALIFT_OK;
    TRY(world_check_cancel(&listing->sealift->world, err));
    row_begin(listing, "record", key_check, &row);
    uuid_format(&uuid, row.name);
    row.key.record = row.name;
    if (key_record_fetch(listing->owner.store, &fs, key_check, &uuid, &record, &row.problem) == SEALIFT_OK) {
        row.envelope = &record.envelope;
        row.record = &record;
        row.snapshot = record.snapshot;
        row.key.created_ns = record.created_ns;
        uuid_format(&record.snapshot, row.alone);
        row.key.snapshot = uuid_is_zero(&record.snapshot) ? NULL : row.alone;
    } else if (is_its_own_fault(row.problem.status)) {
        row.key.opens = listing->routes != NULL ? "no" : NULL;
        row.key.problem = row.problem.message;
    } else {
        *err = row.problem;
        return err->status;
    }
    return row_show(listing, &row, err);
}

static enum sealift_status
show_manifest(const struct key_listing *listing, const struct manifest *manifest, struct sealift_error *err)
{
    struct row row;

    row_begin(listing, "manifest", manifest->key_check, &row);
    row.envelope = &manifest->envelope;
    row.snapshot = manifest->upload;
    row.key.created_ns = manifest->published_ns;
    return row_show(listing, &row, err);
}

/* --- all of them --- */

/* Those of its key, and the one that it carries. */
static enum sealift_status
list_snapshot(struct key_listing *listing, struct sealift_error *err)
{
    const struct locator locator = {listing->owner.fs, listing->owner.snapshot};
    SCOPED(manifest_done) struct manifest manifest = {0};
    char prefix[NAME_SIZE];

    TRY(manifest_fetch(listing->owner.store, &locator, &manifest, err));
    name_of_key_records_of(&listing->owner.fs, manifest.key_check, prefix);
    TRY(store_list(listing->owner.store, prefix, NULL, show_record, listing, err));
    return show_manifest(listing, &manifest, err);
}

static enum sealift_status
list_filesystem(struct key_listing *listing, struct sealift_error *err)
{
    char prefix[NAME_SIZE];

    if (listing->owner.by_name)
        TRY(show_table(listing, err));
    if (listing->owner.store == NULL)
        return SEALIFT_OK;
    name_of_key_records(&listing->owner.fs, prefix);
    return store_list(listing->owner.store, prefix, NULL, show_record, listing, err);
}

enum sealift_status
sealift_key_list(struct sealift *sealift, const struct sealift_key_spec *spec, sealift_each_key *each, void *context,
                 struct sealift_error *err)
{
    SCOPED(listing_done) struct key_listing listing = {.sealift = sealift, .each = each, .context = context};

    TRY(key_owner_find(sealift, spec, &listing.owner, err));
    if (spec->check) {
        TRY(handle_routes(sealift, &listing.routes, err));
        kms_routes_be_impatient(listing.routes);
    }
    TRY(key_owner_in_force(&listing.owner, listing.in_force, &listing.any_in_force, err));
    return uuid_is_zero(&listing.owner.snapshot) ? list_filesystem(&listing, err) : list_snapshot(&listing, err);
}
