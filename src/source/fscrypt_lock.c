#include "fscrypt_lock.h"

#include <linux/fscrypt.h>
#include <string.h>
#include <sys/ioctl.h>

/* By what the kernel calls the key that a policy names. */
static struct fscrypt_key_specifier
name_key(const struct fscrypt_get_policy_ex_arg *found)
{
    struct fscrypt_key_specifier name = {.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER};

    if (found->policy.version == FSCRYPT_POLICY_V1) {
        name.type = FSCRYPT_KEY_SPEC_TYPE_DESCRIPTOR;
        memcpy(name.u.descriptor, found->policy.v1.master_key_descriptor, sizeof(name.u.descriptor));
    } else {
        memcpy(name.u.identifier, found->policy.v2.master_key_identifier, sizeof(name.u.identifier));
    }
    return name;
}

bool
fscrypt_lock_is_on(int directory)
{
    struct fscrypt_get_policy_ex_arg found = {.policy_size = sizeof(found.policy)};
    struct fscrypt_get_key_status_arg key = {0};

    if (ioctl(directory, FS_IOC_GET_ENCRYPTION_POLICY_EX, &found) != 0)
        return false;
    key.key_spec = name_key(&found);
    return ioctl(directory, FS_IOC_GET_ENCRYPTION_KEY_STATUS, &key) == 0 && key.status != FSCRYPT_KEY_STATUS_PRESENT;
}
