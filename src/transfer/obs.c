#include "obs.h"

#include "error.h"
#include "json.h"
#include "marker.h"
#include "names.h"
#include "scoped.h"
#include "store_directory.h"
#include "store_s3.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The spec's text options: their names in JSON and their places in the struct. */
static const struct text_option {
    const char *name;
    size_t offset;
} text_options[] = {
    {"endpoint", offsetof(struct sealift_obs_spec, endpoint)},
    {"region", offsetof(struct sealift_obs_spec, region)},
    {"profile", offsetof(struct sealift_obs_spec, profile)},
    {"ca_cert", offsetof(struct sealift_obs_spec, ca_cert)},
    {"addressing", offsetof(struct sealift_obs_spec, addressing)},
    {"storage_class", offsetof(struct sealift_obs_spec, storage_class)},
    {"sse", offsetof(struct sealift_obs_spec, sse)},
    {"sse_kms_key_id", offsetof(struct sealift_obs_spec, sse_kms_key_id)},
    {"lock_mode", offsetof(struct sealift_obs_spec, lock_mode)},
};
#define TEXT_OPTIONS (sizeof(text_options) / sizeof(text_options[0]))

static const char **
option_of(struct sealift_obs_spec *spec, const struct text_option *option)
{
    return (const char **)(void *)((char *)spec + option->offset);
}

static const char *
option_text(const struct sealift_obs_spec *spec, const struct text_option *option)
{
    return *(const char *const *)(const void *)((const char *)spec + option->offset);
}

enum sealift_status
obs_options_to_json(const struct sealift_obs_spec *spec, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    for (size_t i = 0; i < TEXT_OPTIONS; i++) {
        const char *text = option_text(spec, &text_options[i]);

        if (text != NULL)
            json_put_string(writer, text_options[i].name, text);
    }
    if (spec->lock_days != 0)
        json_put_integer(writer, "lock_days", spec->lock_days);
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

struct obs_options {
    struct json *json;
};

enum sealift_status
obs_options_from_json(struct bytes text, struct obs_options **ret_options, struct sealift_obs_spec *ret_spec,
                      struct sealift_error *err)
{
    SCOPED(obs_options_free) struct obs_options *options = calloc(1, sizeof(*options));
    struct sealift_obs_spec spec = {0};

    if (options == NULL)
        return error_no_memory(err);
    TRY(json_parse(text, "the object store's options in the configuration table", &options->json, err));
    for (size_t i = 0; i < TEXT_OPTIONS; i++)
        *option_of(&spec, &text_options[i]) = json_string(json_get(options->json, text_options[i].name));
    spec.lock_days = json_integer(json_get(options->json, "lock_days"), 0);
    *ret_spec = spec;
    *ret_options = TAKE(options);
    return SEALIFT_OK;
}

void
obs_options_free(struct obs_options **options)
{
    if (*options == NULL)
        return;
    json_free(&(*options)->json);
    free(*options);
    *options = NULL;
}

static bool
takes_back(const char *text)
{
    return text != NULL && text[0] == '\0';
}

/* What is taken back takes with it what means nothing without it. */
void
obs_spec_merge(struct sealift_obs_spec *spec, const struct sealift_obs_spec *given)
{
    if (given->url != NULL)
        spec->url = given->url;
    for (size_t i = 0; i < TEXT_OPTIONS; i++) {
        const char *text = option_text(given, &text_options[i]);

        if (text != NULL)
            *option_of(spec, &text_options[i]) = takes_back(text) ? NULL : text;
    }
    if (takes_back(given->sse) && given->sse_kms_key_id == NULL)
        spec->sse_kms_key_id = NULL;
    if (takes_back(given->lock_mode))
        spec->lock_days = 0;
    if (given->lock_days != 0)
        spec->lock_days = given->lock_days;
}

bool
obs_spec_is_bare(const struct sealift_obs_spec *spec)
{
    for (size_t i = 0; i < TEXT_OPTIONS; i++)
        if (option_text(spec, &text_options[i]) != NULL)
            return false;
    return spec->lock_days == 0;
}

static bool
begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static enum sealift_status
check_file_url(const struct sealift_obs_spec *spec, struct sealift_error *err)
{
    if (spec->url[strlen("file://")] != '/')
        return error_set(err, SEALIFT_INVALID, "%s: a directory store is file:///absolute/path", spec->url);
    for (size_t i = 0; i < TEXT_OPTIONS; i++)
        if (option_text(spec, &text_options[i]) != NULL)
            return error_set(err, SEALIFT_INVALID, "%s: a directory store has no option %s", spec->url,
                             text_options[i].name);
    if (spec->lock_days != 0)
        return error_set(err, SEALIFT_INVALID, "%s: a directory store has no Object Lock", spec->url);
    return SEALIFT_OK;
}

/* S3's own rule for bucket names, "Bucket naming rules" in its user guide: 3 to 63 of lower-case letters, digits, dots,
 * hyphens. Older buckets may have upper-case letters and underscores, other servers too. */
static bool
is_bucket_name(struct bytes name)
{
    if (name.len < 3 || name.len > 63)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-ABCDEFGHIJKLMNOPQRSTUVWXYZ_", name.data[i]) == NULL)
            return false;
    return true;
}

/* Our own names hold [A-Za-z0-9._-] and '/', and no part is empty or begins with a dot: so it is with the prefix. */
static bool
is_prefix(const char *prefix)
{
    if (prefix[0] == '\0')
        return true;
    if (strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") != strlen(prefix))
        return false;
    return prefix[0] != '.' && strstr(prefix, "//") == NULL && strstr(prefix, "/.") == NULL && strlen(prefix) < 256;
}

/* Splits s3://bucket/prefix; the prefix loses the slashes at its ends. */
static enum sealift_status
split_s3_url(const char *url, char **ret_bucket, char **ret_prefix, struct sealift_error *err)
{
    SCOPED(free_done) char *bucket = NULL;
    SCOPED(free_done) char *prefix = NULL;
    const char *rest = url + strlen("s3://");
    size_t bucket_len = strcspn(rest, "/");
    size_t len;

    if (!is_bucket_name((struct bytes){(const uint8_t *)rest, bucket_len}))
        return error_set(err, SEALIFT_INVALID, "%s: names no bucket; say s3://bucket or s3://bucket/prefix", url);
    TRY(text_format(&bucket, "%.*s", err, (int)bucket_len, rest));
    rest += bucket_len;
    rest += strspn(rest, "/");
    TRY(text_copy(rest, &prefix, err));
    for (len = strlen(prefix); len > 0 && prefix[len - 1] == '/'; len--)
        prefix[len - 1] = '\0';
    if (!is_prefix(prefix))
        return error_set(
            err, SEALIFT_INVALID,
            "%s: a prefix is made of letters, digits, '.', '_', '-' and single '/', no part beginning with '.'", url);
    *ret_bucket = TAKE(bucket);
    *ret_prefix = TAKE(prefix);
    return SEALIFT_OK;
}

static enum sealift_status
s3_style_of(const char *text, enum s3_style *ret_style, struct sealift_error *err)
{
    if (text == NULL || strcmp(text, "auto") == 0)
        *ret_style = S3_STYLE_AUTO;
    else if (strcmp(text, "path") == 0)
        *ret_style = S3_STYLE_PATH;
    else if (strcmp(text, "virtual") == 0)
        *ret_style = S3_STYLE_VIRTUAL;
    else
        return error_set(err, SEALIFT_INVALID, "addressing %s: is auto, path or virtual", text);
    return SEALIFT_OK;
}

static enum sealift_status
lock_mode_of(const struct sealift_obs_spec *spec, const char **ret_mode, struct sealift_error *err)
{
    *ret_mode = NULL;
    if (spec->lock_mode == NULL && spec->lock_days == 0)
        return SEALIFT_OK;
    if (spec->lock_mode == NULL || spec->lock_days <= 0)
        return error_set(err, SEALIFT_INVALID, "Object Lock needs both a mode and a number of days");
    if (strcmp(spec->lock_mode, "governance") == 0)
        *ret_mode = "GOVERNANCE";
    else if (strcmp(spec->lock_mode, "compliance") == 0)
        *ret_mode = "COMPLIANCE";
    else
        return error_set(err, SEALIFT_INVALID, "lock mode %s: is governance or compliance", spec->lock_mode);
    return SEALIFT_OK;
}

enum sealift_status
obs_check(const struct sealift_obs_spec *spec, struct sealift_error *err)
{
    SCOPED(free_done) char *bucket = NULL;
    SCOPED(free_done) char *prefix = NULL;
    enum s3_style style;
    const char *mode;

    if (begins_with(spec->url, "file://"))
        return check_file_url(spec, err);
    if (!begins_with(spec->url, "s3://"))
        return error_set(err, SEALIFT_INVALID,
                         "%s: is neither a URL (s3://bucket/prefix, file:///path) nor the name of a known object store",
                         spec->url);
    TRY(s3_style_of(spec->addressing, &style, err));
    TRY(lock_mode_of(spec, &mode, err));
    return split_s3_url(spec->url, &bucket, &prefix, err);
}

static enum sealift_status
open_s3(const struct world *world, const struct sealift_obs_spec *spec, struct store **ret_store,
        struct sealift_error *err)
{
    SCOPED(free_done) char *bucket = NULL;
    SCOPED(free_done) char *prefix = NULL;
    SCOPED(s3_free) struct s3 *client = NULL;
    struct s3_options options = {
        .endpoint = spec->endpoint,
        .region = spec->region,
        .profile = spec->profile,
        .ca_file = spec->ca_cert,
        .storage_class = spec->storage_class,
        .sse = spec->sse,
        .sse_kms_key = spec->sse_kms_key_id,
        .lock_days = spec->lock_days,
    };

    TRY(split_s3_url(spec->url, &bucket, &prefix, err));
    TRY(s3_style_of(spec->addressing, &options.style, err));
    TRY(lock_mode_of(spec, &options.lock_mode, err));
    options.bucket = bucket;
    TRY(s3_new(world, &options, &client, err));
    return store_s3_new(&client, prefix, ret_store, err);
}

enum sealift_status
obs_open(const struct world *world, const struct sealift_obs_spec *spec, bool create, struct store **ret_store,
         struct sealift_error *err)
{
    TRY(obs_check(spec, err));
    if (begins_with(spec->url, "file://"))
        return store_directory_open(world, spec->url + strlen("file://"), create, ret_store, err);
    return open_s3(world, spec, ret_store, err);
}

enum sealift_status
obs_check_mark(struct store *store, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    enum sealift_status status = store_get(store, NAME_MARKER, MARKER_MAX_SIZE, &text, err);

    if (status == SEALIFT_NOT_FOUND)
        return error_set(err, status, "%s: holds nothing of sealift (no %s); is it the right bucket and prefix?",
                         store->url, NAME_MARKER);
    if (status != SEALIFT_OK)
        return status;
    if (marker_check(buf_bytes(&text), err) != SEALIFT_OK)
        return error_prefix(err, "%s", store->url);
    return SEALIFT_OK;
}

enum sealift_status
obs_mark(struct store *store, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf marker = {0};
    enum sealift_status status = obs_check_mark(store, err);

    if (status != SEALIFT_NOT_FOUND)
        return status;
    TRY(marker_build(&marker, err));
    return store_put_small(store, NAME_MARKER, buf_bytes(&marker), err);
}
