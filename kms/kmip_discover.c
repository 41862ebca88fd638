#include "kmip_discover.h"

#include "error.h"
#include "scoped.h"

void
kmip_discover_write(struct ttlv_writer *writer, const enum kmip_version *versions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kmip_put_version(writer, versions[i]);
}

/* Where the version stands in `versions`; `count`: nowhere. */
static size_t
rank(enum kmip_version version, const enum kmip_version *versions, size_t count)
{
    size_t i = 0;

    while (i < count && versions[i] != version)
        i++;
    return i;
}

static enum sealift_status
find_best(const struct ttlv_item *payload, const enum kmip_version *versions, size_t count, size_t *ret_best,
          struct sealift_error *err)
{
    struct bytes rest = payload->value;
    struct ttlv_item item;
    int32_t major, minor;

    *ret_best = count;
    while (ttlv_next(&rest, &item)) {
        size_t at;

        if (item.tag != KMIP_TAG_PROTOCOL_VERSION)
            continue;
        if (item.type != TTLV_STRUCTURE)
            return error_set(err, SEALIFT_CORRUPT, "a Protocol Version is no structure");
        TRY(kmip_read_version(&item, &major, &minor, err));
        at = rank(kmip_version_of(major, minor), versions, count);
        if (at < *ret_best)
            *ret_best = at;
    }
    return SEALIFT_OK;
}

enum sealift_status
kmip_discover_read(const struct kmip_answer *answer, const enum kmip_version *versions, size_t count,
                   enum kmip_version *ret_version, struct sealift_error *err)
{
    size_t best;

    if (find_best(&answer->payload, versions, count, &best, err) != SEALIFT_OK)
        return kmip_answer_senseless(err);
    *ret_version = best < count ? versions[best] : KMIP_VERSION_UNKNOWN;
    return SEALIFT_OK;
}
