#include "aws_profile.h"

#include "aws_config.h"
#include "error.h"
#include "io.h"
#include "scoped.h"
#include "secret.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)1 << 20)

struct aws_profile {
    char *name;
    struct buf config, credentials; /* wiped: keys may stand in either */
};

static enum sealift_status
find_file(const char *variable, const char *default_name, char **ret_path, struct sealift_error *err)
{
    const char *named = getenv(variable);
    const char *home = getenv("HOME");

    if (named != NULL && named[0] != '\0')
        return text_copy(named, ret_path, err);
    return text_format(ret_path, "%s/.aws/%s", err, home != NULL ? home : "", default_name);
}

static enum sealift_status
read_file(const char *variable, const char *default_name, struct buf *out, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;
    enum sealift_status status;

    TRY(find_file(variable, default_name, &path, err));
    status = io_read_file(path, MAX_FILE, out, err);
    return status == SEALIFT_NOT_FOUND ? SEALIFT_OK : status;
}

static bool
is_there(const struct aws_profile *profile)
{
    return aws_config_has_profile(buf_bytes(&profile->config), AWS_FILE_CONFIG, profile->name) ||
           aws_config_has_profile(buf_bytes(&profile->credentials), AWS_FILE_CREDENTIALS, profile->name);
}

enum sealift_status
aws_profile_load(const char *name, struct aws_profile **ret_profile, struct sealift_error *err)
{
    SCOPED(aws_profile_free) struct aws_profile *profile = calloc(1, sizeof(*profile));
    const char *named = name != NULL ? name : getenv("AWS_PROFILE");
    bool was_named = named != NULL && named[0] != '\0';

    if (profile == NULL)
        return error_no_memory(err);
    profile->config.wipe = profile->credentials.wipe = true;
    TRY(text_copy(was_named ? named : "default", &profile->name, err));
    TRY(read_file("AWS_CONFIG_FILE", "config", &profile->config, err));
    TRY(read_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", &profile->credentials, err));
    if (was_named && !is_there(profile))
        return error_set(err, SEALIFT_NOT_FOUND,
                         "there is no AWS profile %s: correct the name, or make it with aws configure --profile %s",
                         profile->name, profile->name);
    *ret_profile = TAKE(profile);
    return SEALIFT_OK;
}

void
aws_profile_free(struct aws_profile **profile)
{
    if (*profile != NULL) {
        free((*profile)->name);
        buf_done(&(*profile)->config);
        buf_done(&(*profile)->credentials);
    }
    free(*profile);
    *profile = NULL;
}

const char *
aws_profile_name(const struct aws_profile *profile)
{
    return profile->name;
}

bool
aws_profile_find(const struct aws_profile *profile, const char *key, struct bytes *ret_value)
{
    return aws_config_find(buf_bytes(&profile->credentials), AWS_FILE_CREDENTIALS, profile->name, key, ret_value) ||
           aws_config_find(buf_bytes(&profile->config), AWS_FILE_CONFIG, profile->name, key, ret_value);
}

enum sealift_status
aws_profile_setting(const struct aws_profile *profile, const char *const *variables, const char *key, char **ret_text,
                    struct sealift_error *err)
{
    struct bytes value;

    for (; *variables != NULL; variables++) {
        const char *text = getenv(*variables);

        if (text != NULL && text[0] != '\0')
            return text_copy(text, ret_text, err);
    }
    if (aws_profile_find(profile, key, &value))
        return text_format(ret_text, "%.*s", err, (int)value.len, (const char *)value.data);
    *ret_text = NULL;
    return SEALIFT_OK;
}

enum sealift_status
aws_profile_region(const struct aws_profile *profile, char **ret_region, struct sealift_error *err)
{
    static const char *const variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION", NULL};

    return aws_profile_setting(profile, variables, "region", ret_region, err);
}
