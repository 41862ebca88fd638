#include "key_record.h"
#include "scoped.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(key_record_done) struct key_record record = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(secret_free) struct secret *opened = NULL;
    struct private_part names;
    struct sealift_error err;
    struct uuid fs, id;

    if (!uuid_parse("62acf36b-a9bb-4187-b573-0e4353be559d", &fs) ||
        !uuid_parse("01a0c450-6c00-796e-9c40-a83ec24baef8", &id))
        __builtin_trap();
    if (key_record_parse((struct bytes){data, size}, &fs, &id, &record, &err) != SEALIFT_OK ||
        secret_new(KEY_SIZE, &key, &err) != SEALIFT_OK)
        return 0;
    if (envelope_open(&record.envelope, key, &opened, NULL, &err) == SEALIFT_OK ||
        private_part_open(buf_bytes(&record.sealed_private), key, &fs, &id, &names, &err) == SEALIFT_OK)
        __builtin_trap(); /* the key is all zeros */
    return 0;
}
