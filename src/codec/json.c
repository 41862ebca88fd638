#include "json.h"

#include "error.h"
#include "json_tree.h"
#include "scoped.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
json_free(struct json **json)
{
    if (*json != NULL) {
        struct arena *whole = (*json)->whole;

        arena_done(whole); /* and with it *json */
        free(whole);
    }
    *json = NULL;
}

enum json_type
json_type(const struct json *json)
{
    return json->type;
}

static bool
is(const struct json *json, enum json_type type)
{
    return json != NULL && json->type == type;
}

const struct json *
json_get(const struct json *object, const char *key)
{
    if (!is(object, JSON_OBJECT))
        return NULL;
    for (size_t i = 0; i < object->count; i++)
        if (strcmp(object->items[i]->key, key) == 0)
            return object->items[i];
    return NULL;
}

size_t
json_count(const struct json *array)
{
    return is(array, JSON_ARRAY) || is(array, JSON_OBJECT) ? array->count : 0;
}

const struct json *
json_at(const struct json *array, size_t index)
{
    return index < json_count(array) ? array->items[index] : NULL;
}

const char *
json_key_at(const struct json *object, size_t index)
{
    const struct json *member = json_at(object, index);

    return member != NULL ? member->key : NULL;
}

const char *
json_string(const struct json *json)
{
    return is(json, JSON_STRING) ? json->string : NULL;
}

/* The form in which the writer puts integers into strings, and only that: no blanks, no '+', no leading zeros. */
static bool
read_integer(const char *text, int64_t *ret_integer)
{
    bool is_negative = *text == '-';
    const char *digits = text + is_negative;
    char *end;
    intmax_t value;

    if (*digits < '0' || *digits > '9' || (*digits == '0' && (digits[1] != '\0' || is_negative)))
        return false;
    errno = 0;
    value = strtoimax(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *ret_integer = value;
    return true;
}

static bool
integer_of(const struct json *json, int64_t *ret_integer)
{
    if (is(json, JSON_STRING))
        return read_integer(json->string, ret_integer);
    if (!is(json, JSON_INTEGER))
        return false;
    *ret_integer = json->integer;
    return true;
}

int64_t
json_integer(const struct json *json, int64_t fallback)
{
    int64_t integer;

    return integer_of(json, &integer) ? integer : fallback;
}

bool
json_bool(const struct json *json, bool fallback)
{
    return is(json, JSON_BOOL) ? json->truth : fallback;
}

static enum sealift_status
not_as_needed(const struct json *object, const char *key, const char *needed, struct sealift_error *err)
{
    if (json_get(object, key) == NULL)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is missing", key);
    return error_set(err, SEALIFT_CORRUPT, "\"%s\" is not %s", key, needed);
}

enum sealift_status
json_need_string(const struct json *object, const char *key, const char **ret, struct sealift_error *err)
{
    const char *string = json_string(json_get(object, key));

    if (string == NULL)
        return not_as_needed(object, key, "a string", err);
    *ret = string;
    return SEALIFT_OK;
}

enum sealift_status
json_need_integer(const struct json *object, const char *key, int64_t min, int64_t max, int64_t *ret,
                  struct sealift_error *err)
{
    int64_t integer;

    if (!integer_of(json_get(object, key), &integer))
        return not_as_needed(object, key, "an integer", err);
    if (integer < min || integer > max)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is %" PRId64 ", not between %" PRId64 " and %" PRId64, key,
                         integer, min, max);
    *ret = integer;
    return SEALIFT_OK;
}

enum sealift_status
json_need_object(const struct json *object, const char *key, const struct json **ret, struct sealift_error *err)
{
    const struct json *member = json_get(object, key);

    if (!is(member, JSON_OBJECT))
        return not_as_needed(object, key, "an object", err);
    *ret = member;
    return SEALIFT_OK;
}

enum sealift_status
json_need_array(const struct json *object, const char *key, const struct json **ret, struct sealift_error *err)
{
    const struct json *member = json_get(object, key);

    if (!is(member, JSON_ARRAY))
        return not_as_needed(object, key, "an array", err);
    *ret = member;
    return SEALIFT_OK;
}

enum sealift_status
json_need_hex(const struct json *object, const char *key, uint8_t *out, size_t len, struct sealift_error *err)
{
    const char *string;

    TRY(json_need_string(object, key, &string, err));
    if (!hex_decode(string, out, len))
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is not %zu bytes in lower-case hexadecimal", key, len);
    return SEALIFT_OK;
}

enum sealift_status
json_need_base64(const struct json *object, const char *key, struct buf *out, struct sealift_error *err)
{
    enum sealift_status status;
    const char *string;

    TRY(json_need_string(object, key, &string, err));
    status = base64_decode(bytes_of_text(string), out, err);
    if (status == SEALIFT_INVALID)
        return error_set(err, SEALIFT_CORRUPT, "\"%s\" is not base64", key);
    return status;
}
