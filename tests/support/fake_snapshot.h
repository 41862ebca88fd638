/* libsealift, played: its calls for snapshots. A part of fake_sealift.h. */
#ifndef FAKE_SNAPSHOT_H
#define FAKE_SNAPSHOT_H

#include "fake_state.h"

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
