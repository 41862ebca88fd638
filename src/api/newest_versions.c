#include "newest_versions.h"

#include "error.h"
#include "scoped.h"

struct newest {
    struct kms *kms;
    int64_t version;
    struct sealift_error failure; /* its status: OK, or that there is no answer */
};

void
newest_versions_done(struct newest_versions *versions)
{
    buf_done(&versions->known);
}

static const struct newest *
find_known(const struct newest_versions *versions, const struct kms *kms)
{
    const struct newest *known = (const void *)versions->known.data;

    for (size_t i = 0; i < versions->known.len / sizeof(*known); i++)
        if (known[i].kms == kms)
            return &known[i];
    return NULL;
}

static enum sealift_status
ask(struct newest_versions *versions, struct kms *kms, const struct uuid *fs, struct sealift_error *err)
{
    struct newest newest = {.kms = kms};
    struct kms_errand errand = {.fs = *fs};
    struct kms_key_state state;

    newest.failure.status = kms_key_state(kms, &errand, &state, &newest.failure);
    newest.version = newest.failure.status == SEALIFT_OK ? state.latest_version : 0;
    return buf_append(&versions->known, &newest, sizeof(newest), err);
}

enum sealift_status
newest_versions_find(struct newest_versions *versions, struct kms *kms, const struct uuid *fs, int64_t *ret_version,
                     struct sealift_error *err)
{
    const struct newest *newest = find_known(versions, kms);

    if (newest == NULL) {
        TRY(ask(versions, kms, fs, err));
        newest = find_known(versions, kms);
    }
    if (newest->failure.status != SEALIFT_OK) {
        *err = newest->failure;
        return err->status;
    }
    *ret_version = newest->version;
    return SEALIFT_OK;
}
