/* Whether a key was moved after the wrapping that opens it was made. */
#include "error.h"
#include "recovery.h"
#include "scoped.h"

#include <string.h>

/* Its names are sealed with the key, so that no garbage counts. */
static enum sealift_status
fetch(const struct recovery *recovery, const struct key_found *opened, const struct uuid *uuid,
      struct key_record *ret_record, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    struct private_part names;

    TRY(key_record_fetch(recovery->store, &recovery->fs, opened->envelope.key_check, uuid, &record, err));
    if (opened->fs_key != NULL)
        TRY(key_record_private(&record, opened->fs_key, &names, err));
    *ret_record = record;
    record = (struct key_record){0};
    return SEALIFT_OK;
}

/* The newest claims, each without a type until there is one. */
struct claims {
    struct kms_hint same_type, other_type;
};

/* One at the place of the wrapping that opens was tried before that one, and is of no use. */
static bool
is_elsewhere(const struct key_found *opened, const struct key_record *record)
{
    const struct kms_hint *claim = &record->envelope.kms;

    return uuid_is_zero(&record->snapshot) && strcmp(claim->type, "local") != 0 &&
           !kms_is_place_of(&opened->by, claim) && !kms_is_place_of(&opened->envelope.kms, claim);
}

static void
note_claim(const struct key_found *opened, const struct key_record *record, struct claims *claims)
{
    const struct kms_hint *claim = &record->envelope.kms;
    struct kms_hint *noted = strcmp(claim->type, opened->by.type) == 0 ? &claims->same_type : &claims->other_type;

    if (noted->type[0] == '\0' && is_elsewhere(opened, record))
        *noted = *claim;
}

static enum sealift_status
look_at_record(const struct recovery *recovery, const struct key_found *opened, const struct uuid *uuid,
               struct claims *claims, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    struct sealift_error failure;

    TRY(world_check_cancel(recovery->world, err));
    if (fetch(recovery, opened, uuid, &record, &failure) == SEALIFT_OK) {
        note_claim(opened, &record, claims);
        return SEALIFT_OK;
    }
    if (!error_ends_trying(failure.status))
        return SEALIFT_OK; /* the search told it, or it is nobody's */
    *err = failure;
    return err->status;
}

enum sealift_status
recovery_moved(const struct recovery *recovery, const struct key_found *opened, struct kms_hint *ret_claim,
               struct sealift_error *err)
{
    struct key_records records;
    struct claims claims = {0};

    TRY(key_records_list(recovery->store, &recovery->fs, opened->envelope.key_check, &records, err));
    for (size_t i = 0; i < key_records_count(&records) && claims.same_type.type[0] == '\0'; i++) {
        const struct uuid *uuid = key_records_newest(&records, i);

        if (uuid_compare(uuid, &opened->record) <= 0)
            break;
        TRY(look_at_record(recovery, opened, uuid, &claims, err));
    }
    *ret_claim = claims.same_type.type[0] != '\0' ? claims.same_type : claims.other_type;
    return SEALIFT_OK;
}
