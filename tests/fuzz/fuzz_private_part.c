#include "private_part.h"
#include "scoped.h"

#include <stddef.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct uuid fs = {{1}}, object = {{2}};

/* What somebody who has the FS key may have sealed. */
static enum sealift_status
seal(struct bytes text, const struct secret *fs_key, struct buf *sealed, struct sealift_error *err)
{
    static const char domain[] = "sealift/1 private";
    static const uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(aead_free) struct aead *aead = NULL;
    SCOPED(buf_done) struct buf aad = {0};

    TRY(buf_append(&aad, domain, sizeof(domain), err));
    TRY(buf_append(&aad, fs.bytes, sizeof(fs.bytes), err));
    TRY(buf_append(&aad, object.bytes, sizeof(object.bytes), err));
    TRY(key_for_private(fs_key, &object, &key, err));
    TRY(aead_new(key, &aead, err));
    TRY(buf_reserve(sealed, text.len + AEAD_TAG_SIZE, err));
    TRY(aead_seal(aead, nonce, buf_bytes(&aad), text, sealed->data, err));
    sealed->len = text.len + AEAD_TAG_SIZE;
    return SEALIFT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(buf_done) struct buf sealed = {0};
    SCOPED(buf_done) struct buf again = {0};
    struct private_part part, reread;
    struct sealift_error err;

    if (secret_new(FS_KEY_SIZE, &fs_key, &err) != SEALIFT_OK ||
        seal((struct bytes){data, size}, fs_key, &sealed, &err) != SEALIFT_OK ||
        private_part_open(buf_bytes(&sealed), fs_key, &fs, &object, &part, &err) != SEALIFT_OK)
        return 0;
    if (part.generation == 0 || part.generation > INT64_MAX)
        __builtin_trap();
    /* What was read can be written, and then says the same; but a number with a fraction in a selection is none that we
     * write. */
    if (private_part_seal(&part, fs_key, &fs, &object, &again, &err) == SEALIFT_OK &&
        (private_part_open(buf_bytes(&again), fs_key, &fs, &object, &reread, &err) != SEALIFT_OK ||
         memcmp(&part, &reread, offsetof(struct private_part, selection)) != 0 ||
         strcmp(part.selection, reread.selection) != 0))
        __builtin_trap();
    return 0;
}
