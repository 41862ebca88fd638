#include "config_expect.h"

static struct kms_config
usual(void)
{
    return (struct kms_config){
        .type = KMS_KMIP,
        .address = "kmip.example:5696",
        .key = "6b1d2f0e-3c55-4f0d-9a57-0f6f5d2f7c11",
        .kmip.client_cert = "/etc/sealift/kmip.pem",
        .kmip.client_key = {CREDENTIAL_FILE, "/etc/sealift/kmip.key"},
    };
}

static struct kms_config
with_user(void)
{
    struct kms_config config = usual();

    strcpy(config.kmip.username, "sealift");
    config.credential = (struct credential_source){CREDENTIAL_FILE, "/etc/sealift/kmip-password"};
    return config;
}

Test(kmip_config, takes_a_certificate_alone_and_one_with_a_user_name)
{
    struct kms_config alone = usual(), both = with_user();

    config_expect_good(&alone);
    config_expect_good(&both);
}

Test(kmip_config, writes_servers_in_their_usual_form)
{
    struct kms_config config = usual();

    strcpy(config.address, "a.example:5696, [2001:db8::1]:5696 ,10.0.0.2:5697");
    config_expect_good(&config);
    cr_assert_str_eq(config.address, "a.example:5696,[2001:db8::1]:5696,10.0.0.2:5697");
}

Test(kmip_config, refuses_servers_that_are_none)
{
    static const char *const addresses[] = {
        "kmip.example", "https://kmip.example:5696", "2001:db8::1:5696", "a:5696,", "a:0", "a:5696,a:5696"};

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct kms_config config = usual();

        strcpy(config.address, addresses[i]);
        config_expect_refused(config, "KMIP: server");
    }
}

Test(kmip_config, asks_for_what_is_missing)
{
    struct kms_config config = usual();

    config.address[0] = '\0';
    config_expect_refused(config, "the server (HOST:PORT");
    config = usual();
    config.key[0] = '\0';
    config_expect_refused(config, "unique identifier is missing");
    config = usual();
    config.kmip.client_cert[0] = '\0';
    config_expect_refused(config, "--client-cert");
    config = usual();
    config.kmip.client_key = (struct credential_source){0};
    config_expect_refused(config, "--client-key");
}

Test(kmip_config, takes_no_private_key_from_the_environment)
{
    struct kms_config config = usual();

    config.kmip.client_key = (struct credential_source){CREDENTIAL_ENVIRONMENT, "KMIP_KEY"};
    config_expect_refused(config, "--client-key");
    config.kmip.client_key = (struct credential_source){CREDENTIAL_SYSTEMD, "kmip-key"};
    config_expect_good(&config);
}

Test(kmip_config, wants_user_name_and_password_together)
{
    struct kms_config config = with_user();

    config.credential = (struct credential_source){0};
    config_expect_refused(config, "password of \"sealift\"");
    config = with_user();
    config.kmip.username[0] = '\0';
    config_expect_refused(config, "--username");
}

Test(kmip_config, wants_files_that_a_later_process_finds_again)
{
    struct kms_config config = usual();

    strcpy(config.ca_file, "ca.pem");
    config_expect_refused(config, "CA file \"ca.pem\": give an absolute path");
    config = usual();
    strcpy(config.kmip.client_cert, "kmip.pem");
    config_expect_refused(config, "client certificate \"kmip.pem\": give an absolute path");
    config = usual();
    strcpy(config.kmip.client_key.name, "kmip.key");
    config_expect_refused(config, "client key \"kmip.key\": give an absolute path");
}

Test(kmip_config, refuses_text_that_is_not_plain)
{
    struct kms_config config = usual();

    strcpy(config.key, "key\n");
    config_expect_refused(config, "unique identifier");
    config = with_user();
    strcpy(config.kmip.username, "caf\xc3\xa9");
    config_expect_refused(config, "user name");
}

Test(kmip_config, knows_what_a_server_name_looks_like)
{
    static const char *const good[] = {"kmip.example", "kmip-1", "10.0.0.2", "2001:db8::1"};
    static const char *const bad[] = {"kmip.example:5696", "https://kmip.example", "[2001:db8::1]", "a b", "a\n"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct kms_config config = usual();

        strcpy(config.kmip.server_name, good[i]);
        config_expect_good(&config);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kms_config config = usual();

        strcpy(config.kmip.server_name, bad[i]);
        config_expect_refused(config, "server name");
    }
}

Test(kmip_config, pins_only_a_version_that_is_named)
{
    struct kms_config config = usual();

    config.kmip.version_is_pinned = true;
    config_expect_refused(config, "version");
    config.kmip.version = KMIP_1_4;
    config_expect_good(&config);
}

Test(kmip_config, comes_back_from_json)
{
    struct kms_config config = with_user(), again;

    strcpy(config.ca_file, "/etc/ssl/kmip.pem");
    strcpy(config.kmip.server_name, "kmip.internal");
    config.kmip.version = KMIP_2_0;
    config.kmip.version_is_pinned = true;
    config.kmip.mode = (struct kmip_mode){KMIP_AES_CBC, true};
    again = config_through_json(&config);
    cr_assert_str_eq(again.address, config.address);
    cr_assert_str_eq(again.key, config.key);
    cr_assert_str_eq(again.ca_file, config.ca_file);
    cr_assert_eq(again.credential.kind, CREDENTIAL_FILE);
    cr_assert_str_eq(again.credential.name, config.credential.name);
    cr_assert_str_eq(again.kmip.client_cert, config.kmip.client_cert);
    cr_assert_eq(again.kmip.client_key.kind, CREDENTIAL_FILE);
    cr_assert_str_eq(again.kmip.client_key.name, config.kmip.client_key.name);
    cr_assert_str_eq(again.kmip.username, "sealift");
    cr_assert_str_eq(again.kmip.server_name, "kmip.internal");
    cr_assert_eq(again.kmip.version, KMIP_2_0);
    cr_assert(again.kmip.version_is_pinned);
    cr_assert_eq(again.kmip.mode.cipher, KMIP_AES_CBC);
    cr_assert(again.kmip.mode.own_iv);
}

Test(kmip_config, remembers_that_version_and_mode_are_not_known_yet)
{
    struct kms_config config = usual(), again = config_through_json(&config);

    cr_assert_eq(again.kmip.version, KMIP_VERSION_UNKNOWN);
    cr_assert_not(again.kmip.version_is_pinned);
    cr_assert_eq(again.kmip.mode.cipher, KMIP_CIPHER_UNKNOWN);
}

#define BEGINNING                                                                                                      \
    "{\"type\":\"kmip\",\"address\":\"a:5696\",\"key\":\"k\",\"client_cert\":\"/c\",\"client_key\":\"file:/k\""

Test(kmip_config, refuses_json_that_it_does_not_understand)
{
    config_expect_unread("{\"type\":\"kmip\"}", SEALIFT_CORRUPT, "mode");
    config_expect_unread(BEGINNING ",\"mode\":\"AES-XTS\"}", SEALIFT_INVALID, "AES-XTS");
    config_expect_unread(BEGINNING ",\"mode\":\"AES-GCM\",\"version\":\"1.1\"}", SEALIFT_INVALID, "1.1");
    config_expect_unread(BEGINNING ",\"mode\":\"AES-GCM\",\"version_is_pinned\":1}", SEALIFT_CORRUPT, "pinned");
    config_expect_unread(BEGINNING ",\"mode\":\"AES-GCM\",\"own_iv\":\"yes\"}", SEALIFT_CORRUPT, "own_iv");
    config_expect_unread("{\"type\":\"kmip\",\"mode\":\"unknown\"}", SEALIFT_INVALID, "server");
}
