#include "error.h"
#include "handle.h"
#include "kms_change.h"
#include "scoped.h"

#include <inttypes.h>
#include <string.h>

#define NAMES_TOLD 10

struct relying {
    struct table *table;
    uint64_t count;
    struct buf names;
    struct buf fs; /* struct uuid */
};

static void
relying_done(struct relying *relying)
{
    buf_done(&relying->names);
    buf_done(&relying->fs);
}

static enum sealift_status
look_at(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct relying *relying = context;
    struct envelope envelope;

    TRY(table_fs_envelope(relying->table, &row->uuid, &envelope, err));
    if (!row->moving && strcmp(envelope.kms.type, "local") == 0)
        return SEALIFT_OK;
    if (relying->count < NAMES_TOLD)
        TRY(buf_printf(&relying->names, "%s%s", err, relying->count > 0 ? ", " : "", row->name));
    relying->count++;
    return buf_append(&relying->fs, &row->uuid, sizeof(row->uuid), err);
}

/* Of a reset that was cut off there is none any more. */
static enum sealift_status
need_one(struct sealift *sealift, const struct relying *relying, bool *ret_is_set, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    enum sealift_status status = table_kms_get(sealift->table, &text, err);

    *ret_is_set = status == SEALIFT_OK;
    return status == SEALIFT_NOT_FOUND && relying->count > 0 ? SEALIFT_OK : status;
}

static enum sealift_status
refuse(const struct relying *relying, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CONFLICT,
                     "%" PRIu64 " filesystem%s on the KMS (%.*s%s), and without it nothing of theirs opens; move them "
                     "to another one with \"sealift kms set\", or let --allow-downgrade move them to the local key, "
                     "which is insecure",
                     relying->count, relying->count == 1 ? " relies" : "s rely", (int)relying->names.len,
                     (const char *)relying->names.data, relying->count > NAMES_TOLD ? ", ..." : "");
}

static enum sealift_status
try_fs(struct sealift *sealift, const struct uuid *fs, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms_errand errand = {0};
    struct envelope envelope;

    TRY(table_fs_envelope(sealift->table, fs, &envelope, err));
    return handle_open_envelope(sealift, &errand, &envelope, &fs_key, NULL, err);
}

/* Where nothing opens nothing would move, and yet no KMS be set any more. */
static enum sealift_status
need_what_opens(struct sealift *sealift, const struct relying *relying, struct sealift_error *err)
{
    const struct uuid *fs = (const void *)relying->fs.data;
    struct sealift_error first = {0};

    for (size_t i = 0; i < relying->fs.len / sizeof(*fs); i++) {
        enum sealift_status status = try_fs(sealift, &fs[i], err);

        if (status == SEALIFT_OK || error_ends_all(status))
            return status;
        if (i == 0)
            first = *err;
        if (error_ends_trying(status))
            break;
    }
    *err = first;
    return error_prefix(err, "nothing is changed, as what the KMS wrapped can move only while the KMS opens it");
}

/* Made, if need be, and tried, as any KMS is before it is in force. */
static enum sealift_status
try_local(struct sealift *sealift, struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;
    const struct kms_config config = {.type = KMS_LOCAL};

    world_log(&sealift->world, LOG_WARNING,
              "all filesystems move to the local key in %s: from now on whoever reads that folder reads everything",
              sealift->home);
    TRY(kms_open(&sealift->world, &config, sealift->home, &kms, err));
    TRY(handle_outfit_kms(sealift, kms, err));
    return kms_try(kms, err);
}

enum sealift_status
sealift_kms_reset(struct sealift *sealift, bool allow_downgrade, sealift_each_rewrapped *each, void *context,
                  struct sealift_error *err)
{
    const struct sealift_kms_change wish = {.convert = true, .each = each, .context = context};
    const struct kms_change change = {.wish = &wish};
    SCOPED(relying_done) struct relying relying = {0};
    bool is_set;

    TRY(handle_need_table(sealift, err));
    relying.table = sealift->table;
    TRY(table_fs_list(sealift->table, look_at, &relying, err));
    TRY(need_one(sealift, &relying, &is_set, err));
    if (relying.count > 0 && !allow_downgrade)
        return refuse(&relying, err);
    if (relying.count > 0 && is_set)
        TRY(need_what_opens(sealift, &relying, err));
    if (relying.count > 0)
        TRY(try_local(sealift, err));
    return kms_change(sealift, &change, err);
}
