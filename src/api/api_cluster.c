#include "handle.h"
#include "scoped.h"

static enum sealift_status
count_store(void *context, const struct table_obs *row, struct sealift_error *err)
{
    struct sealift_cluster *cluster = context;

    (void)row;
    (void)err;
    cluster->stores++;
    return SEALIFT_OK;
}

static enum sealift_status
count_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct sealift_cluster *cluster = context;

    (void)err;
    cluster->filesystems++;
    cluster->encrypted += row->at_rest[0] != '\0';
    cluster->own_keys += row->own_key[0] != '\0';
    return SEALIFT_OK;
}

static enum sealift_status
count_snapshot(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    struct sealift_cluster *cluster = context;

    (void)err;
    cluster->snapshots++;
    cluster->uploaded += table_snapshot_is_uploaded(row);
    return SEALIFT_OK;
}

static enum sealift_status
show_kms(struct sealift *sealift, struct sealift_cluster *cluster, struct sealift_error *err)
{
    struct sealift_kms kms;
    enum sealift_status status = sealift_kms_get(sealift, &kms, err);

    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    TRY(status);
    cluster->kms_type = kms.type;
    cluster->kms_address = kms.address;
    cluster->kms_namespace = kms.name_space;
    cluster->kms_key_identifier = kms.key;
    return SEALIFT_OK;
}

enum sealift_status
sealift_cluster_get(struct sealift *sealift, struct sealift_cluster *ret_cluster, struct sealift_error *err)
{
    struct sealift_cluster cluster = {
        .home = sealift->home,
        .version = sealift_version(),
        .format_version = (uint64_t)sealift_format_version(),
    };

    TRY(handle_need_table(sealift, err));
    TRY(show_kms(sealift, &cluster, err));
    TRY(table_obs_list(sealift->table, count_store, &cluster, err));
    TRY(table_fs_list(sealift->table, count_fs, &cluster, err));
    TRY(table_snapshot_list(sealift->table, NULL, count_snapshot, &cluster, err));
    *ret_cluster = cluster;
    return SEALIFT_OK;
}
