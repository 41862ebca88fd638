/* libsealift, played: its calls for the KMS. A part of fake_sealift.h. */
#ifndef FAKE_KMS_H
#define FAKE_KMS_H

#include "fake_state.h"

/* Tells of `fake.rows` filesystems that moved. */
static void
fake_change(const struct sealift_kms_change *change, struct sealift_error *err)
{
    const struct sealift_rewrapped moved = {
        .filesystem = "home",
        .id = "11111111-54f5-4c86-b5f9-9b3d6f3c7d11",
        .outcome = "rewrapped",
        .kms_type = "vault",
        .kms_mount = "transit",
        .kms_key_identifier = "cluster-key",
        .kms_key_version = 1,
        .keys = 1,
        .records = 1,
    };

    fake.change = *change;
    for (unsigned i = 0; i < fake.rows; i++)
        if (change->each(change->context, &moved, err) != SEALIFT_OK)
            return;
}

enum sealift_status
sealift_kms_set_vault(struct sealift *sealift, const struct sealift_vault_spec *spec,
                      const struct sealift_kms_change *change, struct sealift_error *err)
{
    (void)sealift;
    fake.vault = *spec;
    fake_change(change, err);
    return fake_answer("kms_set_vault", err);
}

enum sealift_status
sealift_kms_set_kmip(struct sealift *sealift, const struct sealift_kmip_spec *spec,
                     const struct sealift_kms_change *change, struct sealift_error *err)
{
    (void)sealift;
    fake.kmip = *spec;
    fake_change(change, err);
    return fake_answer("kms_set_kmip", err);
}

enum sealift_status
sealift_kms_reset(struct sealift *sealift, bool allow_downgrade, sealift_each_rewrapped *each, void *context,
                  struct sealift_error *err)
{
    const struct sealift_kms_change change = {.convert = allow_downgrade, .each = each, .context = context};

    (void)sealift;
    fake_change(&change, err);
    return fake_answer("kms_reset", err);
}

enum sealift_status
sealift_kms_rewrap(struct sealift *sealift, const struct sealift_rewrap_spec *spec, sealift_each_rewrapped *each,
                   void *context, struct sealift_error *err)
{
    const struct sealift_kms_change change = {.each = each, .context = context};

    (void)sealift;
    fake.rewrap = *spec;
    fake_change(&change, err);
    return fake_answer("kms_rewrap", err);
}

enum sealift_status
sealift_kms_get(struct sealift *sealift, struct sealift_kms *ret_kms, struct sealift_error *err)
{
    (void)sealift;
    if (fake.kmip.servers != NULL)
        *ret_kms = (struct sealift_kms){.type = "kmip",
                                        .address = fake.kmip.servers,
                                        .key = fake.kmip.key,
                                        .client_cert = fake.kmip.client_cert,
                                        .client_key = fake.kmip.client_key,
                                        .kmip_version = "1.4",
                                        .version_choice = "agreed",
                                        .mode = "AES-CBC"};
    else
        *ret_kms = (struct sealift_kms){.type = "vault",
                                        .address = "http://127.0.0.1:8200",
                                        .key = "cluster-key",
                                        .auth_method = "approle",
                                        .credential = "file:/etc/sealift/secret-id"};
    return fake_answer("kms_get", err);
}

enum sealift_status
sealift_kms_check(struct sealift *sealift, sealift_each_kms_finding *each, void *context, struct sealift_error *err)
{
    (void)sealift;
    each(context, &(struct sealift_kms_finding){.call = "log in", .ok = true, .message = "by AppRole"});
    each(context,
         &(struct sealift_kms_finding){.call = "read the key", .ok = true, .warning = true, .message = "exportable"});
    each(context, &(struct sealift_kms_finding){.call = "wrap", .message = "403: ask for update on transit/encrypt/k"});
    return fake_answer("kms_check", err);
}

enum sealift_status
sealift_kms_drill(struct sealift *sealift, const struct sealift_drill_spec *spec, sealift_each_drilled *each,
                  void *context, struct sealift_drill_result *ret_result, struct sealift_error *err)
{
    static const struct sealift_drilled home = {
        .keyed = {.kind = "filesystem",
                  .filesystem = "home",
                  .filesystem_id = "0b6d8a52-54f5-4c86-b5f9-9b3d6f3c7d11",
                  .wrapping = "table",
                  .kms_type = "vault",
                  .kms_mount = "transit",
                  .kms_key_identifier = "k",
                  .kms_key_version = 2},
        .result = "opens",
    };
    static const struct sealift_drilled monday = {
        .keyed = {.kind = "snapshot", .locator = FAKE_LOCATOR, .problem = "the KMS is\naway"}, .result = "waits"};

    (void)sealift;
    fake.obs = spec->obs;
    if (fake.rows == 0) {
        *ret_result = (struct sealift_drill_result){0};
        return fake_answer("kms_drill", err);
    }
    if (each(context, &home, err) != SEALIFT_OK || each(context, &monday, err) != SEALIFT_OK)
        return err->status;
    *ret_result = (struct sealift_drill_result){.filesystems = 1, .snapshots = 1, .opened = 1, .waiting = 1};
    return fake_answer("kms_drill", err);
}

enum sealift_status
sealift_kms_impact(struct sealift *sealift, const struct sealift_impact_spec *spec, sealift_each_impacted *each,
                   void *context, struct sealift_impact_result *ret_result, struct sealift_error *err)
{
    static const struct sealift_impacted monday = {
        .keyed = {.kind = "snapshot", .locator = FAKE_LOCATOR, .problem = "refused"},
        .verdict = "claimed",
        .wrappings = 2,
        .unopened = 2,
    };

    (void)sealift;
    fake.impact = *spec;
    *ret_result = (struct sealift_impact_result){0};
    if (fake.rows == 0)
        return fake_answer("kms_impact", err);
    if (each(context, &monday, err) != SEALIFT_OK)
        return err->status;
    *ret_result = (struct sealift_impact_result){.claimed = 1};
    return fake_answer("kms_impact", err);
}

#endif
