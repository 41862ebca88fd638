#include "config_expect.h"

Test(kms_config, of_no_server_is_only_a_type)
{
    config_through_json(&(struct kms_config){.type = KMS_LOCAL});
    config_through_json(&(struct kms_config){.type = KMS_NONE});
}

Test(kms_config, holds_each_type_to_its_own_rules)
{
    const struct kms_config config = {
        .address = "127.0.0.1:5696", .key = "42/7", .credential = {CREDENTIAL_ENVIRONMENT, "VAULT_TOKEN"}};
    struct kms_config vault = config, kmip = config;

    vault.type = KMS_VAULT;
    config_expect_refused(vault, "Vault: address");
    kmip.type = KMS_KMIP;
    config_expect_refused(kmip, "KMIP: the client certificate");
}

Test(kms_config, refuses_json_of_a_type_that_it_does_not_know)
{
    config_expect_unread("{}", SEALIFT_CORRUPT, "type");
    config_expect_unread("{\"type\":7}", SEALIFT_CORRUPT, "type");
    config_expect_unread("{\"type\":\"pkcs11\"}", SEALIFT_INVALID, "pkcs11");
    config_expect_unread("vault", SEALIFT_CORRUPT, "KMS configuration");
}
