#include "evidence_object.h"

#include "error.h"
#include "key_record.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

const char *
evidence_kind_name(enum evidence_kind kind)
{
    return kind == EVIDENCE_MANIFEST ? "manifest" : "key-record";
}

static enum sealift_status
parse_manifest(struct bytes text, struct evidence_object *object, struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};

    TRY(manifest_parse(text, &object->fs, &object->upload, &manifest, err));
    object->made_ns = manifest.published_ns;
    memcpy(object->key_check, manifest.key_check, sizeof(object->key_check));
    return SEALIFT_OK;
}

static enum sealift_status
parse_key_record(struct bytes text, const struct uuid *record, struct evidence_object *object,
                 struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record parsed = {0};

    TRY(key_record_parse(text, &object->fs, object->key_check, record, &parsed, err));
    object->made_ns = parsed.created_ns;
    return SEALIFT_OK;
}

static enum sealift_status
read_and_parse(struct store *store, const struct uuid *record, struct evidence_object *object,
               struct sealift_error *err)
{
    size_t most = object->kind == EVIDENCE_MANIFEST ? MANIFEST_MAX_SIZE : KEY_RECORD_MAX_SIZE;
    SCOPED(buf_done) struct buf text = {.max = most + 1};

    TRY(store_get(store, object->name, most, &text, err));
    TRY(sha256(buf_bytes(&text), object->sha256, err));
    object->size = text.len;
    object->was_read = true;
    if (object->kind == EVIDENCE_MANIFEST)
        TRY(parse_manifest(buf_bytes(&text), object, err));
    else
        TRY(parse_key_record(buf_bytes(&text), record, object, err));
    object->was_parsed = true;
    return SEALIFT_OK;
}

enum sealift_status
evidence_object_look(struct store *store, const char *name, uint64_t listed_size, struct evidence_object *ret_object,
                     struct sealift_error *err)
{
    struct evidence_object object = {.kind = EVIDENCE_MANIFEST, .size = listed_size};
    struct uuid record = {0};
    enum sealift_status status;

    if (!name_parse_manifest(name, &object.fs, &object.upload)) {
        object.kind = EVIDENCE_KEY_RECORD;
        if (!name_parse_key_record(name, &object.fs, object.key_check, &record))
            return error_set(err, SEALIFT_INVALID, "%s: is no manifest and no key record", name);
    }
    snprintf(object.name, sizeof(object.name), "%s", name);
    status = read_and_parse(store, &record, &object, err);
    if (status == SEALIFT_NOT_FOUND || error_ends_trying(status))
        return status;
    if (status != SEALIFT_OK)
        object.problem = *err;
    *ret_object = object;
    return SEALIFT_OK;
}
