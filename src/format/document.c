#include "document.h"

#include "error.h"
#include "scoped.h"

#include <inttypes.h>
#include <string.h>

void
document_open(struct json_writer *writer, const char *what)
{
    json_open_object(writer, NULL);
    json_put_string(writer, "sealift", what);
    json_put_integer(writer, "version", FORMAT_VERSION);
}

enum sealift_status
document_check(const struct json *json, const char *what, struct sealift_error *err)
{
    const char *found;
    int64_t version;

    TRY(json_need_string(json, "sealift", &found, err));
    if (strcmp(found, what) != 0)
        return error_set(err, SEALIFT_CORRUPT, "says that it is a %s of sealift, not a %s", found, what);
    TRY(json_need_integer(json, "version", 1, INT64_MAX, &version, err));
    if (version > FORMAT_VERSION)
        return error_set(err, SEALIFT_INVALID,
                         "has format version %" PRId64
                         ", made by a later sealift: upgrade this one, which knows versions "
                         "up to %d",
                         version, FORMAT_VERSION);
    return SEALIFT_OK;
}

void
document_put_uuid(struct json_writer *writer, const char *key, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(uuid, text);
    json_put_string(writer, key, text);
}

enum sealift_status
document_need_uuid(const struct json *object, const char *key, struct uuid *ret_uuid, struct sealift_error *err)
{
    const char *text;

    TRY(json_need_string(object, key, &text, err));
    if (!uuid_parse(text, ret_uuid))
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is not a UUID", key);
    return SEALIFT_OK;
}

enum sealift_status
document_expect_uuid(const struct json *object, const char *key, const struct uuid *expected, struct sealift_error *err)
{
    struct uuid found;
    char text[UUID_TEXT_SIZE];

    TRY(document_need_uuid(object, key, &found, err));
    if (uuid_equal(&found, expected))
        return SEALIFT_OK;
    uuid_format(&found, text);
    return error_set(err, SEALIFT_CORRUPT, "\"%s\" is %s, so it belongs under another name", key, text);
}

void
document_put_time(struct json_writer *writer, const char *key, int64_t wall_ns)
{
    char text[32];

    time_format_ns(wall_ns, text);
    json_put_string(writer, key, text);
}

enum sealift_status
document_need_time(const struct json *object, const char *key, int64_t *ret_wall_ns, struct sealift_error *err)
{
    const char *text;
    int64_t wall_ns;
    char again[32];

    TRY(json_need_string(object, key, &text, err));
    if (!time_parse(text, &wall_ns))
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is not a time", key);
    time_format_ns(wall_ns, again);
    if (strcmp(text, again) != 0)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is a time in another form than %s", key, again);
    *ret_wall_ns = wall_ns;
    return SEALIFT_OK;
}

enum sealift_status
document_need_count(const struct json *object, const char *key, uint64_t max, uint64_t *ret_count,
                    struct sealift_error *err)
{
    int64_t count;

    TRY(json_need_integer(object, key, 0, max < INT64_MAX ? (int64_t)max : INT64_MAX, &count, err));
    *ret_count = (uint64_t)count;
    return SEALIFT_OK;
}

enum sealift_status
document_need_u32(const struct json *object, const char *key, uint32_t max, uint32_t *ret_number,
                  struct sealift_error *err)
{
    int64_t number;

    TRY(json_need_integer(object, key, 0, max, &number, err));
    *ret_number = (uint32_t)number;
    return SEALIFT_OK;
}

enum sealift_status
document_need_bool(const struct json *object, const char *key, bool *ret, struct sealift_error *err)
{
    const struct json *member = json_get(object, key);

    if (member == NULL || json_type(member) != JSON_BOOL)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is %s", key,
                         member == NULL ? "missing" : "neither true nor false");
    *ret = json_bool(member, false);
    return SEALIFT_OK;
}
