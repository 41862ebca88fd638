#include "store_memory.h"

#include "digest.h"
#include "error.h"
#include "scoped.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object {
    struct store_object about;
    uint8_t sha256[SHA256_SIZE];
    struct buf data;
};

struct store_memory {
    struct store store;
    pthread_mutex_t lock;    /* guards what follows */
    struct object **objects; /* in byte order of their names */
    size_t count;
};

static struct store_memory *
memory_of(struct store *store)
{
    return (struct store_memory *)store;
}

static void
object_free(struct object **object)
{
    if (*object != NULL)
        buf_done(&(*object)->data);
    free_done(object);
}

static enum sealift_status
make_object(const char *name, struct bytes data, struct object **ret_object, struct sealift_error *err)
{
    SCOPED(object_free) struct object *object = calloc(1, sizeof(*object));

    if (object == NULL)
        return error_no_memory(err);
    object->data.max = SIZE_MAX;
    TRY(buf_append_bytes(&object->data, data, err));
    TRY(sha256(data, object->sha256, err));
    snprintf(object->about.name, sizeof(object->about.name), "%s", name);
    object->about.size = data.len;
    object->about.modified_ns = clock_system.wall_ns(&clock_system);
    *ret_object = TAKE(object);
    return SEALIFT_OK;
}

/* Where the first object stands that does not sort before `name`. */
static size_t
find_place_locked(const struct store_memory *memory, const char *name)
{
    size_t low = 0;
    size_t high = memory->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(memory->objects[middle]->about.name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct object *
find_object_locked(const struct store_memory *memory, const char *name)
{
    size_t place = find_place_locked(memory, name);

    if (place == memory->count || strcmp(memory->objects[place]->about.name, name) != 0)
        return NULL;
    return memory->objects[place];
}

static enum sealift_status
need_object_locked(const struct store_memory *memory, const char *name, struct object **ret_object,
                   struct sealift_error *err)
{
    struct object *object = find_object_locked(memory, name);

    if (object == NULL)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no such object");
    *ret_object = object;
    return SEALIFT_OK;
}

static enum sealift_status
insert_locked(struct store_memory *memory, struct object **object, struct sealift_error *err)
{
    size_t place = find_place_locked(memory, (*object)->about.name);
    struct object **objects = reallocarray(memory->objects, memory->count + 1, sizeof(struct object *));

    if (objects == NULL)
        return error_no_memory(err);
    memory->objects = objects;
    memmove(&objects[place + 1], &objects[place], (memory->count - place) * sizeof(struct object *));
    objects[place] = TAKE(*object);
    memory->count++;
    return SEALIFT_OK;
}

static void
replace_locked(struct store_memory *memory, struct object **object)
{
    size_t place = find_place_locked(memory, (*object)->about.name);

    object_free(&memory->objects[place]);
    memory->objects[place] = TAKE(*object);
}

static enum sealift_status
put_locked(struct store_memory *memory, struct object **object, bool if_absent, struct sealift_error *err)
{
    const struct object *there = find_object_locked(memory, (*object)->about.name);

    if (there == NULL)
        return insert_locked(memory, object, err);
    if (!if_absent)
        replace_locked(memory, object);
    else if (!bytes_equal(buf_bytes(&there->data), buf_bytes(&(*object)->data)))
        return error_set(err, SEALIFT_CONFLICT, "an object with other contents is there already; it was left as it is");
    return SEALIFT_OK;
}

static enum sealift_status
memory_put(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], bool if_absent,
           struct sealift_error *err)
{
    struct store_memory *memory = memory_of(store);
    SCOPED(object_free) struct object *object = NULL;
    enum sealift_status status;

    TRY(make_object(name, data, &object, err));
    if (!digest_equal(object->sha256, sha256, SHA256_SIZE))
        return error_set(err, SEALIFT_CORRUPT, "the bytes are not those that the SHA-256 is of; nothing was stored");
    pthread_mutex_lock(&memory->lock);
    status = put_locked(memory, &object, if_absent, err);
    pthread_mutex_unlock(&memory->lock);
    return status;
}

static enum sealift_status
get_range_locked(const struct store_memory *memory, const char *name, uint64_t offset, size_t len, uint8_t *out,
                 struct sealift_error *err)
{
    struct object *object;

    TRY(need_object_locked(memory, name, &object, err));
    if (offset > object->data.len || len > object->data.len - offset)
        return error_set(err, SEALIFT_CORRUPT, "ends after %zu bytes, where %zu from %llu on were wanted",
                         object->data.len, len, (unsigned long long)offset);
    if (len > 0)
        memcpy(out, object->data.data + offset, len);
    return SEALIFT_OK;
}

static enum sealift_status
memory_get_range(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                 struct sealift_error *err)
{
    struct store_memory *memory = memory_of(store);
    enum sealift_status status;

    pthread_mutex_lock(&memory->lock);
    status = get_range_locked(memory, name, offset, len, out, err);
    pthread_mutex_unlock(&memory->lock);
    return status;
}

static enum sealift_status
get_locked(const struct store_memory *memory, const char *name, size_t max, struct buf *out, struct sealift_error *err)
{
    struct object *object;

    TRY(need_object_locked(memory, name, &object, err));
    if (object->data.len > max)
        return error_set(err, SEALIFT_CORRUPT, "has %zu bytes, where at most %zu can be", object->data.len, max);
    return buf_append_bytes(out, buf_bytes(&object->data), err);
}

static enum sealift_status
memory_get(struct store *store, const char *name, size_t max, struct buf *out, struct sealift_error *err)
{
    struct store_memory *memory = memory_of(store);
    enum sealift_status status;

    pthread_mutex_lock(&memory->lock);
    status = get_locked(memory, name, max, out, err);
    pthread_mutex_unlock(&memory->lock);
    return status;
}

static enum sealift_status
head_locked(const struct store_memory *memory, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    struct object *object;

    TRY(need_object_locked(memory, name, &object, err));
    ret_head->size = object->about.size;
    ret_head->modified_ns = object->about.modified_ns;
    ret_head->checksum = STORE_CHECKSUM_SHA256;
    memcpy(ret_head->sha256, object->sha256, SHA256_SIZE);
    return SEALIFT_OK;
}

static enum sealift_status
memory_head(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    struct store_memory *memory = memory_of(store);
    enum sealift_status status;

    pthread_mutex_lock(&memory->lock);
    status = head_locked(memory, name, ret_head, err);
    pthread_mutex_unlock(&memory->lock);
    return status;
}

/* The first object that begins with `prefix` and sorts after `after`: false when there is none. */
static bool
find_next_locked(const struct store_memory *memory, const char *prefix, const char *after,
                 struct store_object *ret_object)
{
    size_t place = find_place_locked(memory, strcmp(prefix, after) > 0 ? prefix : after);

    if (place < memory->count && strcmp(memory->objects[place]->about.name, after) == 0)
        place++;
    if (place == memory->count || strncmp(memory->objects[place]->about.name, prefix, strlen(prefix)) != 0)
        return false;
    *ret_object = memory->objects[place]->about;
    return true;
}

/* `each` is called without the lock: it may use the store. */
static enum sealift_status
memory_list(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
            struct sealift_error *err)
{
    struct store_memory *memory = memory_of(store);
    struct store_object object;

    if (after == NULL)
        after = "";
    for (;; after = object.name) {
        bool found;

        pthread_mutex_lock(&memory->lock);
        found = find_next_locked(memory, prefix, after, &object);
        pthread_mutex_unlock(&memory->lock);
        if (!found)
            return SEALIFT_OK;
        TRY(each(context, &object, err));
    }
}

static enum sealift_status
memory_delete(struct store *store, const char *name, struct sealift_error *err)
{
    struct store_memory *memory = memory_of(store);
    size_t place;

    (void)err;
    pthread_mutex_lock(&memory->lock);
    place = find_place_locked(memory, name);
    if (find_object_locked(memory, name) != NULL) {
        object_free(&memory->objects[place]);
        memory->count--;
        memmove(&memory->objects[place], &memory->objects[place + 1],
                (memory->count - place) * sizeof(struct object *));
    }
    pthread_mutex_unlock(&memory->lock);
    return SEALIFT_OK;
}

static void
memory_free(struct store *store)
{
    struct store_memory *memory = memory_of(store);

    for (size_t i = 0; i < memory->count; i++)
        object_free(&memory->objects[i]);
    free(memory->objects);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const struct store_ops memory_ops = {
    .type = "memory",
    .put = memory_put,
    .get_range = memory_get_range,
    .get = memory_get,
    .head = memory_head,
    .list = memory_list,
    .delete = memory_delete,
    .free = memory_free,
};

enum sealift_status
store_memory_new(struct store **ret_store, struct sealift_error *err)
{
    struct store_memory *memory = calloc(1, sizeof(*memory));

    if (memory == NULL)
        return error_no_memory(err);
    memory->store.ops = &memory_ops;
    snprintf(memory->store.url, sizeof(memory->store.url), "memory:");
    pthread_mutex_init(&memory->lock, NULL);
    *ret_store = &memory->store;
    return SEALIFT_OK;
}

enum sealift_status
store_memory_overwrite(struct store *store, const char *name, struct bytes data, struct sealift_error *err)
{
    struct store_memory *memory = memory_of(store);
    SCOPED(object_free) struct object *object = NULL;
    struct object *there;
    enum sealift_status status;

    TRY(make_object(name, data, &object, err));
    pthread_mutex_lock(&memory->lock);
    status = need_object_locked(memory, name, &there, err);
    if (status == SEALIFT_OK)
        replace_locked(memory, &object);
    pthread_mutex_unlock(&memory->lock);
    return status;
}
