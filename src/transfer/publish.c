#include "publish.h"

#include "error.h"
#include "key_records.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

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

/* A record like any other, so that it can be rewrapped like any other. */
static enum sealift_status
wrap_alone(const struct world *world, struct store *store, const struct publication *publication,
           struct envelope *ret_envelope, struct sealift_error *err)
{
    const struct upload_request *request = publication->request;
    struct kms_errand errand = {.fs = request->fs, .snapshot = request->upload};
    struct envelope envelope;
    const struct key_record_wish wish = {
        .envelope = &envelope,
        .names = publication->names,
        .snapshot = request->upload,
        .fs_key = request->fs_key,
    };
    struct uuid record;

    TRY(keyring_seal_blind(publication->alone, &errand, request->fs_key, &envelope, err));
    TRY(key_record_put(world, store, &wish, &record, err));
    *ret_envelope = envelope;
    return SEALIFT_OK;
}

static enum sealift_status
choose_envelope(const struct world *world, struct store *store, const struct publication *publication,
                struct envelope *ret_envelope, struct sealift_error *err)
{
    if (publication->alone != NULL)
        return wrap_alone(world, store, publication, ret_envelope, err);
    return snapshot_key_in_force(world, store, publication->routes, publication->request->fs_key, publication->envelope,
                                 ret_envelope, err);
}

enum sealift_status
publish_prepare(const struct world *world, struct store *store, const struct publication *publication,
                struct manifest *ret_manifest, struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};

    TRY(check_condemned(publication, store, err));
    if (choose_envelope(world, store, publication, &manifest.envelope, err) != SEALIFT_OK)
        return error_prefix(err, "the wrapped key cannot be shown to open any more, so nothing was published");
    TRY(compose(world, publication, &manifest, err));
    *ret_manifest = manifest;
    manifest = (struct manifest){0};
    return SEALIFT_OK;
}

/* A manifest that nobody could read would be a snapshot lost: it is read here before anybody else sees it. */
static enum sealift_status
build(struct manifest *manifest, const struct secret *fs_key, struct buf *out, struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest read = {0};

    TRY(manifest_build(manifest, fs_key, out, err));
    TRY(manifest_parse(buf_bytes(out), &manifest->fs, &manifest->upload, &read, err));
    return manifest_authenticate(&read, fs_key, err);
}

enum sealift_status
publish_put(struct store *store, const struct publication *publication, struct manifest *manifest,
            struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    char name[NAME_SIZE];

    TRY(build(manifest, publication->request->fs_key, &text, err));
    name_of_manifest(&manifest->fs, &manifest->upload, name);
    TRY(store_put_proven(store, name, buf_bytes(&text), err));
    return check_condemned(publication, store, err);
}
