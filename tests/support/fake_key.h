/* libsealift, played: its calls for the keys of filesystems. A part of fake_sealift.h. */
#ifndef FAKE_KEY_H
#define FAKE_KEY_H

#include "fake_state.h"

enum sealift_status
sealift_fs_rekey(struct sealift *sealift, const char *name, struct sealift_rekey_result *ret_result,
                 struct sealift_error *err)
{
    (void)sealift;
    fake.name = name;
    *ret_result = (struct sealift_rekey_result){.key_check = "abcd", .generation = 2, .readable_snapshots = fake.rows};
    return fake_answer("fs_rekey", err);
}

static enum sealift_status
fake_keys(const struct sealift_key_spec *spec, sealift_each_key *each, void *context, struct sealift_error *err)
{
    const struct sealift_key key = {
        .filesystem_id = "11111111-54f5-4c86-b5f9-9b3d6f3c7d11",
        .record = "018f4a2b-3c4d-7e5f-8091-a2b3c4d5e6f7",
        .where = "record",
        .key_check = "6f693c4cfe87c47c7456e57aa985b467562b2250ec9754e33b618b8d9c18023c",
        .in_force = true,
        .kms_type = "vault",
        .kms_mount = "transit",
        .kms_key_identifier = "cluster-key",
        .kms_key_version = 3,
        .opens = spec->check ? "yes" : NULL,
    };

    fake.keys = *spec;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &key, err) != SEALIFT_OK)
            return err->status;
    return SEALIFT_OK;
}

enum sealift_status
sealift_key_list(struct sealift *sealift, const struct sealift_key_spec *spec, sealift_each_key *each, void *context,
                 struct sealift_error *err)
{
    (void)sealift;
    return fake_keys(spec, each, context, err) == SEALIFT_OK ? fake_answer("key_list", err) : err->status;
}

enum sealift_status
sealift_key_add(struct sealift *sealift, const struct sealift_key_spec *spec, const struct sealift_second_kms_spec *kms,
                sealift_each_key *each, void *context, struct sealift_error *err)
{
    (void)sealift;
    if (kms->vault != NULL)
        fake.vault = *kms->vault;
    if (kms->kmip != NULL)
        fake.kmip = *kms->kmip;
    fake.name = kms->local_key_file;
    return fake_keys(spec, each, context, err) == SEALIFT_OK ? fake_answer("key_add", err) : err->status;
}

enum sealift_status
sealift_key_remove(struct sealift *sealift, const struct sealift_key_spec *spec, const char *record,
                   struct sealift_error *err)
{
    (void)sealift;
    fake.keys = *spec;
    fake.name = record;
    return fake_answer("key_remove", err);
}

#endif
