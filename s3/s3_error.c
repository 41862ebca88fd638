#include "s3_error.h"

#include "error.h"
#include "scoped.h"
#include "xml.h"

#include <stdio.h>
#include <string.h>

/* --- Reading --- */

static void
copy_child(const struct xml_node *node, const char *name, char *out, size_t size)
{
    SCOPED(buf_done) struct buf text = {.max = 4096};

    if (xml_child_text(node, name, &text))
        snprintf(out, size, "%.*s", (int)text.len, (const char *)text.data);
}

/* It becomes a part of a host name and of a signature; half a name would be another region. */
static bool
is_region(const char *text)
{
    return text[0] != '\0' && text[strspn(text, S3_REGION_CHARACTERS)] == '\0' && strlen(text) < S3_REGION_SIZE;
}

static void
keep_region(const char *text, struct s3_error *error)
{
    if (is_region(text))
        memcpy(error->region, text, strlen(text) + 1);
}

void
s3_error_parse_body(struct bytes body, struct s3_error *error)
{
    SCOPED(xml_free) struct xml *xml = NULL;
    const struct xml_node *node;
    char region[S3_REGION_SIZE] = "";
    struct sealift_error unused;

    if (xml_parse(body, "error", &xml, &unused) != SEALIFT_OK)
        return;
    node = xml_root(xml);
    if (xml_is(node, "ErrorResponse")) /* the token service wraps it */
        node = xml_child(node, "Error");
    if (!xml_is(node, "Error"))
        return;
    copy_child(node, "Code", error->code, sizeof(error->code));
    copy_child(node, "Message", error->message, sizeof(error->message));
    copy_child(node, "Header", error->header, sizeof(error->header));
    copy_child(node, "Region", region, sizeof(region));
    keep_region(region, error);
}

void
s3_error_read(const struct http_answer *answer, struct s3_error *ret_error)
{
    struct s3_error error = {.http_status = answer->status};
    char value[128];

    s3_error_parse_body(buf_bytes(&answer->text), &error);
    if (http_answer_header(answer, "x-amz-bucket-region", value, sizeof(value)))
        keep_region(value, &error);
    if (http_answer_header(answer, "date", value, sizeof(value)) && !http_date_parse(value, &error.date_ns))
        error.date_ns = 0;
    *ret_error = error;
}

/* --- Explaining --- */

struct explanation {
    const char *code;
    enum sealift_status status;
    const char *sentence;
};

#define DAMAGED   "the bytes that arrived are not those that were sent: look for bad memory or a faulty network card"
#define BUSY      "the store is overloaded"
#define EXPIRED   "the session of these temporary credentials is over: renew them"
#define TO_REGION "the bucket is in another region: give that one with --region"

#define WRONG_TOKEN                                                                                                    \
    "the session token does not belong to these credentials: check $AWS_SESSION_TOKEN, and unset it for long-term "    \
    "keys"

#define UNKNOWN_KEY                                                                                                    \
    "the store does not know this access key id: check $AWS_ACCESS_KEY_ID or the profile, and that the key belongs "   \
    "to "                                                                                                              \
    "this endpoint"

static const struct explanation explanations[] = {
    {"AuthorizationHeaderMalformed", SEALIFT_INVALID, TO_REGION},
    {"BadDigest", SEALIFT_CORRUPT, DAMAGED},
    {"ConditionalRequestConflict", SEALIFT_UNAVAILABLE, "somebody else is writing this object"},
    {"EntityTooLarge", SEALIFT_INVALID,
     "the object is larger than the store takes: make segments smaller with --memory"},
    {"ExpiredToken", SEALIFT_DENIED, EXPIRED},
    {"InternalError", SEALIFT_UNAVAILABLE, "the store failed inside"},
    {"InvalidAccessKeyId", SEALIFT_DENIED, UNKNOWN_KEY},
    {"InvalidBucketName", SEALIFT_INVALID,
     "the store takes no bucket of this name: 3 to 63 lower-case letters, digits "
     "and hyphens are safe"},
    {"InvalidDigest", SEALIFT_CORRUPT, DAMAGED},
    {"InvalidObjectState", SEALIFT_CONFLICT,
     "the object is archived: bring it back first (aws s3api restore-object, or the store's own tool), wait until that "
     "is done, then try again"},
    {"InvalidRange", SEALIFT_CORRUPT, "the object is shorter than it should be"},
    {"InvalidStorageClass", SEALIFT_INVALID,
     "the store does not have this storage class: change it with obs update "
     "--storage-class"},
    {"InvalidToken", SEALIFT_DENIED, WRONG_TOKEN},
    {"InvalidTokenId", SEALIFT_DENIED, WRONG_TOKEN},
    {"NoSuchBucket", SEALIFT_INVALID, "there is no such bucket: create it, or correct its name or the endpoint"},
    {"NoSuchKey", SEALIFT_NOT_FOUND, "there is no such object"},
    {"OperationAborted", SEALIFT_UNAVAILABLE, "somebody else is writing this object"},
    {"PermanentRedirect", SEALIFT_INVALID, TO_REGION " (or --endpoint)"},
    {"PreconditionFailed", SEALIFT_CONFLICT, "there is such an object already"},
    {"QuotaExceeded", SEALIFT_DENIED, "the quota is used up: ask the store's admin for more room"},
    {"RequestTimeTooSkewed", SEALIFT_DENIED, "the clocks of this machine and of the store differ too much: set them"},
    {"RequestTimeout", SEALIFT_UNAVAILABLE, "the store got no data for too long"},
    {"ServiceUnavailable", SEALIFT_UNAVAILABLE, BUSY},
    {"SignatureDoesNotMatch", SEALIFT_DENIED,
     "the secret access key does not belong to the access key id: check $AWS_SECRET_ACCESS_KEY or the profile (if it "
     "is "
     "right, something between here and the store changes requests)"},
    {"SlowDown", SEALIFT_UNAVAILABLE, BUSY},
    {"TemporaryRedirect", SEALIFT_INVALID, TO_REGION " (or --endpoint)"},
    {"TokenRefreshRequired", SEALIFT_DENIED, EXPIRED},
    {"XAdminUserNotFound", SEALIFT_DENIED, UNKNOWN_KEY},
    {"XAmzContentChecksumMismatch", SEALIFT_CORRUPT, DAMAGED},
    {"XAmzContentSHA256Mismatch", SEALIFT_CORRUPT, DAMAGED},
    {"XMinioStorageFull", SEALIFT_DENIED, "the store has no room left: ask its admin for more"},
};

static const struct explanation *
find_explanation(const char *code)
{
    for (size_t i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++)
        if (strcmp(explanations[i].code, code) == 0)
            return &explanations[i];
    return NULL;
}

/* What to go by when the code is unknown, or there is none. */
static enum sealift_status
status_of_http(int http_status)
{
    switch (http_status) {
    case 401:
    case 403:
    case 507: /* no room left */
        return SEALIFT_DENIED;
    case 404:
        return SEALIFT_NOT_FOUND;
    case 409:
    case 412:
        return SEALIFT_CONFLICT;
    case 416:
        return SEALIFT_CORRUPT;
    case 408:
    case 429:
        return SEALIFT_UNAVAILABLE;
    case 501:
    case 505:
        return SEALIFT_INVALID;
    default:
        return http_status / 100 == 5 ? SEALIFT_UNAVAILABLE : SEALIFT_INVALID;
    }
}

static const char *
permission_for(const char *act)
{
    static const char *const permissions[][2] = {
        {"PUT", "s3:PutObject (with Object Lock s3:PutObjectRetention too, with SSE-KMS the use of its key)"},
        {"DELETE", "s3:DeleteObject"},
        {"LIST", "s3:ListBucket"},
    };

    for (size_t i = 0; i < sizeof(permissions) / sizeof(permissions[0]); i++)
        if (strcmp(act, permissions[i][0]) == 0)
            return permissions[i][1];
    return "s3:GetObject (and s3:ListBucket: without it an object that is missing looks forbidden)";
}

/* Some stores name the region in whatever they say. */
static bool
is_about_region(const struct s3_error *error)
{
    return error->http_status / 100 == 3 || strcmp(error->code, "AuthorizationHeaderMalformed") == 0;
}

enum sealift_status
s3_error_report(const struct s3_error *error, const char *act, struct sealift_error *err)
{
    const struct explanation *explanation = find_explanation(error->code);
    enum sealift_status status = explanation != NULL ? explanation->status : status_of_http(error->http_status);

    status = error_set(err, status, "%s answered %d%s%s", act, error->http_status, error->code[0] != '\0' ? " " : "",
                       error->code);
    if (explanation != NULL)
        status = error_hint(err, "%s", explanation->sentence);
    else if (error->message[0] != '\0')
        status = error_hint(err, "the store says: %s", error->message);
    if (error->code[0] == '\0' && error->http_status == 404)
        status = error_hint(err, "there is no such object, or no such bucket");
    if (error->code[0] == '\0' && error->http_status == 400 && strcmp(act, "HEAD") != 0)
        status = error_hint(err, "no S3 server says it like this: check the endpoint, its port, and whether it begins "
                                 "with https");
    if (explanation == NULL && error->http_status == 403)
        status = error_hint(err, "ask for the permission %s", permission_for(act));
    if (error->region[0] != '\0' && is_about_region(error))
        status = error_hint(err, "the bucket's region is %s", error->region);
    return status;
}
