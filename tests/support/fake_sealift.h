/* libsealift, played: it keeps what it was asked, and answers what the test set. Included by one C file of a program,
 * which then needs no libsealift. */
#ifndef FAKE_SEALIFT_H
#define FAKE_SEALIFT_H

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

const char *
sealift_status_name(enum sealift_status status)
{
    static const char *const names[] = {"ok",      "invalid", "denied", "not-found", "conflict",  "unavailable",
                                        "corrupt", "key",     "io",     "no-memory", "cancelled", "internal"};

    return names[status];
}

const char *
sealift_version(void)
{
    return "1.2.3";
}

int
sealift_format_version(void)
{
    return 1;
}

enum sealift_status
sealift_open(const struct sealift_options *options, struct sealift **ret_sealift, struct sealift_error *err)
{
    static struct sealift sealift;

    (void)err;
    fake.options = *options;
    snprintf(fake.calls, sizeof(fake.calls), "open ");
    *ret_sealift = &sealift;
    return SEALIFT_OK;
}

void
sealift_close(struct sealift **sealift)
{
    *sealift = NULL;
}

void
sealift_cancel(struct sealift *sealift)
{
    (void)sealift;
    fake.cancelled = true;
}

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

enum sealift_status
sealift_fs_add(struct sealift *sealift, const struct sealift_fs_spec *spec, struct sealift_error *err)
{
    (void)sealift;
    fake.fs = *spec;
    fake_keep_selection(&spec->selection);
    fake.name = spec->name;
    return fake_answer("fs_add", err);
}

enum sealift_status
sealift_fs_move_key(struct sealift *sealift, const char *name, const struct sealift_own_key_spec *own,
                    sealift_each_rewrapped *each, void *context, struct sealift_error *err)
{
    (void)sealift;
    (void)each;
    (void)context;
    fake.name = name;
    fake.own_key = own != NULL ? *own : (struct sealift_own_key_spec){0};
    return fake_answer("fs_move_key", err);
}

enum sealift_status
sealift_fs_rename(struct sealift *sealift, const char *name, const char *new_name, struct sealift_error *err)
{
    (void)sealift;
    fake.name = name;
    fake.new_name = new_name;
    return fake_answer("fs_rename", err);
}

enum sealift_status
sealift_fs_select(struct sealift *sealift, const char *name, const struct sealift_selection_spec *selection,
                  struct sealift_error *err)
{
    (void)sealift;
    fake.name = name;
    fake_keep_selection(selection);
    return fake_answer("fs_select", err);
}

enum sealift_status
sealift_fs_list(struct sealift *sealift, sealift_each_fs *each, void *context, struct sealift_error *err)
{
    const struct sealift_fs fs = {
        .name = fake.name != NULL ? fake.name : "home",
        .id = "0b6d8a52-54f5-4c86-b5f9-9b3d6f3c7d11",
        .path = "/srv/h\xff",
        .encrypted = true,
        .at_rest = "locked",
        .obs = "dr",
        .kms_type = "vault",
        .kms_key_identifier = "cluster-key",
        .kms_key_version = 1,
        .added_ns = INT64_C(1764000000000000000),
        .snapshots = 2,
        .exclude = (const char *const[]){"*.tmp", "!keep.tmp", "/cache/", "*.o", "core", NULL},
        .exclude_nodump = true,
    };

    (void)sealift;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &fs, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("fs_list", err);
}

enum sealift_status
sealift_fs_lock(struct sealift *sealift, const char *name, sealift_each_holder *each, void *context,
                struct sealift_error *err)
{
    const struct sealift_holder holder = {4711, "vi", "/srv/home/letter"};

    (void)sealift;
    fake.name = name;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &holder, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("fs_lock", err);
}

enum sealift_status
sealift_cluster_get(struct sealift *sealift, struct sealift_cluster *ret_cluster, struct sealift_error *err)
{
    (void)sealift;
    *ret_cluster = (struct sealift_cluster){.home = "/var/lib/sealift", .version = "1", .filesystems = 3};
    return fake_answer("cluster_get", err);
}

enum sealift_status
sealift_cluster_recover(struct sealift *sealift, const struct sealift_recover_spec *spec, sealift_each_recovered *each,
                        void *context, struct sealift_error *err)
{
    const struct sealift_recovered recovered = {
        .id = "6f1d0a6e-3b1c-4c55-9d0a-0123456789ab", .outcome = "recovered", .name = "home", .path = "/srv/home"};

    (void)sealift;
    fake.recover = *spec;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &recovered, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("cluster_recover", err);
}

enum sealift_status
sealift_fs_unlock(struct sealift *sealift, const struct sealift_unlock_spec *spec, sealift_each_unlocked *each,
                  void *context, struct sealift_error *err)
{
    const struct sealift_unlocked unlocked = {.name = "home", .path = "/srv/home", .at_rest = "unlocked"};

    (void)sealift;
    fake.unlock = *spec;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &unlocked, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("fs_unlock", err);
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

enum sealift_status
sealift_fs_download(struct sealift *sealift, const struct sealift_download_spec *spec,
                    struct sealift_download_result *ret_result, struct sealift_error *err)
{
    fake.download = *spec;
    fake_transfer(sealift, &spec->transfer);
    *ret_result = (struct sealift_download_result){.id = "22222222-54f5-4c86-b5f9-9b3d6f3c7d11",
                                                   .entries = 3,
                                                   .files = 2,
                                                   .size = 5000,
                                                   .fetched = 2048,
                                                   .seconds = 0.5};
    return fake_answer("fs_download", err);
}

enum sealift_status
sealift_snapshot_add(struct sealift *sealift, const struct sealift_snapshot_spec *spec, struct sealift_error *err)
{
    (void)sealift;
    fake.name = spec->name;
    fake.snapshot = *spec;
    return fake_answer("snapshot_add", err);
}

enum sealift_status
sealift_snapshot_list(struct sealift *sealift, const char *fs, sealift_each_snapshot *each, void *context,
                      struct sealift_error *err)
{
    const struct sealift_snapshot snapshot = {.filesystem = fs != NULL ? fs : "home",
                                              .name = fake.name != NULL ? fake.name : "monday",
                                              .created_ns = INT64_C(1764000000000000000),
                                              .status = "uploaded",
                                              .live = !fake.not_live,
                                              .from = fake.from,
                                              .native = fake.native,
                                              .size = UINT64_C(5) << 30,
                                              .stored = 3 << 20,
                                              .locator = FAKE_LOCATOR};

    (void)sealift;
    for (unsigned i = 0; i < fake.rows; i++)
        if (each(context, &snapshot, err) != SEALIFT_OK)
            return err->status;
    return fake_answer("snapshot_list", err);
}

enum sealift_status
sealift_snapshot_preview(struct sealift *sealift, const struct sealift_upload_spec *spec,
                         sealift_each_preview_entry *each, void *context, struct sealift_preview_result *ret_result,
                         struct sealift_error *err)
{
    const struct sealift_preview_entry entries[] = {
        {.path = ".", .type = "directory"},
        {.path = "a\xff", .type = "file", .size = 5000},
        {.path = "b", .excluded = "is left out by the pattern 'b'"},
        {.path = "c", .missing = "Permission denied"},
    };

    (void)sealift;
    fake.upload = *spec;
    fake_keep_selection(&spec->selection);
    for (size_t i = 0; i < (fake.all_readable ? 3 : 4); i++)
        if (each(context, &entries[i], err) != SEALIFT_OK)
            return err->status;
    *ret_result = (struct sealift_preview_result){.entries = 2,
                                                  .files = 1,
                                                  .directories = 1,
                                                  .size = 5000,
                                                  .excluded = 1,
                                                  .missing = fake.all_readable ? 0 : 1,
                                                  .live = true,
                                                  .seconds = 0.25};
    return fake_answer("snapshot_preview", err);
}

enum sealift_status
sealift_snapshot_upload(struct sealift *sealift, const struct sealift_upload_spec *spec,
                        struct sealift_upload_result *ret_result, struct sealift_error *err)
{
    fake.upload = *spec;
    fake_keep_selection(&spec->selection);
    fake_transfer(sealift, &spec->transfer);
    *ret_result = (struct sealift_upload_result){.locator = FAKE_LOCATOR,
                                                 .entries = 3,
                                                 .files = 2,
                                                 .directories = 1,
                                                 .size = 5000,
                                                 .stored = 2048,
                                                 .segments = 1,
                                                 .live = true,
                                                 .seconds = 1.25};
    return fake_answer("snapshot_upload", err);
}

enum sealift_status
sealift_snapshot_verify(struct sealift *sealift, const struct sealift_verify_spec *spec,
                        struct sealift_verify_result *ret_result, struct sealift_error *err)
{
    fake.verify = *spec;
    fake_transfer(sealift, &spec->transfer);
    *ret_result = (struct sealift_verify_result){
        .locator = FAKE_LOCATOR, .kind = spec->kind, .objects = 7, .bytes = 4096, .by_checksum = 6, .envelopes = 2};
    return fake_answer("snapshot_verify", err);
}

enum sealift_status
sealift_snapshot_remove(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
                        sealift_each_unused *each, void *context, struct sealift_snapshot_removal *ret_removal,
                        struct sealift_error *err)
{
    const struct sealift_unused unused = {.filesystem_id = "0b6d8a52-54f5-4c86-b5f9-9b3d6f3c7d11",
                                          .upload = "0198f3a2-7c4e-7d1a-8e55-2f6b1c0a9d37",
                                          .state = "unused",
                                          .objects = 5,
                                          .bytes = 4096,
                                          .newest_ns = 1790000000000000000};

    fake.snapshot_remove = *spec;
    fake_transfer(sealift, &spec->transfer);
    for (unsigned row = 0; row < fake.rows && fake.answer == SEALIFT_OK; row++)
        if (each(context, &unused, err) != SEALIFT_OK)
            return err->status;
    if (fake.never_uploaded) {
        *ret_removal = (struct sealift_snapshot_removal){.filesystem = "home", .name = "monday"};
        return fake_answer("snapshot_remove", err);
    }
    *ret_removal = (struct sealift_snapshot_removal){
        .locator = FAKE_LOCATOR,
        .filesystem = "home",
        .name = "monday",
        .manifest = "deleted",
        .size = 1536,
        .versioning = fake.versioning != NULL ? fake.versioning : "no",
        .object_lock = fake.object_lock != NULL ? fake.object_lock : "no",
        .unused_known = true,
        .unused_uploads = fake.rows,
        .unused_objects = 5 * fake.rows,
        .unused_bytes = 4096 * fake.rows,
    };
    return fake_answer("snapshot_remove", err);
}

enum sealift_status
sealift_fs_remove(struct sealift *sealift, const struct sealift_fs_remove_spec *spec, sealift_each_removed *each,
                  void *context, struct sealift_fs_removal *ret_removal, struct sealift_error *err)
{
    const struct sealift_removed removed = {.kind = "manifest",
                                            .name = "fs/x/snapshots/y.json",
                                            .locator = FAKE_LOCATOR,
                                            .size = 1536,
                                            .outcome = "deleted"};

    fake.fs_remove = *spec;
    fake_transfer(sealift, &spec->transfer);
    for (unsigned row = 0; spec->purge && row < fake.rows; row++)
        if (each(context, &removed, err) != SEALIFT_OK)
            return err->status;
    *ret_removal = (struct sealift_fs_removal){
        .id = "0b6d8a52-54f5-4c86-b5f9-9b3d6f3c7d11",
        .filesystem = "home",
        .snapshots = 2,
        .forgotten = fake.answer == SEALIFT_OK,
        .key_record = fake.key_record != NULL ? fake.key_record : "yes",
        .versioning = fake.versioning != NULL ? fake.versioning : "no",
        .object_lock = fake.object_lock != NULL ? fake.object_lock : "no",
        .manifests = {.objects = spec->purge ? fake.rows : 0},
    };
    return fake_answer("fs_remove", err);
}

enum sealift_status
sealift_snapshot_ls(struct sealift *sealift, const struct sealift_ls_spec *spec, sealift_each_entry *each,
                    void *context, struct sealift_ls_result *ret_result, struct sealift_error *err)
{
    static const struct sealift_entry entries[] = {
        {.path = "ann", .type = "directory", .mode = 02750, .uid = 1000, .gid = 100, .mtime_s = 1790000000},
        {.path = "ann/\x1b[31mred", .type = "file", .mode = 04644, .size = 1536, .mtime_s = INT64_MAX},
        {.path = "ann/link", .type = "symlink", .mode = 0777, .target = "../etc/\xff"},
        {.path = "ann/other", .type = "hard-link", .target = "ann/red"},
        {.path = "tty", .type = "character-device", .mode = 01666, .major = 5, .minor = 1},
    };

    (void)sealift;
    fake.ls = *spec;
    for (fake.listed = 0; fake.listed < sizeof(entries) / sizeof(entries[0]);)
        if (each(context, &entries[fake.listed++], err) != SEALIFT_OK)
            return err->status;
    *ret_result = (struct sealift_ls_result){.entries = 5};
    return fake_answer("snapshot_ls", err);
}

enum sealift_status
sealift_snapshot_get(struct sealift *sealift, const struct sealift_get_spec *spec,
                     struct sealift_get_result *ret_result, struct sealift_error *err)
{
    (void)sealift;
    fake.get = *spec;
    for (size_t i = 0; i < 3; i++)
        fake.got[i] = i == 0 || fake.got[i - 1] != NULL ? spec->paths[i] : NULL;
    *ret_result = (struct sealift_get_result){.locator = FAKE_LOCATOR, .entries = 3, .files = 1, .requests = 4};
    return fake_answer("snapshot_get", err);
}

#endif
