#include "key_record.h"
#include "scoped.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(key_record_done) struct key_record record = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(secret_free) struct secret *opened = NULL;
    uint8_t key_check[KEY_CHECK_SIZE];
    struct private_part names;
    struct sealift_error err;
    struct uuid fs, id;

    if (!hex_decode("f9e76735c54a52582652385de45afea65808d4333ef312478965984c0c798bf4", key_check, sizeof(key_check)) ||
        !uuid_parse("62acf36b-a9bb-4187-b573-0e4353be559d", &fs) ||
        !uuid_parse("01a0c450-6c00-796e-9c40-a83ec24baef8", &id))
        __builtin_trap();
    if (key_record_parse((struct bytes){data, size}, &fs, key_check, &id, &record, &err) != SEALIFT_OK ||
        secret_new(KEY_SIZE, &key, &err) != SEALIFT_OK)
        return 0;
    if (envelope_open(&record.envelope, key, &opened, NULL, &err) == SEALIFT_OK ||
        key_record_private(&record, key, &names, &err) == SEALIFT_OK)
        __builtin_trap(); /* the key is all zeros */
    return 0;
}
