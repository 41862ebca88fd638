#include "store.h"

#include "digest.h"
#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

void
store_free(struct store **store)
{
    if (*store != NULL)
        (*store)->ops->free(*store);
    *store = NULL;
}

static bool
is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

/* A prefix is the beginning of a name: it may be empty, or end with a slash. */
static bool
is_name(const char *text, bool may_be_prefix)
{
    bool part_begins = true;

    for (size_t at = 0; text[at] != '\0'; at++) {
        if (at + 1 == STORE_NAME_MAX)
            return false;
        if (text[at] == '/' ? part_begins : !is_name_byte(text[at]))
            return false;
        if (part_begins && text[at] == '.')
            return false;
        part_begins = text[at] == '/';
    }
    return may_be_prefix || !part_begins;
}

bool
store_name_is_valid(const char *name)
{
    return is_name(name, false);
}

static enum sealift_status
check_name(const struct store *store, const char *name, struct sealift_error *err)
{
    if (is_name(name, false))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID, "%s: \"%s\" cannot be the name of an object", store->url, name);
}

/* Puts the object before the message of a failure. */
static enum sealift_status
name_object(const struct store *store, const char *name, enum sealift_status status, struct sealift_error *err)
{
    if (status == SEALIFT_OK)
        return SEALIFT_OK;
    return error_prefix(err, "%s/%s", store->url, name);
}

enum sealift_status
store_put(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], struct sealift_error *err)
{
    TRY(check_name(store, name, err));
    return name_object(store, name, store->ops->put(store, name, data, sha256, true, err), err);
}

enum sealift_status
store_put_small(struct store *store, const char *name, struct bytes data, struct sealift_error *err)
{
    uint8_t digest[SHA256_SIZE];

    TRY(sha256(data, digest, err));
    return store_put(store, name, data, digest, err);
}

enum sealift_status
store_put_proven(struct store *store, const char *name, struct bytes data, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf back = {.max = data.len + 1};

    TRY(store_put_small(store, name, data, err));
    TRY(store_get(store, name, data.len, &back, err));
    if (!bytes_equal(buf_bytes(&back), data))
        return error_set(err, SEALIFT_CORRUPT, "%s: %s: the store gives back something else than was put", store->url,
                         name);
    return SEALIFT_OK;
}

enum sealift_status
store_get_range(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                struct sealift_error *err)
{
    TRY(check_name(store, name, err));
    return name_object(store, name, store->ops->get_range(store, name, offset, len, out, err), err);
}

enum sealift_status
store_get(struct store *store, const char *name, size_t max, struct buf *out, struct sealift_error *err)
{
    TRY(check_name(store, name, err));
    return name_object(store, name, store->ops->get(store, name, max, out, err), err);
}

enum sealift_status
store_head(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    TRY(check_name(store, name, err));
    return name_object(store, name, store->ops->head(store, name, ret_head, err), err);
}

enum sealift_status
store_delete(struct store *store, const char *name, struct sealift_error *err)
{
    TRY(check_name(store, name, err));
    return name_object(store, name, store->ops->delete (store, name, err), err);
}

int64_t
store_now_ns(struct store *store, const struct world *world)
{
    int64_t skew_ns = store->ops->skew_ns != NULL ? store->ops->skew_ns(store) : 0;

    return world->clock->wall_ns(world->clock) + skew_ns;
}

void
store_inspect(struct store *store, struct store_abilities *ret_abilities)
{
    struct store_abilities abilities = {.versioning = STORE_ANSWER_NO, .object_lock = STORE_ANSWER_NO};
    struct sealift_error ignored;

    if (store->ops->inspect != NULL) {
        abilities = (struct store_abilities){0};
        if (store->ops->inspect(store, &abilities, &ignored) != SEALIFT_OK)
            abilities = (struct store_abilities){0};
    }
    *ret_abilities = abilities;
}

/* A listing under way: whom it tells, and what it has shown last. */
struct listing {
    store_each *each;
    void *context;
    char last[STORE_NAME_MAX];
    bool stopped; /* by `each` */
};

/* Whatever confirms segments or looks for the newest record relies on the order: a store that breaks it must not go
 * unnoticed. Names that cannot be ours (somebody's notes beside our objects) are passed over. */
static enum sealift_status
pass_on(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct listing *listing = context;
    enum sealift_status status;

    if (!store_name_is_valid(object->name))
        return SEALIFT_OK;
    if (strcmp(object->name, listing->last) <= 0)
        return error_set(err, SEALIFT_CORRUPT,
                         "the store lists \"%s\" after \"%s\", which is not in the order of bytes", object->name,
                         listing->last);
    snprintf(listing->last, sizeof(listing->last), "%s", object->name);
    status = listing->each(listing->context, object, err);
    listing->stopped = status != SEALIFT_OK;
    return status;
}

enum sealift_status
store_list(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
           struct sealift_error *err)
{
    struct listing listing = {.each = each, .context = context};
    enum sealift_status status;

    if (!is_name(prefix, true))
        return error_set(err, SEALIFT_INVALID, "%s: no name of an object begins with \"%s\"", store->url, prefix);
    status = store->ops->list(store, prefix, after, pass_on, &listing, err);
    if (listing.stopped)
        return status;
    return name_object(store, prefix, status, err);
}

/* The next folder of a listing: the first name behind the folder before it has it. */
struct folder_search {
    const char *prefix;
    char folder[STORE_NAME_MAX]; /* empty: none was found */
};

static enum sealift_status
stop_at_folder(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct folder_search *search = context;
    const char *folder = object->name + strlen(search->prefix);
    const char *end = strchr(folder, '/');

    if (end == NULL)
        return SEALIFT_OK; /* an object beside the folders */
    snprintf(search->folder, sizeof(search->folder), "%.*s", (int)(end - folder), folder);
    return error_set(err, SEALIFT_CANCELLED, "found");
}

enum sealift_status
store_list_folders(struct store *store, const char *prefix, store_each_folder *each, void *context,
                   struct sealift_error *err)
{
    struct folder_search search = {.prefix = prefix};
    char after[STORE_NAME_MAX + 1] = "";

    for (;;) {
        enum sealift_status status;

        search.folder[0] = '\0';
        status = store_list(store, prefix, after[0] != '\0' ? after : NULL, stop_at_folder, &search, err);
        if (search.folder[0] == '\0')
            return status;
        TRY(each(context, search.folder, err));
        /* '0' is the byte after '/': no name below the folder sorts behind this, and every other one does. */
        snprintf(after, sizeof(after), "%s%s0", prefix, search.folder);
    }
}
