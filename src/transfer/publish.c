#include "publish.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

/* The newest key record of this key; the table's envelope when the bucket has none (--no-key-backup, a rewrap that is
 * on its way). */
static enum sealift_status
choose_envelope(const struct publication *publication, struct store *store, struct envelope *ret_envelope,
                struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {0};
    enum sealift_status status =
        key_record_newest(store, &publication->request->fs, publication->envelope->key_check, &record, err);

    if (status != SEALIFT_OK && status != SEALIFT_NOT_FOUND)
        return status;
    *ret_envelope = status == SEALIFT_OK ? record.envelope : *publication->envelope;
    return SEALIFT_OK;
}

/* Invariant I1: a manifest must not be published whose key no longer opens. */
static enum sealift_status
show_that_it_opens(const struct publication *publication, const struct envelope *envelope, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms *kms;

    TRY(publication->choose_kms(publication->kms_context, &envelope->kms, &kms, err));
    if (keyring_open(kms, envelope, &fs_key, NULL, err) != SEALIFT_OK)
        return error_prefix(err, "the wrapped key cannot be shown to open any more, so nothing was published");
    if (!secret_equal(fs_key, publication->request->fs_key))
        return error_set(
            err, SEALIFT_KEY,
            "the newest key record opens to another key than this upload was sealed with; nothing was published");
    return SEALIFT_OK;
}

#define CONDEMNED_MAX ((size_t)16 << 20)

struct condemned_check {
    struct store *store;
    const struct upload_request *request;
};

/* A condemned list is JSON: {"objects":["fs/.../data/<upload>/<number>", ...]}. What names anything below this upload's
 * prefixes would take it from us. */
static enum sealift_status
check_condemned_list(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct condemned_check *check = context;
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(json_free) struct json *json = NULL;
    const struct json *objects;
    char upload[UUID_TEXT_SIZE];

    uuid_format(&check->request->upload, upload);
    TRY(store_get(check->store, object->name, CONDEMNED_MAX, &text, err));
    TRY(json_parse(buf_bytes(&text), object->name, &json, err));
    TRY(json_need_array(json, "objects", &objects, err));
    for (size_t i = 0; i < json_count(objects); i++) {
        const char *name = json_string(json_at(objects, i));

        if (name != NULL && strstr(name, upload) != NULL)
            return error_set(err, SEALIFT_CONFLICT, "%s condemns %s, which this snapshot uses; upload again",
                             object->name, name);
    }
    return SEALIFT_OK;
}

static enum sealift_status
check_condemned(const struct publication *publication, struct store *store, struct sealift_error *err)
{
    struct condemned_check check = {store, publication->request};
    char prefix[NAME_SIZE];

    name_of_condemned(&publication->request->fs, prefix);
    return store_list(store, prefix, NULL, check_condemned_list, &check, err);
}

static enum sealift_status
compose(const struct world *world, const struct publication *publication, struct manifest *manifest,
        struct sealift_error *err)
{
    const struct upload_request *request = publication->request;
    const struct upload_outcome *outcome = publication->outcome;

    manifest->fs = request->fs;
    manifest->upload = request->upload;
    manifest->sequence = publication->sequence;
    manifest->has_predecessor = publication->has_predecessor;
    memcpy(manifest->predecessor_sha256, publication->predecessor_sha256, SHA256_SIZE);
    memcpy(manifest->key_check, manifest->envelope.key_check, KEY_CHECK_SIZE);
    manifest->created_ns = publication->created_ns;
    manifest->published_ns = world->clock->wall_ns(world->clock);
    manifest->live = request->live;
    manifest->partial = outcome->totals.missing > 0;
    manifest->totals = outcome->totals;
    manifest->closing_record = outcome->closing_record;
    memcpy(manifest->closing_sha256, outcome->closing_sha256, SHA256_SIZE);
    manifest->parts = calloc(1, sizeof(*manifest->parts));
    if (manifest->parts == NULL)
        return error_no_memory(err);
    manifest->parts[0] = outcome->root;
    manifest->part_count = 1;
    return private_part_seal(publication->names, request->fs_key, &request->fs, &request->upload,
                             &manifest->sealed_private, err);
}

static enum sealift_status
put_manifest(struct store *store, struct manifest *manifest, const struct secret *fs_key, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    SCOPED(buf_done) struct buf back = {.max = MANIFEST_MAX_SIZE + 1};
    char name[NAME_SIZE];

    TRY(manifest_build(manifest, fs_key, &text, err));
    name_of_manifest(&manifest->fs, &manifest->upload, name);
    TRY(store_put_small(store, name, buf_bytes(&text), err));
    TRY(store_get(store, name, MANIFEST_MAX_SIZE, &back, err));
    if (!bytes_equal(buf_bytes(&text), buf_bytes(&back)))
        return error_set(err, SEALIFT_CORRUPT, "%s: the store gives back something else than was put", name);
    return SEALIFT_OK;
}

enum sealift_status
publish(const struct world *world, struct store *store, const struct publication *publication,
        uint8_t ret_body_sha256[SHA256_SIZE], struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};

    TRY(choose_envelope(publication, store, &manifest.envelope, err));
    TRY(show_that_it_opens(publication, &manifest.envelope, err));
    TRY(check_condemned(publication, store, err));
    TRY(compose(world, publication, &manifest, err));
    TRY(put_manifest(store, &manifest, publication->request->fs_key, err));
    TRY(check_condemned(publication, store, err));
    memcpy(ret_body_sha256, manifest.body_sha256, SHA256_SIZE);
    return SEALIFT_OK;
}
