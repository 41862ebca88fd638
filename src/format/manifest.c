#include "manifest.h"

#include "error.h"
#include "names.h"
#include "scoped.h"

#include <stdlib.h>

void
manifest_done(struct manifest *manifest)
{
    free(manifest->parts);
    buf_done(&manifest->sealed_private);
    buf_done(&manifest->body);
    *manifest = (struct manifest){0};
}

static enum sealift_status
check_key(const struct manifest *manifest, const struct secret *fs_key, struct sealift_error *err)
{
    uint8_t key_check[KEY_CHECK_SIZE];

    TRY(key_check_value(fs_key, &manifest->fs, key_check, err));
    if (!digest_equal(key_check, manifest->key_check, sizeof(key_check)))
        return error_set(err, SEALIFT_KEY, "the FS key is not the one that it was made with");
    return SEALIFT_OK;
}

static enum sealift_status
check_hmac(const struct manifest *manifest, const struct secret *fs_key, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *key = NULL;
    uint8_t hmac[SHA256_SIZE];

    TRY(key_for_manifest(fs_key, &manifest->upload, &key, err));
    TRY(hmac_sha256(secret_bytes(key), buf_bytes(&manifest->body), hmac, err));
    if (!digest_equal(hmac, manifest->hmac, sizeof(hmac)))
        return error_set(err, SEALIFT_CORRUPT, "its HMAC does not match: somebody altered it, or it was damaged");
    return SEALIFT_OK;
}

static enum sealift_status
prefix_name(const struct manifest *manifest, struct sealift_error *err)
{
    char name[NAME_SIZE];

    name_of_manifest(&manifest->fs, &manifest->upload, name);
    return error_prefix(err, "manifest %s", name);
}

void
manifest_count(uint64_t *total, uint64_t more)
{
    *total = more < INT64_MAX - *total ? *total + more : INT64_MAX;
}

enum sealift_status
manifest_authenticate(const struct manifest *manifest, const struct secret *fs_key, struct sealift_error *err)
{
    if (check_key(manifest, fs_key, err) != SEALIFT_OK || check_hmac(manifest, fs_key, err) != SEALIFT_OK)
        return prefix_name(manifest, err);
    return SEALIFT_OK;
}

enum sealift_status
manifest_private(const struct manifest *manifest, const struct secret *fs_key, struct private_part *ret_part,
                 struct sealift_error *err)
{
    if (private_part_open(buf_bytes(&manifest->sealed_private), fs_key, &manifest->fs, &manifest->upload, ret_part,
                          err) != SEALIFT_OK)
        return prefix_name(manifest, err);
    return SEALIFT_OK;
}
