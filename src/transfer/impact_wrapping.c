#include "error.h"
#include "impact_look.h"
#include "memo_name.h"
#include "scoped.h"

struct wrapping_search {
    const struct impact_request *request;
    const struct envelope *envelope;
    const struct uuid *snapshot;
};

static enum sealift_status
prove(void *context, void *finding, struct sealift_error *err)
{
    const struct wrapping_search *search = context;
    const struct impact_request *request = search->request;

    return proof_find(request->routes, request->condemned, search->envelope, search->snapshot, finding, err);
}

enum sealift_status
impact_hold_proof(const struct impact_look *look, const struct envelope *envelope, const struct uuid *snapshot,
                  const struct proof **ret_proof, struct sealift_error *err)
{
    struct wrapping_search search = {look->request, envelope, snapshot};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    TRY(memo_name_of_wrapping(envelope, name, err));
    TRY(memo_hold(look->wrappings, name, prove, &search, &finding, err));
    *ret_proof = finding;
    return SEALIFT_OK;
}

void
impact_release_proof(const struct impact_look *look, const struct proof *proof)
{
    memo_release(look->wrappings, proof);
}

static const char *
what_opens(const struct proof *proof)
{
    if (!proof->opens)
        return "nothing";
    return proof->condemned ? "condemned" : "other";
}

static enum sealift_status
hash_wrapping(const struct envelope *envelope, uint8_t ret_hash[SHA256_SIZE], struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};

    TRY(buf_append_text(&text, envelope->wrapped_kek, err));
    TRY(buf_append_bytes(&text, BYTES_OF(envelope->sealed_fs_key), err));
    return sha256(buf_bytes(&text), ret_hash, err);
}

enum sealift_status
impact_write_wrapping(const struct impact_look *look, const char *object, const struct envelope *envelope,
                      const struct proof *proof, struct sealift_error *err)
{
    uint8_t hash[SHA256_SIZE];
    const struct evidence_wrapping wrapping = {
        .object = object,
        .envelope = envelope,
        .sha256 = hash,
        .opens = what_opens(proof),
        .by = proof->opens ? &proof->by : NULL,
        .problem = proof->opens ? NULL : proof->failure.message,
    };

    if (look->request->evidence == NULL)
        return SEALIFT_OK;
    TRY(hash_wrapping(envelope, hash, err));
    return evidence_wrapping(look->request->evidence, &wrapping, err);
}
