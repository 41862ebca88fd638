/* The configuration's part that is KMIP's. */
#ifndef KMIP_CONFIG_H
#define KMIP_CONFIG_H

#include "config_field.h"
#include "kms_config.h"

/* The servers must be a list of HOST:PORT, and are put into its usual form; the key's unique identifier and the user
 * name are plain ASCII, the server name is a name or an address; client certificate and key must be named, the key by a
 * file or a systemd credential; user name and password go together; what is pinned is a version that is named. */
enum sealift_status kmip_config_check(struct kms_config *config, struct sealift_error *err);

void kmip_config_write(const struct kms_config *config, struct json_writer *writer);
enum sealift_status kmip_config_read(const struct json *json, struct kms_config *config, struct sealift_error *err);

#endif
