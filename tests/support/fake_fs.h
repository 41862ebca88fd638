/* libsealift, played: its calls for filesystems. A part of fake_sealift.h. */
#ifndef FAKE_FS_H
#define FAKE_FS_H

#include "fake_state.h"

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
        .manifests = {.objects = spec->purge ? fake.rows : 0, .bytes = spec->purge ? 1536 * fake.rows : 0},
        .data = {.objects = spec->purge ? 5 : 0, .bytes = spec->purge ? 4096 : 0},
    };
    return fake_answer("fs_remove", err);
}

#endif
