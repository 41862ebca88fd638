#include "config_field.h"

#include "envelope.h"
#include "error.h"
#include "scoped.h"

#include <string.h>

enum sealift_status
config_need(const char *type, const char *value, const char *what, struct sealift_error *err)
{
    if (value[0] == '\0')
        return error_set(err, SEALIFT_INVALID, "%s: %s is missing", type, what);
    return SEALIFT_OK;
}

enum sealift_status
config_refuse(const char *type, const char *value, const char *what, const char *why, struct sealift_error *err)
{
    if (value[0] != '\0')
        return error_set(err, SEALIFT_INVALID, "%s: %s is of no use %s", type, what, why);
    return SEALIFT_OK;
}

enum sealift_status
config_check_plain(const char *type, const char *value, const char *what, struct sealift_error *err)
{
    if (!envelope_text_is_plain(value))
        return error_set(err, SEALIFT_INVALID, "%s: %s \"%s\" holds something else than printable ASCII", type, what,
                         value);
    return SEALIFT_OK;
}

enum sealift_status
config_check_file(const char *type, const char *path, const char *what, struct sealift_error *err)
{
    if (path[0] != '\0' && path[0] != '/')
        return error_set(err, SEALIFT_INVALID, "%s: %s \"%s\": give an absolute path", type, what, path);
    return SEALIFT_OK;
}

/* --- As JSON --- */

void
config_put(struct json_writer *writer, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_put_string(writer, key, text);
}

void
config_put_credential(struct json_writer *writer, const char *key, const struct credential_source *source)
{
    char text[CREDENTIAL_TEXT_SIZE];

    credential_format(source, text);
    config_put(writer, key, text);
}

enum sealift_status
config_read(const struct json *json, const char *key, char *out, size_t size, struct sealift_error *err)
{
    const char *text = "";

    if (json_get(json, key) != NULL)
        TRY(json_need_string(json, key, &text, err));
    if (strlen(text) >= size)
        return error_set(err, SEALIFT_CORRUPT, "KMS configuration: \"%s\" is longer than %zu bytes", key, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return SEALIFT_OK;
}

enum sealift_status
config_read_credential(const struct json *json, const char *key, struct credential_source *ret_source,
                       struct sealift_error *err)
{
    char text[CREDENTIAL_TEXT_SIZE];

    TRY(config_read(json, key, text, sizeof(text), err));
    return credential_parse(text, ret_source, err);
}

enum sealift_status
config_read_flag(const struct json *json, const char *key, bool *ret_flag, struct sealift_error *err)
{
    const struct json *flag = json_get(json, key);

    if (flag != NULL && json_type(flag) != JSON_BOOL)
        return error_set(err, SEALIFT_CORRUPT, "KMS configuration: \"%s\" is neither true nor false", key);
    *ret_flag = json_bool(flag, false);
    return SEALIFT_OK;
}

enum sealift_status
config_read_name(const struct json *json, const char *key, const char *const *names, size_t count, size_t *ret_index,
                 struct sealift_error *err)
{
    const char *text;

    TRY(json_need_string(json, key, &text, err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_index = i;
            return SEALIFT_OK;
        }
    }
    return error_set(err, SEALIFT_INVALID, "KMS configuration: \"%s\" is \"%s\", which this sealift does not know", key,
                     text);
}
