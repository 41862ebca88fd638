#include "removal.h"

#include "error.h"
#include "scoped.h"
#include "text.h"
#include "work_lock.h"

enum sealift_status
removal_begin_evidence(struct sealift *sealift, const char *path, const struct evidence_header *header,
                       struct evidence **ret_evidence, struct sealift_error *err)
{
    if (path == NULL || path[0] == '\0')
        return SEALIFT_OK;
    return evidence_begin(&sealift->world, path, header, ret_evidence, err);
}

enum sealift_status
removal_tell(sealift_each_removed *each, void *context, const struct evidence_object *object, const char *outcome,
             const char *problem, struct sealift_error *err)
{
    const struct locator locator = {object->fs, object->upload};
    char shown[LOCATOR_SIZE], hash[2 * SHA256_SIZE + 1], key_check[2 * KEY_CHECK_SIZE + 1];
    const struct sealift_removed removed = {
        .kind = evidence_kind_name(object->kind),
        .name = object->name,
        .locator = object->kind == EVIDENCE_MANIFEST ? shown : NULL,
        .size = object->size,
        .sha256 = object->was_read ? hash : NULL,
        .made_ns = object->was_parsed ? object->made_ns : 0,
        .key_check = object->was_parsed ? key_check : NULL,
        .outcome = outcome,
        .problem = problem != NULL                        ? problem
                   : object->problem.status != SEALIFT_OK ? object->problem.message
                                                          : NULL,
    };

    if (each == NULL)
        return SEALIFT_OK;
    locator_format(&locator, shown);
    hex_encode(BYTES_OF(object->sha256), hash);
    hex_encode(BYTES_OF(object->key_check), key_check);
    return each(context, &removed, err);
}

enum sealift_status
removal_check_upload(struct sealift *sealift, const struct table_snapshot *row, struct sealift_error *err)
{
    bool runs;

    if (row->status != TABLE_SNAPSHOT_UPLOADING)
        return SEALIFT_OK;
    TRY(work_lock_is_held(sealift->home, &row->upload, &runs, err));
    if (!runs)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT,
                     "snapshot %s of %s: is being uploaded at this moment; wait for the upload, or stop it with Ctrl-C",
                     row->name, row->fs_name);
}
