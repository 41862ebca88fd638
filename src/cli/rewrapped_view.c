#include "rewrapped_view.h"

const struct column rewrapped_view_columns[] = {
    {"filesystem", "filesystem", COLUMN_TEXT, offsetof(struct sealift_rewrapped, filesystem)},
    {"id", "id", COLUMN_TEXT, offsetof(struct sealift_rewrapped, id)},
    {"outcome", "outcome", COLUMN_TEXT, offsetof(struct sealift_rewrapped, outcome)},
    {"kms_type", "kms", COLUMN_TEXT, offsetof(struct sealift_rewrapped, kms_type)},
    {"kms_namespace", "namespace", COLUMN_TEXT, offsetof(struct sealift_rewrapped, kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_rewrapped, kms_mount)},
    {"kms_key_identifier", "key", COLUMN_TEXT, offsetof(struct sealift_rewrapped, kms_key_identifier)},
    {"kms_key_version", "version", COLUMN_NUMBER, offsetof(struct sealift_rewrapped, kms_key_version)},
    {"keys", "keys", COLUMN_COUNT, offsetof(struct sealift_rewrapped, keys)},
    {"records", "records", COLUMN_COUNT, offsetof(struct sealift_rewrapped, records)},
    {"problem", "problem", COLUMN_TEXT, offsetof(struct sealift_rewrapped, problem)},
    {0},
};

enum sealift_status
rewrapped_view_add(void *listing, const struct sealift_rewrapped *rewrapped, struct sealift_error *err)
{
    return listing_add(listing, rewrapped, err);
}
