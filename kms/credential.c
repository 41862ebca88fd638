#include "credential.h"

#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum credential_kind kind;
    const char *prefix;
} forms[] = {
    {CREDENTIAL_FILE, "file:"},
    {CREDENTIAL_ENVIRONMENT, "env:"},
    {CREDENTIAL_SYSTEMD, "credential:"},
};

void
credential_format(const struct credential_source *source, char out[CREDENTIAL_TEXT_SIZE])
{
    out[0] = '\0';
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (forms[i].kind == source->kind)
            snprintf(out, CREDENTIAL_TEXT_SIZE, "%s%s", forms[i].prefix, source->name);
    }
}

/* Read again by a later process that was started somewhere else, so a relative path would lead it astray. */
static bool
is_file_name(const char *name)
{
    return name[0] == '/';
}

static bool
is_variable_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

    return strspn(name, letters) > 0 && strspn(name, digits) == strlen(name);
}

static bool
is_systemd_name(const char *name)
{
    return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static enum sealift_status
check_name(const struct credential_source *source, struct sealift_error *err)
{
    switch (source->kind) {
    case CREDENTIAL_NONE:
        return SEALIFT_OK;
    case CREDENTIAL_FILE:
        if (!is_file_name(source->name))
            return error_set(err, SEALIFT_INVALID, "credential file \"%s\": give an absolute path", source->name);
        return SEALIFT_OK;
    case CREDENTIAL_ENVIRONMENT:
        if (!is_variable_name(source->name)) /* and perhaps the credential itself: it is not shown */
            return error_set(
                err, SEALIFT_INVALID,
                "what is given is no name of an environment variable, which has letters, digits and \"_\"");
        return SEALIFT_OK;
    case CREDENTIAL_SYSTEMD:
        if (!is_systemd_name(source->name))
            return error_set(err, SEALIFT_INVALID, "\"%s\" is no name of a systemd credential", source->name);
        return SEALIFT_OK;
    }
    return error_set(err, SEALIFT_INTERNAL, "a credential of an unknown kind");
}

enum sealift_status
credential_parse(const char *text, struct credential_source *ret_source, struct sealift_error *err)
{
    struct credential_source source = {0};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t prefix_len = strlen(forms[i].prefix);

        if (strncmp(text, forms[i].prefix, prefix_len) != 0)
            continue;
        if (strlen(text + prefix_len) >= sizeof(source.name))
            return error_set(err, SEALIFT_INVALID, "where a credential is found: longer than %zu bytes",
                             sizeof(source.name) - 1);
        source.kind = forms[i].kind;
        memcpy(source.name, text + prefix_len, strlen(text + prefix_len) + 1);
    }
    /* The text itself is not shown: somebody may have put the credential in the place of its whereabouts. */
    if (source.kind == CREDENTIAL_NONE && text[0] != '\0')
        return error_set(err, SEALIFT_INVALID,
                         "where a credential is found: write file:/PATH, env:VARIABLE or credential:NAME");
    TRY(check_name(&source, err));
    *ret_source = source;
    return SEALIFT_OK;
}

static enum sealift_status
read_variable(const char *name, const char *what, struct secret **ret_secret, struct sealift_error *err)
{
    const char *value = secure_getenv(name);

    if (value == NULL || value[0] == '\0')
        return error_set(err, SEALIFT_NOT_FOUND, "%s: the environment variable %s is not set", what, name);
    return secret_copy(bytes_of_text(value), ret_secret, err);
}

static enum sealift_status
read_file(const struct world *world, const char *path, const char *what, struct secret **ret_secret,
          struct sealift_error *err)
{
    if (secret_from_file(world, path, ret_secret, err) != SEALIFT_OK)
        return error_prefix(err, "%s", what);
    return SEALIFT_OK;
}

/* systemd.exec(5), LoadCredential=: files below $CREDENTIALS_DIRECTORY, for this service only. */
static enum sealift_status
read_systemd(const struct world *world, const char *name, const char *what, struct secret **ret_secret,
             struct sealift_error *err)
{
    const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
    SCOPED(free_done) char *path = NULL;

    if (folder == NULL || folder[0] == '\0')
        return error_set(err, SEALIFT_NOT_FOUND,
                         "%s: it is the systemd credential \"%s\", but this process was not started by systemd with "
                         "LoadCredential=%s:...",
                         what, name, name);
    TRY(text_format(&path, "%s/%s", err, folder, name));
    return read_file(world, path, what, ret_secret, err);
}

enum sealift_status
credential_read(const struct world *world, const struct credential_source *source, const char *what,
                struct secret **ret_secret, struct sealift_error *err)
{
    switch (source->kind) {
    case CREDENTIAL_NONE:
        return error_set(err, SEALIFT_NOT_FOUND, "%s: nobody said where it is found", what);
    case CREDENTIAL_FILE:
        return read_file(world, source->name, what, ret_secret, err);
    case CREDENTIAL_ENVIRONMENT:
        return read_variable(source->name, what, ret_secret, err);
    case CREDENTIAL_SYSTEMD:
        return read_systemd(world, source->name, what, ret_secret, err);
    }
    return error_set(err, SEALIFT_INTERNAL, "a credential of an unknown kind");
}
