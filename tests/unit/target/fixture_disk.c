#include "fixture_disk.h"

#include "envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool
disk_make_encryptable(struct disk *disk)
{
    static const char *const make[] = {"mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "encrypt", NULL};

    if (access("/sys/fs/ext4/features/encryption", F_OK) == 0)
        return disk_make(disk, make);
    fputs("this test needs a kernel with ext4 and fscrypt (CONFIG_FS_ENCRYPTION)\n", stderr);
    return false;
}

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
