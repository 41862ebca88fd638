#include "store_faulty.h"

#include "error.h"

#include <stdlib.h>

struct store_faulty {
    struct store store;
    struct store_ops ops; /* inner's, with our functions in place: what inner lacks, this store lacks */
    struct store *inner;
    store_fault *fault;
    void *context;
};

static struct store_faulty *
faulty_of(struct store *store)
{
    return (struct store_faulty *)store;
}

/* What the hook wants of an operation: to fail instead, to be done, or to be done and then to fail with what `err`
 * holds. */
struct verdict {
    enum sealift_status status;
    bool after;
    struct sealift_error err;
};

static struct verdict
ask_hook(struct store_faulty *faulty, enum store_operation operation, const char *name)
{
    struct verdict verdict = {.status = SEALIFT_OK};

    if (faulty->fault != NULL)
        verdict.status = faulty->fault(faulty->context, operation, name, &verdict.after, &verdict.err);
    return verdict;
}

static bool
fails_instead(const struct verdict *verdict)
{
    return verdict->status != SEALIFT_OK && !verdict->after;
}

/* The answer of an operation that was done, or was not to be: a success may get lost on its way. */
static enum sealift_status
answer(const struct verdict *verdict, enum sealift_status done, struct sealift_error *err)
{
    if (done != SEALIFT_OK || verdict->status == SEALIFT_OK)
        return done;
    *err = verdict->err;
    return verdict->status;
}

static enum sealift_status
faulty_put(struct store *store, const char *name, struct bytes data, const uint8_t sha256[32], bool if_absent,
           struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;
    struct verdict verdict = ask_hook(faulty_of(store), STORE_PUT, name);

    if (fails_instead(&verdict))
        return answer(&verdict, SEALIFT_OK, err);
    return answer(&verdict, inner->ops->put(inner, name, data, sha256, if_absent, err), err);
}

static enum sealift_status
faulty_get_range(struct store *store, const char *name, uint64_t offset, size_t len, uint8_t *out,
                 struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;
    struct verdict verdict = ask_hook(faulty_of(store), STORE_GET, name);

    if (fails_instead(&verdict))
        return answer(&verdict, SEALIFT_OK, err);
    return answer(&verdict, inner->ops->get_range(inner, name, offset, len, out, err), err);
}

static enum sealift_status
faulty_get(struct store *store, const char *name, size_t max, struct buf *out, struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;
    struct verdict verdict = ask_hook(faulty_of(store), STORE_GET, name);
    size_t len = out->len;
    enum sealift_status status;

    if (fails_instead(&verdict))
        return answer(&verdict, SEALIFT_OK, err);
    status = answer(&verdict, inner->ops->get(inner, name, max, out, err), err);
    if (status != SEALIFT_OK)
        out->len = len;
    return status;
}

static enum sealift_status
faulty_head(struct store *store, const char *name, struct store_head *ret_head, struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;
    struct verdict verdict = ask_hook(faulty_of(store), STORE_HEAD, name);

    if (fails_instead(&verdict))
        return answer(&verdict, SEALIFT_OK, err);
    return answer(&verdict, inner->ops->head(inner, name, ret_head, err), err);
}

static enum sealift_status
faulty_list(struct store *store, const char *prefix, const char *after, store_each *each, void *context,
            struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;
    struct verdict verdict = ask_hook(faulty_of(store), STORE_LIST, prefix);

    if (fails_instead(&verdict))
        return answer(&verdict, SEALIFT_OK, err);
    return answer(&verdict, inner->ops->list(inner, prefix, after, each, context, err), err);
}

static enum sealift_status
faulty_delete(struct store *store, const char *name, struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;
    struct verdict verdict = ask_hook(faulty_of(store), STORE_DELETE, name);

    if (fails_instead(&verdict))
        return answer(&verdict, SEALIFT_OK, err);
    return answer(&verdict, inner->ops->delete (inner, name, err), err);
}

static enum sealift_status
faulty_inspect(struct store *store, struct store_abilities *abilities, struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;

    return inner->ops->inspect(inner, abilities, err);
}

static enum sealift_status
faulty_put_wrong_checksum(struct store *store, const char *name, struct sealift_error *err)
{
    struct store *inner = faulty_of(store)->inner;
    struct verdict verdict = ask_hook(faulty_of(store), STORE_PUT, name);

    if (fails_instead(&verdict))
        return answer(&verdict, SEALIFT_OK, err);
    return answer(&verdict, inner->ops->put_wrong_checksum(inner, name, err), err);
}

static int64_t
faulty_skew_ns(struct store *store)
{
    struct store *inner = faulty_of(store)->inner;

    return inner->ops->skew_ns(inner);
}

static void
faulty_free(struct store *store)
{
    free(faulty_of(store));
}

enum sealift_status
store_faulty_new(struct store *inner, store_fault *fault, void *context, struct store **ret_store,
                 struct sealift_error *err)
{
    struct store_faulty *faulty = calloc(1, sizeof(*faulty));

    if (faulty == NULL)
        return error_no_memory(err);
    faulty->ops = (struct store_ops){
        .type = inner->ops->type,
        .put = faulty_put,
        .get_range = faulty_get_range,
        .get = faulty_get,
        .head = faulty_head,
        .list = faulty_list,
        .delete = faulty_delete,
        .inspect = inner->ops->inspect != NULL ? faulty_inspect : NULL,
        .put_wrong_checksum = inner->ops->put_wrong_checksum != NULL ? faulty_put_wrong_checksum : NULL,
        .skew_ns = inner->ops->skew_ns != NULL ? faulty_skew_ns : NULL,
        .free = faulty_free,
    };
    faulty->store = *inner;
    faulty->store.ops = &faulty->ops;
    faulty->inner = inner;
    faulty->fault = fault;
    faulty->context = context;
    *ret_store = &faulty->store;
    return SEALIFT_OK;
}
