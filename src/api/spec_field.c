#include "spec_field.h"

#include "error.h"
#include "handle.h"
#include "scoped.h"

#include <string.h>

enum sealift_status
spec_put(char *out, size_t size, const char *what, const char *text, struct sealift_error *err)
{
    if (text == NULL)
        text = "";
    if (strlen(text) >= size)
        return error_set(err, SEALIFT_INVALID, "%s is longer than %zu bytes", what, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return SEALIFT_OK;
}

enum sealift_status
spec_put_path(char *out, size_t size, const char *what, const char *path, struct sealift_error *err)
{
    SCOPED(free_done) char *absolute = NULL;

    if (path == NULL || path[0] == '\0')
        return spec_put(out, size, what, NULL, err);
    TRY(handle_absolute_path(path, &absolute, err));
    return spec_put(out, size, what, absolute, err);
}

enum sealift_status
spec_put_credential(struct credential_source *out, const char *what, const char *file, const char *variable,
                    struct sealift_error *err)
{
    if (file == NULL && variable == NULL) {
        *out = (struct credential_source){0};
        return SEALIFT_OK;
    }
    if (file != NULL && strncmp(file, "credential:", strlen("credential:")) == 0)
        return credential_parse(file, out, err);
    out->kind = file != NULL ? CREDENTIAL_FILE : CREDENTIAL_ENVIRONMENT;
    if (file != NULL)
        return spec_put_path(out->name, sizeof(out->name), what, file, err);
    return spec_put(out->name, sizeof(out->name), what, variable, err);
}
