/* libsealift, played: its calls for object stores. A part of fake_sealift.h. */
#ifndef FAKE_OBS_H
#define FAKE_OBS_H

#include "fake_state.h"

enum sealift_status
sealift_obs_add(struct sealift *sealift, const char *name, const struct sealift_obs_spec *spec, bool no_check,
                struct sealift_error *err)
{
    (void)sealift;
    fake.name = name;
    fake.obs = *spec;
    fake.no_check = no_check;
    return fake_answer("obs_add", err);
}

enum sealift_status
sealift_obs_update(struct sealift *sealift, const char *name, const struct sealift_obs_spec *spec, bool no_check,
                   struct sealift_error *err)
{
    (void)sealift;
    fake.name = name;
    fake.obs = *spec;
    fake.no_check = no_check;
    return fake_answer("obs_update", err);
}

enum sealift_status
sealift_obs_remove(struct sealift *sealift, const char *name, struct sealift_error *err)
{
    (void)sealift;
    fake.name = name;
    return fake_answer("obs_remove", err);
}

enum sealift_status
sealift_obs_list(struct sealift *sealift, sealift_each_obs *each, void *context, struct sealift_error *err)
{
    const struct sealift_obs obs = {
        .name = fake.name != NULL ? fake.name : "dr",
        .spec = {.url = "s3://bucket/prefix", .endpoint = "http://127.0.0.1:8333", .region = "us-east-1"},
        .conditional_put = "atomic",
        .verifies_checksum = "yes",
        .keeps_checksum = "no",
        .deletes = "yes",
        .versioning = "no",
        .object_lock = "unknown",
        .added_ns = INT64_C(1764000000000000000),
    };

    (void)sealift;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &obs, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("obs_list", err);
}

enum sealift_status
sealift_obs_snapshots(struct sealift *sealift, const struct sealift_obs_spec *obs, bool names,
                      sealift_each_bucket_snapshot *each, void *context, struct sealift_error *err)
{
    const struct sealift_bucket_snapshot snapshot = {
        .locator = FAKE_LOCATOR,
        .filesystem_id = "0b6d8a52-54f5-4c86-b5f9-9b3d6f3c7d11",
        .created_ns = INT64_C(1764000000000000000),
        .published_ns = INT64_C(1764000100000000000),
        .sequence = 1,
        .entries = 3,
        .files = 2,
        .size = 5000,
        .stored = 2048,
        .kms_type = "vault",
        .kms_key_identifier = "cluster-key",
        .partial = true,
    };
    const struct sealift_bucket_snapshot never_uploaded = {.filesystem_id = "11111111-54f5-4c86-b5f9-9b3d6f3c7d11"};

    (void)sealift;
    fake.obs = *obs;
    fake.names = names;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &snapshot, err) != SEALIFT_OK || each(context, &never_uploaded, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("obs_snapshots", err);
}

#endif
