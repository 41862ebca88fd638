#include "second_kms.h"

#include "error.h"
#include "kmip_spec.h"
#include "local.h"
#include "scoped.h"
#include "vault_spec.h"

#include <string.h>
#include <sys/stat.h>

/* A slip that would be found out on the day on which the second one is needed. */
static enum sealift_status
refuse_own_kms(struct sealift *sealift, const struct key_owner *owner, const struct kms_config *config,
               struct sealift_error *err)
{
    struct kms_config cluster;
    struct sealift_error unused;
    struct kms_hint place;
    struct kms *own;

    if (!owner->by_name || handle_cluster_config(sealift, &cluster, &unused) != SEALIFT_OK ||
        handle_fs_kms(sealift, &owner->row, false, &own, &unused) != SEALIFT_OK)
        return SEALIFT_OK;
    kms_config_place(config, &place);
    if (strcmp(cluster.address, config->address) != 0 || !kms_is_place_of(&own->place, &place))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT,
                     "key %s of %s is the one that wraps the keys of filesystem %s already: a second KMS, or at least "
                     "another key, is wanted",
                     config->key, config->address, owner->row.name);
}

static enum sealift_status
open_configured(struct sealift *sealift, const struct key_owner *owner, const struct sealift_second_kms_spec *spec,
                struct kms **ret_kms, struct sealift_error *err)
{
    struct kms_config config;

    if (spec->vault != NULL) {
        struct sealift_vault_spec vault = *spec->vault;

        if (vault.name_space == NULL)
            vault.name_space = "";
        TRY(vault_spec_read(&vault, &config, err));
    } else {
        TRY(kmip_spec_read(spec->kmip, &config, err));
    }
    TRY(refuse_own_kms(sealift, owner, &config, err));
    return kms_open(&sealift->world, &config, sealift->home, ret_kms, err);
}

/* --- a key file --- */

/* By whatever name: a wrapping that the same file opens is no second one. */
static enum sealift_status
refuse_own_file(const struct sealift *sealift, const char *path, struct sealift_error *err)
{
    SCOPED(free_done) char *own = NULL;
    struct stat of_own, of_path;

    TRY(local_key_path(sealift->home, &own, err));
    if (stat(own, &of_own) != 0 || stat(path, &of_path) != 0)
        return SEALIFT_OK;
    if (of_own.st_dev != of_path.st_dev || of_own.st_ino != of_path.st_ino)
        return SEALIFT_OK;
    return error_set(
        err, SEALIFT_CONFLICT,
        "%s: is the local key that this home uses itself: a break-glass key is another one, kept elsewhere", path);
}

/* Nor in its place: the next --allow-no-kms would use it. */
static enum sealift_status
refuse_own_place(const struct sealift *sealift, const char *path, struct sealift_error *err)
{
    SCOPED(free_done) char *own = NULL;

    TRY(local_key_path(sealift->home, &own, err));
    if (strcmp(own, path) != 0)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT, "%s: is where this home's own local key would be; choose another place",
                     path);
}

/* A copy of it is refused, too. */
static enum sealift_status
refuse_own_key(const struct sealift *sealift, const struct kms *kms, const char *path, struct sealift_error *err)
{
    struct kms_hint own = {.type = "local"};

    local_name_place(&sealift->world, sealift->home, &own);
    if (strcmp(own.key_identifier, kms->place.key_identifier) != 0)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT, "%s: holds the same key as the local key file of this home", path);
}

static enum sealift_status
open_file(struct sealift *sealift, const char *path, struct kms **ret_kms, struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;
    SCOPED(free_done) char *absolute = NULL;

    TRY(handle_absolute_path(path, &absolute, err));
    TRY(refuse_own_place(sealift, absolute, err));
    TRY(refuse_own_file(sealift, absolute, err));
    TRY(local_open_file(&sealift->world, absolute, &kms, err));
    TRY(refuse_own_key(sealift, kms, absolute, err));
    *ret_kms = TAKE(kms);
    return SEALIFT_OK;
}

enum sealift_status
second_kms_open(struct sealift *sealift, const struct key_owner *owner, const struct sealift_second_kms_spec *spec,
                struct kms **ret_kms, struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;

    if ((spec->vault != NULL) + (spec->kmip != NULL) + (spec->local_key_file != NULL) != 1)
        return error_set(err, SEALIFT_INVALID,
                         "name one KMS that is to open it, too: a Vault, a KMIP server, or a key file");
    if (spec->local_key_file != NULL)
        TRY(open_file(sealift, spec->local_key_file, &kms, err));
    else
        TRY(open_configured(sealift, owner, spec, &kms, err));
    TRY(handle_outfit_kms(sealift, kms, err));
    *ret_kms = TAKE(kms);
    return SEALIFT_OK;
}
