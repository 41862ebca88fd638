#include "store_s3.h"

#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store_s3 {
    struct store store; /* first: see store.h */
    struct s3 *client;
    char *prefix; /* "" or "some/prefix/" */
};

static struct store_s3 *
store_s3(struct store *store)
{
    return (struct store_s3 *)store;
}

static enum sealift_status
full_key(struct store *store, const char *name, char **ret_key, struct sealift_error *err)
{
    return text_format(ret_key, "%s%s", err, store_s3(store)->prefix, name);
}

static enum sealift_status
put(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], bool if_absent,
    struct sealift_error *err)
{
    SCOPED(free_done) char *key = NULL;

    TRY(full_key(store, name, &key, err));
    return s3_put(store_s3(store)->client, key, data, sha256, if_absent, err);
}

static enum sealift_status
get_range(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out, struct sealift_error *err)
{
    SCOPED(free_done) char *key = NULL;

    TRY(full_key(store, name, &key, err));
    return s3_get_range(store_s3(store)->client, key, offset, len, out, err);
}

static enum sealift_status
get(struct store *store, const char *name, size_t max, struct buf *out, struct sealift_error *err)
{
    SCOPED(free_done) char *key = NULL;

    TRY(full_key(store, name, &key, err));
    return s3_get(store_s3(store)->client, key, max, out, err);
}

static enum sealift_status
head(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    SCOPED(free_done) char *key = NULL;
    struct s3_head found;

    TRY(full_key(store, name, &key, err));
    TRY(s3_head_object(store_s3(store)->client, key, &found, err));
    *ret_head = (struct store_head){
        .size = found.size,
        .modified_ns = found.modified_ns,
        .checksum = found.has_sha256 ? STORE_CHECKSUM_SHA256 : STORE_CHECKSUM_NONE,
    };
    memcpy(ret_head->sha256, found.sha256, sizeof(ret_head->sha256));
    return SEALIFT_OK;
}

/* A listing under way, in which keys become names again. */
struct listing {
    const char *prefix; /* of the store */
    store_each *each;
    void *context;
};

static enum sealift_status
pass_on(void *context, const struct s3_object *object, struct sealift_error *err)
{
    const struct listing *listing = context;
    size_t prefix_len = strlen(listing->prefix);
    struct store_object named = {.size = object->size, .modified_ns = object->modified_ns};

    if (strncmp(object->key, listing->prefix, prefix_len) != 0)
        return error_set(err, SEALIFT_CORRUPT, "LIST: the store lists %s, which was not asked for", object->key);
    if (strlen(object->key) - prefix_len >= sizeof(named.name))
        return SEALIFT_OK; /* somebody else's: none of our names is that long */
    snprintf(named.name, sizeof(named.name), "%s", object->key + prefix_len);
    return listing->each(listing->context, &named, err);
}

static enum sealift_status
list(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
     struct sealift_error *err)
{
    struct listing listing = {.prefix = store_s3(store)->prefix, .each = each, .context = context};
    SCOPED(free_done) char *key_prefix = NULL, *key_after = NULL;

    TRY(full_key(store, prefix, &key_prefix, err));
    if (after != NULL)
        TRY(full_key(store, after, &key_after, err));
    return s3_list(store_s3(store)->client, key_prefix, key_after, pass_on, &listing, err);
}

static enum sealift_status
delete_object(struct store *store, const char *name, struct sealift_error *err)
{
    SCOPED(free_done) char *key = NULL;

    TRY(full_key(store, name, &key, err));
    return s3_delete(store_s3(store)->client, key, err);
}

static enum store_answer
as_store_answer(enum s3_answer answer)
{
    switch (answer) {
    case S3_NO:
        return STORE_ANSWER_NO;
    case S3_YES:
        return STORE_ANSWER_YES;
    case S3_UNKNOWN:
        break;
    }
    return STORE_ANSWER_UNKNOWN;
}

static enum sealift_status
inspect(struct store *store, struct store_abilities *abilities, struct sealift_error *err)
{
    enum s3_answer versioning, object_lock;

    (void)err;
    s3_inspect(store_s3(store)->client, &versioning, &object_lock);
    abilities->versioning = as_store_answer(versioning);
    abilities->object_lock = as_store_answer(object_lock);
    return SEALIFT_OK;
}

static enum sealift_status
put_wrong_checksum(struct store *store, const char *name, struct sealift_error *err)
{
    SCOPED(free_done) char *key = NULL;

    TRY(full_key(store, name, &key, err));
    return s3_put_wrong_checksum(store_s3(store)->client, key, err);
}

static int64_t
skew_ns(struct store *store)
{
    return s3_skew_ns(store_s3(store)->client);
}

static void
free_store(struct store *store)
{
    s3_free(&store_s3(store)->client);
    free(store_s3(store)->prefix);
    free(store);
}

static const struct store_ops ops = {
    .type = "s3",
    .put = put,
    .get_range = get_range,
    .get = get,
    .head = head,
    .list = list,
    .delete = delete_object,
    .inspect = inspect,
    .put_wrong_checksum = put_wrong_checksum,
    .skew_ns = skew_ns,
    .free = free_store,
};

static void
store_s3_done(struct store_s3 **store)
{
    if (*store != NULL)
        free((*store)->prefix);
    free(*store);
}

enum sealift_status
store_s3_new(struct s3 **client, const char *prefix, struct store **ret_store, struct sealift_error *err)
{
    SCOPED(store_s3_done) struct store_s3 *store = calloc(1, sizeof(*store));
    const char *slash = prefix[0] != '\0' ? "/" : "";

    if (store == NULL)
        return error_no_memory(err);
    store->store.ops = &ops;
    snprintf(store->store.url, sizeof(store->store.url), "s3://%s%s%s", s3_bucket(*client), slash, prefix);
    TRY(text_format(&store->prefix, "%s%s", err, prefix, slash));
    store->client = TAKE(*client);
    *ret_store = &TAKE(store)->store;
    return SEALIFT_OK;
}
