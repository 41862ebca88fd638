#include "error.h"
#include "key_owner.h"
#include "new_fs.h"
#include "obs.h"
#include "rewrap.h"
#include "scoped.h"
#include "second_kms.h"
#include "text.h"

#include <inttypes.h>

struct adding {
    const struct key_owner *owner;
    sealift_each_key *each;
    void *context;
};

static enum sealift_status
tell(void *context, const struct rewrap_settled *settled, struct sealift_error *err)
{
    const struct adding *adding = context;
    char fs[UUID_TEXT_SIZE], record[UUID_TEXT_SIZE], snapshot[UUID_TEXT_SIZE], key_check[2 * KEY_CHECK_SIZE + 1];
    struct sealift_key key = {
        .filesystem_id = fs,
        .where = "record",
        .key_check = key_check,
        .in_force = settled->in_force,
        .opens = settled->by != NULL ? "yes" : "no",
    };

    uuid_format(&adding->owner->fs, fs);
    uuid_format(settled->record, record);
    uuid_format(settled->snapshot, snapshot);
    hex_encode((struct bytes){settled->key_check, KEY_CHECK_SIZE}, key_check);
    key.record = uuid_is_zero(settled->record) ? NULL : record;
    key.snapshot = uuid_is_zero(settled->snapshot) ? NULL : snapshot;
    if (key.record != NULL)
        key.created_ns = uuid_v7_wall_ns(settled->record);
    if (settled->by != NULL) {
        key.kms_type = settled->by->type;
        key.kms_namespace = settled->by->name_space;
        key.kms_mount = settled->by->mount;
        key.kms_key_identifier = settled->by->key_identifier;
        key.kms_key_version = settled->by->key_version;
    }
    if (settled->failure != NULL)
        key.problem = settled->failure->message;
    return adding->each(adding->context, &key, err);
}

static enum sealift_status
add(struct sealift *sealift, const struct key_owner *owner, struct kms *second, struct adding *adding,
    struct rewrap_outcome *ret_outcome, struct sealift_error *err)
{
    struct private_part names;
    struct rewrap_request request = {
        .world = &sealift->world,
        .target = second,
        .beside = true,
        .store = owner->store,
        .fs = owner->fs,
        .each = adding->each != NULL ? tell : NULL,
        .context = adding,
    };

    TRY(handle_routes(sealift, &request.routes, err));
    if (owner->by_name) {
        new_fs_names(&owner->row, &names);
        request.in_force = &owner->envelope;
        request.key_record = &owner->row.key_record;
        request.names = &names;
    }
    TRY(obs_mark(owner->store, err));
    return rewrap(&request, ret_outcome, err);
}

enum sealift_status
sealift_key_add(struct sealift *sealift, const struct sealift_key_spec *spec, const struct sealift_second_kms_spec *kms,
                sealift_each_key *each, void *context, struct sealift_error *err)
{
    SCOPED(key_owner_done) struct key_owner owner = {0};
    SCOPED(kms_free) struct kms *second = NULL;
    struct adding adding = {&owner, each, context};
    struct rewrap_outcome outcome;

    TRY(key_owner_find(sealift, spec, &owner, err));
    TRY(key_owner_need_store(&owner, err));
    TRY(second_kms_open(sealift, &owner, kms, &second, err));
    if (add(sealift, &owner, second, &adding, &outcome, err) != SEALIFT_OK)
        return error_prefix(err, "%s gets no further KMS", spec->fs != NULL ? spec->fs : spec->locator);
    if (outcome.failed == 0)
        return SEALIFT_OK;
    return error_set(err, outcome.failure.status,
                     "%" PRIu64 " of %" PRIu64 " keys of the filesystem cannot be opened by the further KMS, the first "
                     "because of this: %s",
                     outcome.failed, outcome.keys, outcome.failure.message);
}
