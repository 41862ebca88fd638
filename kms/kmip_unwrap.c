#include "kmip_unwrap.h"

#include "error.h"

/* What does not open may want its tag elsewhere; so may what a server finds invalid, or has no version for. */
static enum sealift_status
decrypt(const struct kmip_key *key, const struct kmip_sealed *sealed, struct secret **ret_kek,
        enum kmip_verdict *ret_verdict, bool *other_place_may_do, struct sealift_error *err)
{
    enum sealift_status status = kmip_decrypt(key, sealed, ret_kek, ret_verdict, err);

    if (status == SEALIFT_KEY || status == SEALIFT_INVALID)
        *other_place_may_do = true;
    return status;
}

/* When no server answers, another key would do no better. */
static enum sealift_status
try_keys(const struct kmip_key *key, const char *other_uid, const struct kmip_sealed *sealed, struct secret **ret_kek,
         const char **ret_uid, bool *other_place_may_do, struct sealift_error *err)
{
    struct kmip_key other = *key;
    struct sealift_error first, second;
    enum kmip_verdict verdict;
    enum sealift_status status = decrypt(key, sealed, ret_kek, &verdict, other_place_may_do, err);

    *ret_uid = key->uid;
    if (status == SEALIFT_OK || verdict == KMIP_SILENT || other_uid == NULL)
        return status;
    first = *err;
    *ret_uid = other.uid = other_uid;
    status = decrypt(&other, sealed, ret_kek, &verdict, other_place_may_do, err);
    if (status == SEALIFT_OK || verdict == KMIP_SILENT)
        return status;
    second = *err;
    return error_set(err, status == SEALIFT_DENIED ? status : first.status, "%s; nor with the key that it names: %s",
                     first.message, second.message);
}

enum sealift_status
kmip_unwrap(const struct kmip_key *key, const char *other_uid, const struct kmip_sealed *sealed,
            struct secret **ret_kek, const char **ret_uid, struct sealift_error *err)
{
    bool other_place_may_do = false;
    struct kmip_sealed moved;
    struct sealift_error first;
    enum sealift_status status = try_keys(key, other_uid, sealed, ret_kek, ret_uid, &other_place_may_do, err), second;

    if (status == SEALIFT_OK || error_ends_trying(status) || !other_place_may_do ||
        !kmip_sealed_move_tag(sealed, &moved))
        return status;
    first = *err;
    second = try_keys(key, other_uid, &moved, ret_kek, ret_uid, &other_place_may_do, err);
    if (second == SEALIFT_OK || error_ends_trying(second))
        return second;
    *err = first;
    if (status == SEALIFT_INVALID && sealed->has_tag) /* a version that is pinned, where others would do */
        return error_hint(err, "it was wrapped in KMIP %s, with a tag for which versions before 1.4 have no field",
                          kmip_version_text(sealed->version));
    return status;
}
