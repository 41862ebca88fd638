#include "key_schedule.h"

#include "kdf.h"

static struct bytes
salt_of(const struct uuid *uuid)
{
    return BYTES_OF(uuid->bytes);
}

static const struct bytes no_salt = {0};

enum sealift_status
key_check_value(const struct secret *fs_key, const struct uuid *fs, uint8_t out[KEY_CHECK_SIZE],
                struct sealift_error *err)
{
    return hkdf_sha256_public(fs_key, salt_of(fs), "sealift/1 key check", out, KEY_CHECK_SIZE, err);
}

enum sealift_status
key_for_segment(const struct secret *fs_key, const uint8_t salt[32], struct secret **ret_key, struct sealift_error *err)
{
    return hkdf_sha256(fs_key, (struct bytes){salt, 32}, "sealift/1 segment", KEY_SIZE, ret_key, err);
}

enum sealift_status
key_for_manifest(const struct secret *fs_key, const struct uuid *upload, struct secret **ret_key,
                 struct sealift_error *err)
{
    return hkdf_sha256(fs_key, salt_of(upload), "sealift/1 manifest", KEY_SIZE, ret_key, err);
}

enum sealift_status
key_for_private(const struct secret *fs_key, const struct uuid *object, struct secret **ret_key,
                struct sealift_error *err)
{
    return hkdf_sha256(fs_key, salt_of(object), "sealift/1 private", KEY_SIZE, ret_key, err);
}

enum sealift_status
key_for_log(const struct secret *fs_key, const struct uuid *upload, struct secret **ret_key, struct sealift_error *err)
{
    return hkdf_sha256(fs_key, salt_of(upload), "sealift/1 log", KEY_SIZE, ret_key, err);
}

enum sealift_status
key_for_chunk_ids(const struct secret *fs_key, struct secret **ret_key, struct sealift_error *err)
{
    return hkdf_sha256(fs_key, no_salt, "sealift/1 chunk id", KEY_SIZE, ret_key, err);
}

enum sealift_status
key_for_chunker(const struct secret *fs_key, struct secret **ret_key, struct sealift_error *err)
{
    return hkdf_sha256(fs_key, no_salt, "sealift/1 chunker", KEY_SIZE, ret_key, err);
}

enum sealift_status
key_for_spill(const struct world *world, struct secret **ret_key, struct sealift_error *err)
{
    return secret_random(world, KEY_SIZE, ret_key, err);
}
