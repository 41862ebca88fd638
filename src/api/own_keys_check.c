#include "own_keys_check.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

#define NAMES_TOLD 10

struct check {
    struct sealift *sealift;
    const struct kms_config *cluster;
    bool untried;
    struct buf good; /* own keys that were tried, one a line: filesystems of a tenant share theirs */
    size_t refused;
    struct buf names;
    struct sealift_error first;
};

static void
check_done(struct check *check)
{
    buf_done(&check->good);
    buf_done(&check->names);
}

/* --- one --- */

static enum sealift_status
try_it(const struct check *check, const struct own_key *own, struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_config config;

    TRY(own_key_apply(check->cluster, own, &config, err));
    if (check->untried)
        return SEALIFT_OK;
    TRY(kms_open(&check->sealift->world, &config, check->sealift->home, &kms, err));
    TRY(handle_outfit_kms(check->sealift, kms, err));
    return kms_try(kms, err);
}

/* A key of Vault's and one of KMIP's may have the same name, and are never the same key. */
static enum sealift_status
check_type(const struct check *check, const struct table_fs *row, struct sealift_error *err)
{
    struct envelope envelope;
    struct kms_hint place;

    TRY(table_fs_envelope(check->sealift->table, &row->uuid, &envelope, err));
    kms_config_place(check->cluster, &place);
    if (strcmp(envelope.kms.type, place.type) == 0)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT, "its own key is one of %s, and the new KMS is of type %s",
                     envelope.kms.type, place.type);
}

static bool
is_known_as_good(const struct check *check, const char *own_key)
{
    const char *line = (const char *)check->good.data, *end = line + check->good.len;
    const size_t len = strlen(own_key) + 1;

    for (; line < end; line += strlen(line) + 1)
        if ((size_t)(end - line) >= len && memcmp(line, own_key, len) == 0)
            return true;
    return false;
}

static enum sealift_status
check_row(struct check *check, const struct table_fs *row, struct sealift_error *err)
{
    struct own_key own;

    TRY(check_type(check, row, err));
    if (is_known_as_good(check, row->own_key))
        return SEALIFT_OK;
    TRY(own_key_from_json(bytes_of_text(row->own_key), &own, err));
    TRY(try_it(check, &own, err));
    return buf_append(&check->good, row->own_key, strlen(row->own_key) + 1, err);
}

/* --- all --- */

static enum sealift_status
count_refused(struct check *check, const struct table_fs *row, struct sealift_error *err)
{
    if (check->refused == 0)
        check->first = *err;
    if (check->refused < NAMES_TOLD)
        TRY(buf_printf(&check->names, "%s%s", err, check->refused > 0 ? ", " : "", row->name));
    check->refused++;
    return SEALIFT_OK;
}

static enum sealift_status
look_at(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct check *check = context;
    enum sealift_status status;

    if (row->own_key[0] == '\0')
        return SEALIFT_OK;
    TRY(world_check_cancel(&check->sealift->world, err));
    status = check_row(check, row, err);
    if (status == SEALIFT_OK || error_ends_all(status))
        return status;
    TRY(handle_audit_ready(check->sealift, err));
    return count_refused(check, row, err);
}

enum sealift_status
own_keys_check(struct sealift *sealift, const struct kms_config *cluster, bool untried, struct sealift_error *err)
{
    SCOPED(check_done) struct check check = {.sealift = sealift, .cluster = cluster, .untried = untried};

    TRY(table_fs_list(sealift->table, look_at, &check, err));
    if (check.refused == 0)
        return SEALIFT_OK;
    return error_set(err, check.first.status,
                     "%zu filesystem%s cannot move to this KMS (%.*s%s): %s; nothing is changed. "
                     "%s --convert-to-cluster-key-on-fs move them to the cluster key",
                     check.refused, check.refused == 1 ? " with a key of its own" : "s with keys of their own",
                     (int)check.names.len, (const char *)check.names.data, check.refused > NAMES_TOLD ? ", ..." : "",
                     check.first.message,
                     check.first.status == SEALIFT_CONFLICT ? "Let" : "Have those keys restored there, or let");
}
