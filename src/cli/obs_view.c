#include "obs_view.h"

#include <string.h>

const struct column obs_view_columns[] = {
    {"name", "name", COLUMN_TEXT, offsetof(struct sealift_obs, name)},
    {"url", "url", COLUMN_TEXT, offsetof(struct sealift_obs, spec.url)},
    {"endpoint", "endpoint", COLUMN_TEXT, offsetof(struct sealift_obs, spec.endpoint)},
    {"region", "region", COLUMN_TEXT, offsetof(struct sealift_obs, spec.region)},
    {"profile", "profile", COLUMN_TEXT, offsetof(struct sealift_obs, spec.profile)},
    {"ca_cert", "ca cert", COLUMN_TEXT, offsetof(struct sealift_obs, spec.ca_cert)},
    {"addressing", "addressing", COLUMN_TEXT, offsetof(struct sealift_obs, spec.addressing)},
    {"storage_class", "storage class", COLUMN_TEXT, offsetof(struct sealift_obs, spec.storage_class)},
    {"sse", "sse", COLUMN_TEXT, offsetof(struct sealift_obs, spec.sse)},
    {"sse_kms_key_id", "sse key", COLUMN_TEXT, offsetof(struct sealift_obs, spec.sse_kms_key_id)},
    {"lock_mode", "lock mode", COLUMN_TEXT, offsetof(struct sealift_obs, spec.lock_mode)},
    {"lock_days", "lock days", COLUMN_NUMBER, offsetof(struct sealift_obs, spec.lock_days)},
    {"conditional_put", "conditional put", COLUMN_TEXT, offsetof(struct sealift_obs, conditional_put)},
    {"verifies_checksum", "verifies checksums", COLUMN_TEXT, offsetof(struct sealift_obs, verifies_checksum)},
    {"keeps_checksum", "keeps them", COLUMN_TEXT, offsetof(struct sealift_obs, keeps_checksum)},
    {"deletes", "deletes", COLUMN_TEXT, offsetof(struct sealift_obs, deletes)},
    {"versioning", "versioning", COLUMN_TEXT, offsetof(struct sealift_obs, versioning)},
    {"object_lock", "object lock", COLUMN_TEXT, offsetof(struct sealift_obs, object_lock)},
    {"added", NULL, COLUMN_TIME, offsetof(struct sealift_obs, added_ns)},
    {0},
};

struct search {
    struct cli *cli;
    const char *name;
};

static enum sealift_status
show_if_named(void *context, const struct sealift_obs *obs, struct sealift_error *err)
{
    const struct search *search = context;

    (void)err;
    if (strcmp(obs->name, search->name) == 0)
        cli_show(search->cli, obs_view_columns, obs);
    return SEALIFT_OK;
}

enum sealift_status
obs_view_show(struct cli *cli, const char *name, struct sealift_error *err)
{
    struct search search = {cli, name};

    return sealift_obs_list(cli->sealift, show_if_named, &search, err);
}
