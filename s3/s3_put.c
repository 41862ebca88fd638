#include "s3_put.h"

#include "digest.h"
#include "error.h"
#include "scoped.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_DAY    (24 * 3600 * NS_PER_S)
#define COMPARE_PIECE ((size_t)1 << 20)
#define DAMAGED_TRIES 3 /* a bit that flips on the way is rare; twice in a row it is no accident */

/* --- One request --- */

static enum sealift_status
make_checksum(struct bytes promised, const uint8_t sha256[32], bool with_md5, struct buf *out,
              struct sealift_error *err)
{
    uint8_t digest[MD5_SIZE];

    if (!with_md5)
        return base64_encode((struct bytes){sha256, SHA256_SIZE}, out, err);
    TRY(md5(promised, digest, err));
    return base64_encode(BYTES_OF(digest), out, err);
}

static void
add_unless_null(struct s3_call *call, const char *name, const char *value)
{
    if (value != NULL)
        s3_call_add_header(call, name, value);
}

/* What `obs add` was told about every object: class, encryption at the store, retention. */
static void
add_admins_wishes(struct s3_call *call, struct s3 *s3, char until[32])
{
    struct clock *clock = s3->world->clock;

    add_unless_null(call, "x-amz-storage-class", s3->storage_class);
    add_unless_null(call, "x-amz-server-side-encryption", s3->sse);
    add_unless_null(call, "x-amz-server-side-encryption-aws-kms-key-id", s3->sse_kms_key);
    if (s3->lock_mode == NULL)
        return;
    time_format(clock->wall_ns(clock) + s3_learnt_facts(&s3->learnt).skew_ns + s3->lock_days * NS_PER_DAY, until);
    s3_call_add_header(call, "x-amz-object-lock-mode", s3->lock_mode);
    s3_call_add_header(call, "x-amz-object-lock-retain-until-date", until);
}

enum sealift_status
s3_put_request(struct s3 *s3, const char *key, struct bytes body, struct bytes promised,
               const uint8_t promised_sha256[32], const struct s3_put_way *way, struct s3_error *refusal,
               struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    SCOPED(buf_done) struct buf checksum = {0};
    const char *checksum_text;
    char until[32];
    struct s3_call call = {
        .act = "PUT",
        .method = "PUT",
        .key = key,
        .body = body,
        .sha256 = promised_sha256,
    };

    TRY(make_checksum(promised, promised_sha256, way->md5, &checksum, err));
    TRY(buf_text(&checksum, &checksum_text, err));
    s3_call_add_header(&call, "content-type", "application/octet-stream");
    s3_call_add_header(&call, way->md5 ? "content-md5" : "x-amz-checksum-sha256", checksum_text);
    if (way->condition)
        s3_call_add_header(&call, "if-none-match", "*");
    add_admins_wishes(&call, s3, until);
    return s3_request(s3, &call, &answer, refusal, err);
}

/* --- What is there already --- */

static enum sealift_status
compare_contents(struct s3 *s3, const char *key, struct bytes data, bool *ret_equal, struct sealift_error *err)
{
    SCOPED(free_done) uint8_t *piece = malloc(COMPARE_PIECE);
    struct bytes rest = data, part;

    if (piece == NULL)
        return error_no_memory(err);
    while (bytes_cut(&rest, rest.len < COMPARE_PIECE ? rest.len : COMPARE_PIECE, &part) && part.len > 0) {
        TRY(s3_get_range(s3, key, data.len - rest.len - part.len, part.len, piece, err));
        if (memcmp(piece, part.data, part.len) != 0) {
            *ret_equal = false;
            return SEALIFT_OK;
        }
    }
    *ret_equal = true;
    return SEALIFT_OK;
}

/* The store refused because there is such an object. When it holds our bytes, then it is ours: the answer to an earlier
 * try got lost. */
static enum sealift_status
compare_stored(struct s3 *s3, const char *key, struct bytes data, const uint8_t sha256[32], struct sealift_error *err)
{
    struct s3_head head;
    bool equal;

    TRY(s3_head_object(s3, key, &head, err));
    if (head.size != data.len)
        equal = false;
    else if (head.has_sha256)
        equal = memcmp(head.sha256, sha256, SHA256_SIZE) == 0;
    else
        TRY(compare_contents(s3, key, data, &equal, err));
    if (!equal)
        return error_set(err, SEALIFT_CONFLICT, "there is such an object already, with other contents");
    return SEALIFT_OK;
}

/* --- Stores that do not know every header --- */

static bool
mentions(const struct s3_error *refusal, const char *word)
{
    return strcasestr(refusal->message, word) != NULL || strcasestr(refusal->header, word) != NULL;
}

/* Leaves out the header that the store does not know; false when that is not why it refused. The one that is rarer
 * among stores is left out first when it does not say which it is. */
static bool
give_in(struct s3_put_way *way, const struct s3_error *refusal)
{
    bool unknown = refusal->http_status == 501 || strcmp(refusal->code, "NotImplemented") == 0;
    bool invalid = strcmp(refusal->code, "InvalidArgument") == 0 || strcmp(refusal->code, "InvalidRequest") == 0;
    bool checksum = mentions(refusal, "checksum");
    bool condition = mentions(refusal, "none-match") || mentions(refusal, "conditional");

    if (!unknown && !(invalid && (checksum || condition)))
        return false;
    if (way->condition && (condition || !checksum)) {
        way->condition = false;
        return true;
    }
    if (!way->md5 && (checksum || unknown)) {
        way->md5 = true;
        return true;
    }
    return false;
}

static void
remember(struct s3 *s3, const struct s3_put_way *tried, const struct s3_put_way *worked)
{
    if (tried->condition && !worked->condition) {
        s3_learnt_refuses_condition(&s3->learnt);
        world_log(s3->world, LOG_INFO, "bucket %s: the store has no conditional PUT; going on without", s3->bucket);
    }
    if (!tried->md5 && worked->md5) {
        s3_learnt_wants_md5(&s3->learnt);
        world_log(s3->world, LOG_INFO, "bucket %s: the store does not know SHA-256 checksums; going on with MD5",
                  s3->bucket);
    }
}

enum sealift_status
s3_put(struct s3 *s3, const char *key, struct bytes data, const uint8_t sha256[32], bool if_absent,
       struct sealift_error *err)
{
    struct s3_facts facts = s3_learnt_facts(&s3->learnt);
    const struct s3_put_way first = {.condition = if_absent && !facts.refuses_condition, .md5 = facts.wants_md5};
    struct s3_put_way way = first;
    unsigned damaged = 0;

    for (;;) {
        struct s3_error refusal = {0};
        enum sealift_status status = s3_put_request(s3, key, data, data, sha256, &way, &refusal, err);

        if (status == SEALIFT_OK) {
            remember(s3, &first, &way);
            return SEALIFT_OK;
        }
        if (way.condition && refusal.http_status == 412)
            return compare_stored(s3, key, data, sha256, err);
        if (status == SEALIFT_CORRUPT && ++damaged < DAMAGED_TRIES)
            continue;
        if (!give_in(&way, &refusal))
            return status;
    }
}

/* --- Does the store verify? --- */

/* The headers promise one body, and another one is sent: what a bit that flips on the way does. */
static enum sealift_status
put_damaged(struct s3 *s3, const char *key, bool with_md5, bool *ret_refused, struct sealift_error *err)
{
    const struct bytes promised = bytes_of_text("sealift asks whether this store verifies checksums: A\n");
    const struct bytes sent = bytes_of_text("sealift asks whether this store verifies checksums: B\n");
    struct s3_error refusal = {0};
    uint8_t digest[SHA256_SIZE];
    enum sealift_status status;

    TRY(sha256(promised, digest, err));
    status = s3_put_request(s3, key, sent, promised, digest, &(struct s3_put_way){.md5 = with_md5}, &refusal, err);
    *ret_refused = refusal.http_status == 400 || refusal.http_status == 422 || status == SEALIFT_CORRUPT;
    return *ret_refused ? SEALIFT_OK : status;
}

enum sealift_status
s3_put_wrong_checksum(struct s3 *s3, const char *key, struct sealift_error *err)
{
    bool refused;

    TRY(put_damaged(s3, key, s3_learnt_facts(&s3->learnt).wants_md5, &refused, err));
    if (refused)
        return SEALIFT_OK;
    TRY(put_damaged(s3, key, true, &refused, err));
    if (!refused)
        return error_set(err, SEALIFT_CONFLICT, "the store takes bytes that are not what their checksums promise");
    s3_learnt_wants_md5(&s3->learnt);
    return SEALIFT_OK;
}
