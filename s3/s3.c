#include "s3.h"

#include "aws_profile.h"
#include "error.h"
#include "http.h"
#include "s3_endpoint.h"
#include "s3_list.h"
#include "s3_request.h"
#include "scoped.h"
#include "text.h"
#include "xml.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIN_TEXT ((size_t)64 << 10) /* an error's text has room, however small the object that was asked for */

/* --- The client --- */

static enum sealift_status
copy_unless_null(const char *text, char **ret_copy, struct sealift_error *err)
{
    return text != NULL ? text_copy(text, ret_copy, err) : SEALIFT_OK;
}

static enum sealift_status
check_options(const struct s3_options *options, struct sealift_error *err)
{
    bool has_mode = options->lock_mode != NULL;

    if (has_mode && strcmp(options->lock_mode, "GOVERNANCE") != 0 && strcmp(options->lock_mode, "COMPLIANCE") != 0)
        return error_set(err, SEALIFT_INVALID, "%s: an Object Lock mode is GOVERNANCE or COMPLIANCE",
                         options->lock_mode);
    if (has_mode != (options->lock_days != 0) || options->lock_days < 0 || options->lock_days > 36500)
        return error_set(err, SEALIFT_INVALID, "Object Lock takes a mode and from 1 to 36500 days");
    if (options->sse_kms_key != NULL && (options->sse == NULL || strncmp(options->sse, "aws:kms", 7) != 0))
        return error_set(err, SEALIFT_INVALID, "a key for the store's encryption goes with the encryption aws:kms");
    return SEALIFT_OK;
}

static enum sealift_status
copy_options(struct s3 *s3, const struct s3_options *options, struct sealift_error *err)
{
    s3->style = options->style;
    s3->lock_days = options->lock_days;
    TRY(text_copy(options->bucket, &s3->bucket, err));
    TRY(copy_unless_null(options->storage_class, &s3->storage_class, err));
    TRY(copy_unless_null(options->sse, &s3->sse, err));
    TRY(copy_unless_null(options->sse_kms_key, &s3->sse_kms_key, err));
    return copy_unless_null(options->lock_mode, &s3->lock_mode, err);
}

static enum sealift_status
choose(const char *option, const struct aws_profile *profile, const char *const *variables, const char *key,
       char **ret_text, struct sealift_error *err)
{
    if (option != NULL)
        return text_copy(option, ret_text, err);
    return aws_profile_setting(profile, variables, key, ret_text, err);
}

/* What the options leave open, from where the AWS tools have it. */
static enum sealift_status
fill_in_from_aws(struct s3 *s3, const struct s3_options *options, char **ret_region, char **ret_ca_file,
                 struct sealift_error *err)
{
    static const char *const regions[] = {"AWS_REGION", "AWS_DEFAULT_REGION", NULL};
    static const char *const addresses[] = {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", NULL};
    static const char *const ca_files[] = {"AWS_CA_BUNDLE", NULL};
    SCOPED(aws_profile_free) struct aws_profile *profile = NULL;

    TRY(aws_profile_load(options->profile, &profile, err));
    TRY(choose(options->region, profile, regions, "region", ret_region, err));
    TRY(choose(options->endpoint, profile, addresses, "endpoint_url", &s3->address, err));
    TRY(choose(options->ca_file, profile, ca_files, "ca_bundle", ret_ca_file, err));
    return *ret_region != NULL ? SEALIFT_OK : text_copy("us-east-1", ret_region, err);
}

enum sealift_status
s3_new(const struct world *world, const struct s3_options *options, struct s3 **ret_s3, struct sealift_error *err)
{
    SCOPED(s3_free) struct s3 *s3 = calloc(1, sizeof(*s3));
    SCOPED(free_done) char *region = NULL, *ca_file = NULL;
    struct s3_endpoint unused;

    if (s3 == NULL)
        return error_no_memory(err);
    s3->world = world;
    s3_learnt_init(&s3->learnt, "");
    TRY(check_options(options, err));
    TRY(copy_options(s3, options, err));
    TRY(fill_in_from_aws(s3, options, &region, &ca_file, err));
    if (strlen(region) >= S3_REGION_SIZE || region[strspn(region, S3_REGION_CHARACTERS)] != '\0')
        return error_set(err, SEALIFT_INVALID, "%s: no name for a region: small letters, digits and '-' are", region);
    s3_learnt_region(&s3->learnt, region);
    TRY(s3_endpoint_make(s3->bucket, s3->address, region, s3->style, &unused, err));
    TRY(http_client_new(world, &(struct http_client_options){.ca_file = ca_file}, &s3->http, err));
    TRY(s3_credential_cache_new(world, &(struct s3_credential_chain){.profile = options->profile, .ca_file = ca_file},
                                &s3->credentials, err));
    *ret_s3 = TAKE(s3);
    return SEALIFT_OK;
}

void
s3_free(struct s3 **s3)
{
    struct s3 *gone = *s3;

    *s3 = NULL;
    if (gone == NULL)
        return;
    http_client_free(&gone->http);
    s3_credential_cache_free(&gone->credentials);
    s3_learnt_done(&gone->learnt);
    free(gone->bucket);
    free(gone->address);
    free(gone->storage_class);
    free(gone->sse);
    free(gone->sse_kms_key);
    free(gone->lock_mode);
    free(gone);
}

const char *
s3_bucket(const struct s3 *s3)
{
    return s3->bucket;
}

int64_t
s3_skew_ns(struct s3 *s3)
{
    return s3_learnt_facts(&s3->learnt).skew_ns;
}

/* --- Reading objects --- */

/* "bytes 0-9/100" must begin where we asked: some stores, and more caches, ignore a range and send the object from its
 * start. */
static bool
begins_at(const struct http_answer *answer, uint64_t offset)
{
    char range[80], expected[32];

    if (answer->status != 206)
        return offset == 0;
    snprintf(expected, sizeof(expected), "bytes %" PRIu64 "-", offset);
    return http_answer_header(answer, "content-range", range, sizeof(range)) &&
           strncmp(range, expected, strlen(expected)) == 0;
}

enum sealift_status
s3_get_range(struct s3 *s3, const char *key, uint64_t offset, size_t len, uint8_t *out, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct s3_call call = {.act = "GET", .method = "GET", .key = key, .body_out = out, .body_capacity = len};
    struct s3_error refusal;
    char range[64];

    if (len == 0)
        return SEALIFT_OK;
    snprintf(range, sizeof(range), "bytes=%" PRIu64 "-%" PRIu64, offset, offset + len - 1);
    s3_call_add_header(&call, "range", range);
    TRY(s3_request(s3, &call, &answer, &refusal, err));
    if (!begins_at(&answer, offset))
        return error_set(err, SEALIFT_CORRUPT, "GET of bytes from %" PRIu64 " on was answered with other ones", offset);
    if (answer.body_len != len)
        return error_set(err, SEALIFT_CORRUPT, "the object ends %zu bytes too early", len - answer.body_len);
    return SEALIFT_OK;
}

enum sealift_status
s3_get(struct s3 *s3, const char *key, size_t max, struct buf *out, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct s3_call call = {.act = "GET", .method = "GET", .key = key, .max_text = max < MIN_TEXT ? MIN_TEXT : max};
    struct s3_error refusal;

    TRY(s3_request(s3, &call, &answer, &refusal, err));
    if (answer.text.len > max)
        return error_set(err, SEALIFT_CORRUPT, "the object has %zu bytes, where at most %zu are expected",
                         answer.text.len, max);
    return buf_append_bytes(out, buf_bytes(&answer.text), err);
}

/* A checksum over the parts of a multipart upload is not the object's; it has the number of parts behind it. */
static bool
read_sha256(const struct http_answer *answer, uint8_t out[32])
{
    SCOPED(buf_done) struct buf digest = {0};
    struct sealift_error unused;
    char text[80], type[32];

    if (!http_answer_header(answer, "x-amz-checksum-sha256", text, sizeof(text)))
        return false;
    if (http_answer_header(answer, "x-amz-checksum-type", type, sizeof(type)) && strcmp(type, "FULL_OBJECT") != 0)
        return false;
    if (base64_decode(bytes_of_text(text), &digest, &unused) != SEALIFT_OK || digest.len != 32)
        return false;
    memcpy(out, digest.data, 32);
    return true;
}

static bool
read_length(const struct http_answer *answer, uint64_t *ret_length)
{
    char text[32], *end;

    if (!http_answer_header(answer, "content-length", text, sizeof(text)) || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *ret_length = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

enum sealift_status
s3_head_object(struct s3 *s3, const char *key, struct s3_head *ret_head, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct s3_call call = {.act = "HEAD", .method = "HEAD", .key = key};
    struct s3_error refusal;
    struct s3_head head = {0};
    char modified[64];

    s3_call_add_header(&call, "x-amz-checksum-mode", "ENABLED");
    TRY(s3_request(s3, &call, &answer, &refusal, err));
    if (!read_length(&answer, &head.size))
        return error_set(err, SEALIFT_CORRUPT, "HEAD was answered without the object's size");
    if (!http_answer_header(&answer, "last-modified", modified, sizeof(modified)) ||
        !http_date_parse(modified, &head.modified_ns))
        return error_set(err, SEALIFT_CORRUPT, "HEAD was answered without the object's time");
    head.has_sha256 = read_sha256(&answer, head.sha256);
    *ret_head = head;
    return SEALIFT_OK;
}

/* --- Listing and deleting --- */

static enum sealift_status
list_page(struct s3 *s3, const char *prefix, const char *after, const char *token, s3_each *each, void *context,
          struct s3_list_page *ret_page, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    SCOPED(buf_done) struct buf query = {0};
    struct s3_call call = {.act = "LIST", .method = "GET", .max_text = XML_MAX_BYTES};
    struct s3_error refusal;

    TRY(s3_list_query(prefix, after, token, &query, err));
    TRY(buf_text(&query, &call.query, err));
    TRY(s3_request(s3, &call, &answer, &refusal, err));
    return s3_list_parse(buf_bytes(&answer.text), each, context, ret_page, err);
}

enum sealift_status
s3_list(struct s3 *s3, const char *prefix, const char *after, s3_each *each, void *context, struct sealift_error *err)
{
    SCOPED(s3_list_page_done) struct s3_list_page page = {0};
    const char *token = NULL;

    do {
        SCOPED(s3_list_page_done) struct s3_list_page last = page;

        page = (struct s3_list_page){0};
        TRY(list_page(s3, prefix, after, token, each, context, &page, err));
        if (page.truncated && bytes_equal(buf_bytes(&page.token), buf_bytes(&last.token)))
            return error_set(err, SEALIFT_CORRUPT, "LIST: the store gives the same page for ever");
        TRY(buf_text(&page.token, &token, err));
    } while (page.truncated);
    return SEALIFT_OK;
}

enum sealift_status
s3_delete(struct s3 *s3, const char *key, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct s3_call call = {.act = "DELETE", .method = "DELETE", .key = key};
    struct s3_error refusal;
    enum sealift_status status = s3_request(s3, &call, &answer, &refusal, err);

    return status == SEALIFT_NOT_FOUND ? SEALIFT_OK : status;
}

/* --- The bucket --- */

/* Whether the bucket's `aspect` says `expected` in the element `name`; `none` is the code that says that there is
 * nothing. */
static enum s3_answer
ask_bucket(struct s3 *s3, const char *aspect, const char *name, const char *expected, const char *none)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    SCOPED(xml_free) struct xml *xml = NULL;
    SCOPED(buf_done) struct buf text = {.max = 4096};
    struct s3_call call = {.act = "GET", .method = "GET", .query = aspect};
    struct s3_error refusal;
    struct sealift_error unused;

    if (s3_request(s3, &call, &answer, &refusal, &unused) != SEALIFT_OK)
        return none != NULL && strcmp(refusal.code, none) == 0 ? S3_NO : S3_UNKNOWN;
    if (xml_parse(buf_bytes(&answer.text), aspect, &xml, &unused) != SEALIFT_OK)
        return S3_UNKNOWN;
    if (xml_child_text(xml_root(xml), name, &text) && bytes_equal(buf_bytes(&text), bytes_of_text(expected)))
        return S3_YES;
    return S3_NO;
}

void
s3_inspect(struct s3 *s3, enum s3_answer *ret_versioning, enum s3_answer *ret_object_lock)
{
    *ret_versioning = ask_bucket(s3, "versioning", "Status", "Enabled", NULL);
    *ret_object_lock =
        ask_bucket(s3, "object-lock", "ObjectLockEnabled", "Enabled", "ObjectLockConfigurationNotFoundError");
}
