/* What a libsealift that is played keeps of what it was asked, and what the test set for it to answer. */
#ifndef FAKE_STATE_H
#define FAKE_STATE_H

#include <sealift/sealift.h>
#include <stdio.h>
#include <string.h>

struct fake_sealift {
    char calls[512];                         /* "open obs_add obs_list close " */
    enum sealift_status answer;              /* of the calls that do something */
    void (*during)(struct sealift *sealift); /* called in the middle of a transfer */
    unsigned rows;                           /* in each listing */

    bool cancelled;
    struct sealift_options options;
    const char *name;
    bool no_check, names;
    struct sealift_kms_change change;
    struct sealift_rewrap_spec rewrap;
    struct sealift_key_spec keys;
    struct sealift_obs_spec obs;
    struct sealift_vault_spec vault;
    struct sealift_kmip_spec kmip;
    struct sealift_impact_spec impact;
    struct sealift_fs_spec fs;
    struct sealift_own_key_spec own_key; /* zeroes: the cluster's */
    const char *new_name;
    struct sealift_unlock_spec unlock;
    struct sealift_recover_spec recover;
    struct sealift_download_spec download;
    struct sealift_snapshot_spec snapshot;
    bool not_live; /* as snapshots are listed */
    const char *from, *native;
    struct sealift_upload_spec upload;
    struct sealift_selection_spec selection; /* its lists are gone; what they held is in the next two */
    const char *exclude[8], *exclude_from[8];
    bool all_readable; /* in a preview */
    struct sealift_verify_spec verify;
    struct sealift_snapshot_remove_spec snapshot_remove;
    bool never_uploaded; /* what snapshot_remove removed */
    struct sealift_fs_remove_spec fs_remove;
    const char *versioning, *object_lock; /* of the bucket, as removals say; NULL: "no" */
    const char *key_record;               /* as fs_remove says; NULL: "yes" */
    struct sealift_ls_spec ls;
    unsigned listed; /* how many entries were told */
    struct sealift_get_spec get;
    const char *got[4];
};

static struct fake_sealift fake = {.rows = 1};

#define FAKE_LOCATOR "0b6d8a52-54f5-4c86-b5f9-9b3d6f3c7d11/0198f3a2-7c4e-7d1a-8e55-2f6b1c0a9d37"

struct sealift {
    int unused;
};

static enum sealift_status
fake_answer(const char *call, struct sealift_error *err)
{
    size_t len = strlen(fake.calls);

    snprintf(fake.calls + len, sizeof(fake.calls) - len, "%s ", call);
    if (fake.answer == SEALIFT_OK)
        return SEALIFT_OK;
    err->status = fake.answer;
    snprintf(err->message, sizeof(err->message), "%s: as the test wanted", call);
    return fake.answer;
}

static void
fake_keep_selection(const struct sealift_selection_spec *spec)
{
    fake.selection = *spec;
    memset(fake.exclude, 0, sizeof(fake.exclude));
    memset(fake.exclude_from, 0, sizeof(fake.exclude_from));
    for (size_t i = 0; spec->exclude != NULL && spec->exclude[i] != NULL && i < 7; i++)
        fake.exclude[i] = spec->exclude[i];
    for (size_t i = 0; spec->exclude_from != NULL && spec->exclude_from[i] != NULL && i < 7; i++)
        fake.exclude_from[i] = spec->exclude_from[i];
}

static void
fake_transfer(struct sealift *sealift, const struct sealift_transfer_options *transfer)
{
    struct sealift_progress progress = {.stage = "upload", .files = 5, .bytes = 1 << 20, .bytes_total = 4 << 20};

    for (progress.seconds = 1; progress.seconds < 12; progress.seconds += 1)
        transfer->progress(transfer->context, &progress);
    transfer->notice(transfer->context, SEALIFT_NOTICE_MISSING, "a/b\xff", "Permission denied");
    if (fake.during != NULL)
        fake.during(sealift);
}

#endif
