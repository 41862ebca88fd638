/* The configuration's part that is Vault's. */
#ifndef VAULT_CONFIG_H
#define VAULT_CONFIG_H

#include "config_field.h"
#include "kms_config.h"

/* WEKA's rules for namespaces (not ending in "/", no spaces, not one of root, sys, audit, auth, cubbyhole, identity);
 * mounts and key names: no "..", "?", "#", control characters. Strips slashes at the ends of mounts and of the address;
 * fills in transit path, auth path, the service account's token. */
enum sealift_status vault_config_check(struct kms_config *config, struct sealift_error *err);

/* The root namespace has no name. Where to say none says another one, it is said like this. */
#define VAULT_ROOT_NAMESPACE "/"

/* Makes VAULT_ROOT_NAMESPACE none. */
void vault_config_take_root(struct vault_config *vault);

/* Where the login is: the key's namespace, unless the configuration has it apart. */
const char *vault_config_login_namespace(const struct kms_config *config);

void vault_config_write(const struct kms_config *config, struct json_writer *writer);
enum sealift_status vault_config_read(const struct json *json, struct kms_config *config, struct sealift_error *err);

#endif
