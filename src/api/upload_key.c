#include "upload_key.h"

#include "error.h"
#include "keyring.h"
#include "scoped.h"

#include <string.h>

void
upload_key_done(struct upload_key *key)
{
    secret_free(&key->fs_key);
}

enum sealift_status
upload_key_open(struct sealift *sealift, const struct table_fs *fs, const struct uuid *upload,
                struct upload_key *ret_key, struct sealift_error *err)
{
    SCOPED(upload_key_done) struct upload_key key = {0};
    struct kms_errand errand = {.snapshot = *upload};
    enum sealift_status status;

    TRY(table_fs_envelope(sealift->table, &fs->uuid, &key.envelope, err));
    status = handle_open_envelope(sealift, &errand, &key.envelope, &key.fs_key, NULL, err);
    if (status == SEALIFT_DENIED)
        return error_hint(err, "a machine that may encrypt with that key, but not decrypt, uploads with "
                               "--new-data-key: under a key for this snapshot alone");
    TRY(status);
    *ret_key = key;
    key.fs_key = NULL;
    return SEALIFT_OK;
}

/* As a filesystem's, except that nobody reads anything with it here. */
enum sealift_status
upload_key_make(struct sealift *sealift, const struct table_fs *fs, const struct uuid *upload,
                struct upload_key *ret_key, struct sealift_error *err)
{
    SCOPED(upload_key_done) struct upload_key key = {0};
    struct kms_errand errand = {.fs = fs->uuid, .snapshot = *upload};
    struct envelope tried;

    TRY(table_fs_envelope(sealift->table, &fs->uuid, &key.envelope, err));
    TRY(handle_fs_kms(sealift, fs, strcmp(key.envelope.kms.type, "local") == 0, &key.alone, err));
    TRY(secret_random(&sealift->world, FS_KEY_SIZE, &key.fs_key, err));
    TRY(keyring_seal_blind(key.alone, &errand, key.fs_key, &tried, err));
    *ret_key = key;
    key.fs_key = NULL;
    return SEALIFT_OK;
}
