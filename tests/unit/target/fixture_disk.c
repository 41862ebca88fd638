#include "fixture_disk.h"

#include "envelope.h"

#include <stdlib.h>

struct secret *
disk_key(unsigned number)
{
    struct sealift_error err;
    struct secret *key;

    if (secret_new(AT_REST_KEY_SIZE, &key, &err) != SEALIFT_OK)
        abort();
    for (size_t i = 0; i < key->len; i++)
        key->bytes[i] = (uint8_t)(i + number);
    return key;
}
