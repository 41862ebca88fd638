#include "key_view.h"

#include <stdio.h>

const struct column key_view_columns[] = {
    {"filesystem_id", NULL, COLUMN_TEXT, offsetof(struct sealift_key, filesystem_id)},
    {"where", "where", COLUMN_TEXT, offsetof(struct sealift_key, where)},
    {"record", "record", COLUMN_TEXT, offsetof(struct sealift_key, record)},
    {"key_check", "fs key", COLUMN_TEXT, offsetof(struct sealift_key, key_check)},
    {"in_force", "in force", COLUMN_FLAG, offsetof(struct sealift_key, in_force)},
    {"snapshot", "for snapshot", COLUMN_TEXT, offsetof(struct sealift_key, snapshot)},
    {"kms_type", "kms", COLUMN_TEXT, offsetof(struct sealift_key, kms_type)},
    {"kms_namespace", "namespace", COLUMN_TEXT, offsetof(struct sealift_key, kms_namespace)},
    {"kms_mount", NULL, COLUMN_TEXT, offsetof(struct sealift_key, kms_mount)},
    {"kms_key_identifier", "key", COLUMN_TEXT, offsetof(struct sealift_key, kms_key_identifier)},
    {"kms_key_version", "version", COLUMN_NUMBER, offsetof(struct sealift_key, kms_key_version)},
    {"created", "created", COLUMN_TIME, offsetof(struct sealift_key, created_ns)},
    {"opens", "opens", COLUMN_TEXT, offsetof(struct sealift_key, opens)},
    {"problem", "problem", COLUMN_TEXT, offsetof(struct sealift_key, problem)},
    {0},
};

/* People tell FS keys apart by their first digits. */
#define SHORT_KEY_CHECK 12

enum sealift_status
key_view_add(void *context, const struct sealift_key *key, struct sealift_error *err)
{
    struct listing *listing = context;
    struct sealift_key row = *key;
    char short_check[SHORT_KEY_CHECK + 1];

    if (!listing->json) {
        snprintf(short_check, sizeof(short_check), "%s", key->key_check);
        row.key_check = short_check;
    }
    return listing_add(listing, &row, err);
}
