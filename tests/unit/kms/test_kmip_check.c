#include "kmip_mode.h"
#include "kmip_script.h"
#include "scoped.h"
#include "told_findings.h"

#include <unistd.h>

#define DAY_S ((int64_t)24 * 3600)

static enum sealift_status
check_and_learn(struct kmip_cluster *script, struct kms_config *learned)
{
    SCOPED(kms_free) struct kms *kms = kmip_script_open(script);
    enum sealift_status status;

    told[0] = '\0';
    status = kms_check(kms, write_down, NULL, &script->err);
    kms_learned(kms, learned);
    return status;
}

static enum sealift_status
check(struct kmip_cluster *script)
{
    struct kms_config ignored = {0};

    return check_and_learn(script, &ignored);
}

Test(kmip_check, tries_each_call_and_tells_of_each)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    char reach[64];

    kmip_script_begin(&script, NULL);
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    snprintf(reach, sizeof(reach), "ok reach %s: TLSv1.3; our certificate ends on ",
             scripted_kmip_address(script.servers[0]));
    expect_told(reach);
    expect_told("ok agree on a version: KMIP 1.4\n");
    expect_told("ok list the operations: ");
    expect_told("offers Encrypt and Decrypt, and Get Attributes; it calls itself \"scripted\"");
    expect_told("ok read the key: AES, 256 bits, active\n");
    expect_told("ok wrap: a random key was wrapped in AES-GCM with an IV of the server's\n");
    expect_told("ok unwrap: the same key came back\n");
    expect_told("ok notice damage: what was altered is refused");
    cr_assert_eq(lines_told(), 7, "%s", told);
    kmip_script_expect(&script, 1, 4);
}

Test(kmip_check, learns_what_later_processes_need_not_ask)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kms_config learned = {0};

    kmip_script_begin(&script,
                      &(struct scripted_kmip_model){.versions = {0x0102, 0x0200}, .gcm_iv = SCRIPTED_IV_CLIENTS});
    script.config.kmip.version = KMIP_VERSION_UNKNOWN;
    cr_assert_eq(check_and_learn(&script, &learned), SEALIFT_OK, "%s", script.err.message);
    cr_assert_eq(learned.kmip.version, KMIP_2_0);
    cr_assert(kmip_mode_equal(&learned.kmip.mode, &kmip_modes[1]));
}

Test(kmip_check, says_why_it_is_not_gcm_and_what_notices_damage_then)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, &(struct scripted_kmip_model){.ignores_damage = true});
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    expect_told("ok wrap: a random key was wrapped in AES-CBC with an IV of the server's; tried in vain before: "
                "AES-GCM with an IV of the server's: ");
    expect_told("does not authenticate");
    expect_told("ok notice damage: AES-CBC cannot; the envelope's own AES-GCM");
}

Test(kmip_check, warns_when_the_configured_mode_is_gone)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, &(struct scripted_kmip_model){.without_gcm = true});
    script.config.kmip.mode = kmip_modes[0];
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    expect_told("warning wrap: ");
    expect_told("does not work any more: set the KMS again");
}

/* --- The servers --- */

Test(kmip_check, does_not_wait_for_a_server_that_is_not_there)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    kmip_cluster_kill(&script, 0);
    cr_assert_eq(check(&script), SEALIFT_UNAVAILABLE);
    cr_assert_eq(script.scripted.sleeps, 0);
    expect_told("failed reach 127.0.0.1:");
    cr_assert_eq(lines_told(), 1, "%s", told);
}

Test(kmip_check, names_each_server_when_all_are_down)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    char first[64], second[64];

    kmip_script_begin(&script, NULL);
    kmip_cluster_add(&script, NULL);
    snprintf(first, sizeof(first), "KMIP %s: ", scripted_kmip_address(script.servers[0]));
    snprintf(second, sizeof(second), "; %s: ", scripted_kmip_address(script.servers[1]));
    kmip_cluster_kill(&script, 0);
    kmip_cluster_kill(&script, 1);
    cr_assert_eq(check(&script), SEALIFT_UNAVAILABLE);
    kmip_script_expect_said(&script.err, first);
    kmip_script_expect_said(&script.err, second);
    cr_assert_eq(lines_told(), 2, "%s", told);
}

Test(kmip_check, tells_once_that_our_own_key_is_missing)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    kmip_cluster_add(&script, NULL);
    cr_assert_eq(unlink(script.config.kmip.client_key.name), 0);
    cr_assert_eq(check(&script), SEALIFT_NOT_FOUND);
    cr_assert_eq(strncmp(script.err.message, "KMIP: the client certificate's key: ", 36), 0, "%s", script.err.message);
    cr_assert_null(strchr(script.err.message, ';'), "it is told of each server: %s", script.err.message);
}

Test(kmip_check, calls_a_server_that_is_down_a_warning_while_another_answers)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    char line[64];

    kmip_script_begin(&script, NULL);
    kmip_cluster_add(&script, NULL);
    snprintf(line, sizeof(line), "warning reach %s: ", scripted_kmip_address(script.servers[0]));
    kmip_cluster_kill(&script, 0);
    cr_assert_eq(check(&script), SEALIFT_OK, "%s\n%s", script.err.message, told);
    expect_told(line);
    snprintf(line, sizeof(line), "ok reach %s: ", scripted_kmip_address(script.servers[1]));
    expect_told(line);
    expect_told("ok notice damage: ");
    cr_assert_eq(script.scripted.sleeps, 0);
}

Test(kmip_check, warns_of_servers_that_speak_different_versions)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    kmip_cluster_add(&script, &(struct scripted_kmip_model){.versions = {0x0102}});
    cr_assert_eq(check(&script), SEALIFT_OK, "%s\n%s", script.err.message, told);
    expect_told("warning agree on a version: KMIP 1.4, but 127.0.0.1:");
    expect_told(" speaks 1.2 with us");
}

Test(kmip_check, says_that_a_version_is_pinned)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    script.config.kmip.version = KMIP_1_3;
    script.config.kmip.version_is_pinned = true;
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    expect_told("ok agree on a version: KMIP 1.3, as it is pinned\n");
}

static void
check_with_certificate_for(long days)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct test_identity_options options = {.common_name = "alice", .usage = "clientAuth", .ends_s = days * DAY_S};
    struct test_identity client;

    kmip_script_begin(&script, NULL);
    script.scripted.wall_ns = clock_system.wall_ns(&clock_system); /* which certificates go by */
    options.issuer = &script.pki.ca;
    test_pki_add(&script.pki, &options, &client);
    strcpy(script.config.kmip.client_cert, client.certificate_file);
    strcpy(script.config.kmip.client_key.name, client.key_file);
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
}

Test(kmip_check, warns_a_month_before_our_certificate_ends)
{
    check_with_certificate_for(29);
    expect_told("warning reach 127.0.0.1:");
    expect_told(": have it renewed");
    check_with_certificate_for(31);
    expect_told("ok reach 127.0.0.1:");
    expect_not_told("have it renewed");
}

/* --- The operations --- */

Test(kmip_check, goes_on_where_the_server_does_not_list_its_operations)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, &(struct scripted_kmip_model){.query_reason = KMIP_REASON_PERMISSION_DENIED});
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    expect_told("warning list the operations: unknown: KMIP ");
    expect_told("ok unwrap: ");
}

Test(kmip_check, takes_an_empty_list_of_operations_for_none_that_is_told)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    kmip_cluster_fault(
        &script, 0,
        &(struct scripted_fault){.kind = SCRIPTED_DROP, .operation = KMIP_QUERY, .tag = KMIP_TAG_OPERATION});
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    expect_told("warning list the operations: unknown: KMIP ");
    expect_told("Query: the answer names no operation");
    expect_told("ok unwrap: ");
}

Test(kmip_check, fails_where_the_server_does_not_offer_what_we_need)
{
    static const struct {
        struct scripted_kmip_model model;
        const char *says;
    } cases[] = {
        {{.query_without_encrypt = true}, "does not offer Encrypt to us"},
        {{.query_without_decrypt = true}, "does not offer Decrypt to us"},
        {{.query_without_encrypt = true, .query_without_decrypt = true}, "does not offer Encrypt and Decrypt to us"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

        kmip_script_begin(&script, &cases[i].model);
        cr_assert_eq(check(&script), SEALIFT_INVALID);
        kmip_script_expect_said(&script.err, cases[i].says);
        kmip_script_expect_said(&script.err, "ask its admin to enable");
        expect_told("failed list the operations: ");
        expect_told("ok unwrap: "); /* and that it does offer them in fact is told, too */
    }
}

Test(kmip_check, warns_where_keys_cannot_be_described)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script,
                      &(struct scripted_kmip_model){.query_without_get_attributes = true,
                                                    .get_attributes_reason = KMIP_REASON_OPERATION_NOT_SUPPORTED});
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    expect_told("warning list the operations: ");
    expect_told("without Get Attributes");
    expect_told("warning read the key: KMIP ");
    expect_told("whether it will do, wrapping has to tell");
    expect_told("ok notice damage: ");
}

/* --- The key --- */

static void
expect_key_refused(struct scripted_key key, enum sealift_status status, const char *says)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, &(struct scripted_kmip_model){.keys = {key}});
    cr_assert_eq(check(&script), status, "%s", told);
    kmip_script_expect_said(&script.err, says);
    expect_told("failed read the key: ");
    expect_told("failed wrap: not tried");
    kmip_script_expect(&script, 0, 0);
}

Test(kmip_check, refuses_keys_that_will_not_do_before_it_uses_them)
{
    expect_key_refused((struct scripted_key){.uid = "2"}, SEALIFT_NOT_FOUND, "there is no such key");
    expect_key_refused((struct scripted_key){.uid = "1", .state = KMIP_STATE_DEACTIVATED}, SEALIFT_KEY,
                       "it is deactivated");
    expect_key_refused((struct scripted_key){.uid = "1", .object_type = 4, .algorithm = 4}, SEALIFT_KEY,
                       "it is a private key");
    expect_key_refused((struct scripted_key){.uid = "1", .has_mask = true, .mask = KMIP_USAGE_ENCRYPT}, SEALIFT_KEY,
                       "lacks Decrypt");
    expect_key_refused((struct scripted_key){.uid = "1", .process_start = 4102444800}, SEALIFT_KEY,
                       "from 2100-01-01T00:00:00Z on");
}

Test(kmip_check, tells_each_warning_about_a_key_in_a_line_of_its_own)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct scripted_kmip_model model = {.keys = {{.uid = "1", .len = 16, .deactivation = 4102444800}}};

    kmip_script_begin(&script, &model);
    cr_assert_eq(check(&script), SEALIFT_OK, "%s", script.err.message);
    expect_told("ok read the key: AES, 128 bits, active\n"
                "warning read the key: the key has 128 bits only; 256 are what we advise\n"
                "warning read the key: the key will be deactivated on 2100-01-01T00:00:00Z");
}

/* --- Using it --- */

static enum sealift_status
check_with_failing(struct kmip_cluster *script, uint32_t operation, uint32_t reason)
{
    kmip_script_begin(script, NULL);
    kmip_cluster_fault(script, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_FAIL, .operation = operation, .reason = reason});
    return check(script);
}

/* The admin hears of all that is missing at once. */
Test(kmip_check, asks_whether_unwrapping_is_allowed_where_wrapping_is_not)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    cr_assert_eq(check_with_failing(&script, KMIP_ENCRYPT, KMIP_REASON_PERMISSION_DENIED), SEALIFT_DENIED);
    kmip_script_expect_said(&script.err, "encrypt with key 1");
    expect_told("failed wrap: KMIP ");
    expect_told("warning unwrap: allowed, but not tried");
    expect_not_told("notice damage");
    kmip_script_expect(&script, 1, 1);
}

Test(kmip_check, tells_how_far_it_came)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    cr_assert_eq(check_with_failing(&script, KMIP_DECRYPT, KMIP_REASON_NOT_AUTHORISED), SEALIFT_DENIED);
    expect_told("ok wrap: a random key was wrapped\n");
    expect_told("failed unwrap: KMIP ");
    expect_not_told("notice damage");
}

Test(kmip_check, fails_where_no_mode_brings_the_key_back)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kms_config learned = {0};

    kmip_script_begin(&script, &(struct scripted_kmip_model){.damages = true});
    cr_assert_eq(check_and_learn(&script, &learned), SEALIFT_KEY);
    expect_told("ok wrap: a random key was wrapped\n");
    expect_told("failed unwrap: KMIP key 1: the server has no mode in which a key comes back whole: ");
    cr_assert_not(kmip_mode_is_known(&learned.kmip.mode));
}

Test(kmip_check, does_not_wait_for_a_server_that_goes_away_in_between)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    kmip_cluster_fault(&script, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_CUT_AT, .operation = KMIP_DECRYPT, .at = 20});
    cr_assert_eq(check(&script), SEALIFT_UNAVAILABLE);
    expect_told("failed unwrap: KMIP ");
    cr_assert_eq(script.scripted.sleeps, 0);
}
