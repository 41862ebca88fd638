#include "error.h"
#include "key_owner.h"
#include "key_search.h"
#include "scoped.h"

#include <string.h>

struct removal {
    struct uuid record;
    bool found;
    uint8_t key_check[KEY_CHECK_SIZE];
};

static enum sealift_status
match(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct removal *removal = context;
    uint8_t key_check[KEY_CHECK_SIZE];
    struct uuid fs, record;

    (void)err;
    if (!name_parse_key_record(object->name, &fs, key_check, &record) || !uuid_equal(&record, &removal->record))
        return SEALIFT_OK;
    removal->found = true;
    memcpy(removal->key_check, key_check, KEY_CHECK_SIZE);
    return SEALIFT_OK;
}

static enum sealift_status
find_record(const struct key_owner *owner, const char *record, struct removal *removal, struct sealift_error *err)
{
    char prefix[NAME_SIZE];

    TRY(handle_need(record, "the key record's UUID", err));
    if (!uuid_parse(record, &removal->record))
        return error_set(err, SEALIFT_INVALID, "\"%s\" is no key record's UUID; \"sealift fs key\" lists them", record);
    name_of_key_records(&owner->fs, prefix);
    TRY(store_list(owner->store, prefix, NULL, match, removal, err));
    if (!removal->found)
        return error_set(err, SEALIFT_NOT_FOUND, "%s: has no key record %s of this filesystem", owner->store->url,
                         record);
    return SEALIFT_OK;
}

/* Nobody will ever open it, with whatever KMS. */
static enum sealift_status
is_garbage(const struct key_owner *owner, const struct removal *removal, bool *ret_garbage, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    enum sealift_status status =
        key_record_fetch(owner->store, &owner->fs, removal->key_check, &removal->record, &record, err);

    *ret_garbage = status == SEALIFT_CORRUPT;
    return status == SEALIFT_CORRUPT ? SEALIFT_OK : status;
}

/* Another record must open, by a KMS that was asked just now, and hold all that this one may hold. What manifests carry
 * does not count: it has no at-rest key and no rewrap follows it, so with the last record the key would be on its way
 * out. */
static enum sealift_status
check_another_opens(struct sealift *sealift, const struct key_owner *owner, const struct removal *removal,
                    struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct key_search search = {
        .store = owner->store,
        .fs = owner->fs,
        .key_check = removal->key_check,
        .without = &removal->record,
        .whole = true,
    };
    struct sealift_error why;
    enum sealift_status status;

    TRY(handle_routes(sealift, &search.routes, err));
    status = key_search_run(&sealift->world, &search, &found, &why);
    if (status == SEALIFT_OK && found.has_names &&
        (found.at_rest_key != NULL || !found.names.encrypted || !uuid_is_zero(&found.snapshot)))
        return SEALIFT_OK;
    if (error_ends_trying(status)) {
        *err = why;
        return status;
    }
    if (status != SEALIFT_OK)
        TRY(handle_audit_ready(sealift, err));
    if (status == SEALIFT_NOT_FOUND)
        return error_set(err, SEALIFT_CONFLICT,
                         "its FS key has no other key record, so this one may be the last that opens it, and stays: "
                         "add another first (\"sealift kms rewrap\", \"sealift fs key add\")");
    return error_set(err, SEALIFT_CONFLICT,
                     "no other key record of the same FS key was shown to open from here, so this one may be the last "
                     "that does, and stays%s%s",
                     status == SEALIFT_OK ? "" : ": ", status == SEALIFT_OK ? "" : why.message);
}

enum sealift_status
sealift_key_remove(struct sealift *sealift, const struct sealift_key_spec *spec, const char *record,
                   struct sealift_error *err)
{
    SCOPED(key_owner_done) struct key_owner owner = {0};
    struct removal removal = {0};
    char name[NAME_SIZE];
    bool garbage;

    TRY(key_owner_find(sealift, spec, &owner, err));
    TRY(key_owner_need_store(&owner, err));
    TRY(find_record(&owner, record, &removal, err));
    name_of_key_record(&owner.fs, removal.key_check, &removal.record, name);
    TRY(is_garbage(&owner, &removal, &garbage, err));
    if (!garbage && check_another_opens(sealift, &owner, &removal, err) != SEALIFT_OK)
        return error_prefix(err, "%s", name);
    return store_delete(owner.store, name, err);
}
