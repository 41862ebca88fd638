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
};

static void
relying_done(struct relying *relying)
{
    buf_done(&relying->names);
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
    return SEALIFT_OK;
}

static enum sealift_status
need_one(struct sealift *sealift, const struct relying *relying, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    enum sealift_status status = table_kms_get(sealift->table, &text, err);

    return status == SEALIFT_NOT_FOUND && relying->count > 0 ? SEALIFT_OK : status; /* a reset that was cut off */
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

    TRY(handle_need_table(sealift, err));
    relying.table = sealift->table;
    TRY(table_fs_list(sealift->table, look_at, &relying, err));
    TRY(need_one(sealift, &relying, err));
    if (relying.count > 0 && !allow_downgrade)
        return refuse(&relying, err);
    if (relying.count > 0)
        TRY(try_local(sealift, err));
    return kms_change(sealift, &change, err);
}
