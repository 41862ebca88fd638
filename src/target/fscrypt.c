#include "fscrypt.h"

#include "scoped.h"

#include <errno.h>
#include <linux/fscrypt.h>
#include <string.h>
#include <sys/ioctl.h>

_Static_assert(sizeof(struct fscrypt_id) == FSCRYPT_KEY_IDENTIFIER_SIZE, "an identifier is as long as the kernel's");

bool
fscrypt_id_equal(const struct fscrypt_id *a, const struct fscrypt_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static struct fscrypt_key_specifier
name_key(const struct fscrypt_id *id)
{
    struct fscrypt_key_specifier name = {.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER};

    memcpy(name.u.identifier, id->bytes, sizeof(id->bytes));
    return name;
}

int
fscrypt_read_policy(int fd, struct fscrypt_id *ret_id)
{
    struct fscrypt_get_policy_ex_arg arg = {.policy_size = sizeof(arg.policy)};

    if (ioctl(fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &arg) != 0)
        return errno;
    *ret_id = (struct fscrypt_id){0};
    if (arg.policy.version == FSCRYPT_POLICY_V2)
        memcpy(ret_id->bytes, arg.policy.v2.master_key_identifier, sizeof(ret_id->bytes));
    return 0;
}

int
fscrypt_set_policy(int fd, const struct fscrypt_id *id)
{
    struct fscrypt_policy_v2 policy = {
        .version = FSCRYPT_POLICY_V2,
        .contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
        .filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
        .flags = FSCRYPT_POLICY_FLAGS_PAD_32,
    };

    memcpy(policy.master_key_identifier, id->bytes, sizeof(id->bytes));
    return ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, &policy) == 0 ? 0 : errno;
}

int
fscrypt_add_key(int fd, const struct secret *key, struct fscrypt_id *ret_id)
{
    SCOPED(secret_free) struct secret *room = NULL; /* the argument ends with the key: it lives where keys live */
    struct fscrypt_add_key_arg *arg;
    struct sealift_error unused;

    if (secret_new(sizeof(*arg) + key->len, &room, &unused) != SEALIFT_OK)
        return ENOMEM;
    arg = (struct fscrypt_add_key_arg *)(void *)room->bytes;
    arg->key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER;
    arg->raw_size = (uint32_t)key->len;
    memcpy(arg->raw, key->bytes, key->len);
    if (ioctl(fd, FS_IOC_ADD_ENCRYPTION_KEY, arg) != 0)
        return errno;
    memcpy(ret_id->bytes, arg->key_spec.u.identifier, sizeof(ret_id->bytes));
    return 0;
}

int
fscrypt_remove_key(int fd, const struct fscrypt_id *id, uint32_t *ret_flags)
{
    struct fscrypt_remove_key_arg arg = {.key_spec = name_key(id)};
    int answer = ioctl(fd, FS_IOC_REMOVE_ENCRYPTION_KEY_ALL_USERS, &arg);

    if (answer != 0 && errno == EACCES)
        answer = ioctl(fd, FS_IOC_REMOVE_ENCRYPTION_KEY, &arg);
    if (answer != 0)
        return errno;
    *ret_flags = arg.removal_status_flags;
    return 0;
}

int
fscrypt_key_status(int fd, const struct fscrypt_id *id, uint32_t *ret_status)
{
    struct fscrypt_get_key_status_arg arg = {.key_spec = name_key(id)};

    if (ioctl(fd, FS_IOC_GET_ENCRYPTION_KEY_STATUS, &arg) != 0)
        return errno;
    *ret_status = arg.status;
    return 0;
}
