#include "kmip_probe.h"

#include "kmip_mode.h"
#include "kmip_script.h"
#include "scoped.h"

static const struct kmip_mode none = {0};

static enum sealift_status
probe(struct kmip_cluster *script, const struct kmip_mode *first, struct kmip_probe *ret_probe)
{
    struct kmip_key key = kmip_script_key(script);

    key.once = true;
    return kmip_probe(&key, first, ret_probe, &script->err);
}

static void
expect_mode(const struct scripted_kmip_model *model, const struct kmip_mode *first, const struct kmip_mode *expected,
            const char *passed_over)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_probe probed;

    kmip_script_begin(&script, model);
    cr_assert_eq(probe(&script, first, &probed), SEALIFT_OK, "%s", script.err.message);
    cr_assert(kmip_mode_equal(&probed.mode, expected), "%s instead of %s", kmip_mode_words(&probed.mode),
              kmip_mode_words(expected));
    cr_assert_eq(probed.step, KMIP_PROBE_DONE);
    cr_assert_not_null(strstr(probed.passed_over.message, passed_over), "\"%s\" is not in: %s", passed_over,
                       probed.passed_over.message);
}

Test(kmip_probe, finds_gcm_with_one_encrypt_and_four_decrypts)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_probe probed;

    kmip_script_begin(&script, NULL);
    cr_assert_eq(probe(&script, &none, &probed), SEALIFT_OK, "%s", script.err.message);
    cr_assert(kmip_mode_equal(&probed.mode, &kmip_modes[0]));
    cr_assert_str_empty(probed.passed_over.message);
    kmip_script_expect(&script, 1, 4);
    cr_assert_eq(scripted_kmip_requests(script.servers[0]), 5);
}

Test(kmip_probe, needs_two_decrypts_for_cbc)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_probe probed;

    kmip_script_begin(&script, NULL);
    cr_assert_eq(probe(&script, &kmip_modes[2], &probed), SEALIFT_OK, "%s", script.err.message);
    cr_assert(kmip_mode_equal(&probed.mode, &kmip_modes[2]));
    kmip_script_expect(&script, 1, 2);
}

Test(kmip_probe, takes_the_first_mode_that_the_server_has)
{
    expect_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_CLIENTS}, &none, &kmip_modes[1],
                "AES-GCM with an IV of the server's: ");
    expect_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_FORGOTTEN}, &none, &kmip_modes[1],
                "its answer has none");
    expect_mode(&(struct scripted_kmip_model){.without_gcm = true}, &none, &kmip_modes[2],
                "AES-GCM with an IV of ours: ");
    expect_mode(&(struct scripted_kmip_model){.without_gcm = true, .cbc_iv = SCRIPTED_IV_CLIENTS}, &none,
                &kmip_modes[3], "AES-CBC with an IV of the server's: ");
}

Test(kmip_probe, begins_with_what_is_remembered_and_goes_on_from_the_best)
{
    expect_mode(NULL, &kmip_modes[3], &kmip_modes[3], "");
    expect_mode(&(struct scripted_kmip_model){.without_cbc = true}, &kmip_modes[3], &kmip_modes[0],
                "AES-CBC with an IV of ours: ");
}

Test(kmip_probe, uses_gcm_wherever_the_tag_is)
{
    expect_mode(&(struct scripted_kmip_model){.tag = SCRIPTED_TAG_APPENDED}, &none, &kmip_modes[0], "");
    expect_mode(&(struct scripted_kmip_model){.tag = SCRIPTED_TAG_COSMIAN}, &none, &kmip_modes[0], "");
}

/* PyKMIP up to 1.3: what it encrypts nobody can open again. */
Test(kmip_probe, passes_over_gcm_without_a_tag)
{
    expect_mode(&(struct scripted_kmip_model){.tag = SCRIPTED_TAG_LOST}, &none, &kmip_modes[2], "there is no tag");
}

Test(kmip_probe, passes_over_gcm_that_does_not_notice_damage)
{
    expect_mode(&(struct scripted_kmip_model){.ignores_damage = true}, &none, &kmip_modes[2],
                "it opens what has a damaged ciphertext, so it does not authenticate");
}

/* Some have no better words for a tag that does not fit; asked of the next server, or again, it would be no other. */
Test(kmip_probe, takes_trouble_of_the_servers_own_for_noticing)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_probe probed;

    kmip_script_begin(&script, &(struct scripted_kmip_model){.damage_reason = KMIP_REASON_INTERNAL_SERVER_ERROR});
    cr_assert_eq(probe(&script, &none, &probed), SEALIFT_OK, "%s", script.err.message);
    cr_assert(kmip_mode_equal(&probed.mode, &kmip_modes[0]));
    kmip_script_expect(&script, 1, 4);
}

Test(kmip_probe, says_what_came_of_each_mode_when_none_works)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_probe probed;

    kmip_script_begin(&script, &(struct scripted_kmip_model){.damages = true});
    cr_assert_eq(probe(&script, &none, &probed), SEALIFT_KEY);
    cr_assert_eq(probed.step, KMIP_PROBE_UNWRAP);
    cr_assert_not(kmip_mode_is_known(&probed.mode));
    for (size_t i = 0; i < KMIP_MODE_COUNT; i++)
        kmip_script_expect_said(&script.err, kmip_mode_words(&kmip_modes[i]));
    kmip_script_expect_said(&script.err, "came back as something else");
    kmip_script_expect(&script, 4, 4);
}

/* Cosmian's KMS says Operation Not Supported for whatever it has no reason for. */
Test(kmip_probe, tries_another_mode_after_a_reason_that_tells_nothing)
{
    static const uint32_t reasons[] = {KMIP_REASON_NONE, KMIP_REASON_OPERATION_NOT_SUPPORTED,
                                       KMIP_REASON_GENERAL_FAILURE};

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
        struct kmip_probe probed;

        kmip_script_begin(&script, NULL);
        kmip_cluster_fault(&script, 0,
                           &(struct scripted_fault){
                               .kind = SCRIPTED_FAIL, .operation = KMIP_ENCRYPT, .reason = reasons[i], .times = 1});
        cr_assert_eq(probe(&script, &none, &probed), SEALIFT_OK, "%x: %s", reasons[i], script.err.message);
        cr_assert(kmip_mode_equal(&probed.mode, &kmip_modes[1]));
    }
}

Test(kmip_probe, ends_at_once_where_no_mode_could_help)
{
    static const struct {
        uint32_t operation, reason;
        enum sealift_status expected;
        size_t encrypts, decrypts;
        enum kmip_probe_step step;
    } cases[] = {
        {KMIP_ENCRYPT, KMIP_REASON_PERMISSION_DENIED, SEALIFT_DENIED, 1, 0, KMIP_PROBE_WRAP},
        {KMIP_ENCRYPT, KMIP_REASON_ITEM_NOT_FOUND, SEALIFT_NOT_FOUND, 1, 0, KMIP_PROBE_WRAP},
        {KMIP_ENCRYPT, KMIP_REASON_INTERNAL_SERVER_ERROR, SEALIFT_UNAVAILABLE, 1, 0, KMIP_PROBE_WRAP},
        {KMIP_DECRYPT, KMIP_REASON_PERMISSION_DENIED, SEALIFT_DENIED, 1, 1, KMIP_PROBE_UNWRAP},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
        struct kmip_probe probed;

        kmip_script_begin(&script, NULL);
        kmip_cluster_fault(&script, 0,
                           &(struct scripted_fault){
                               .kind = SCRIPTED_FAIL, .operation = cases[i].operation, .reason = cases[i].reason});
        cr_assert_eq(probe(&script, &none, &probed), cases[i].expected, "%zu: %s", i, script.err.message);
        cr_assert_eq(probed.step, cases[i].step);
        kmip_script_expect(&script, cases[i].encrypts, cases[i].decrypts);
    }
}

Test(kmip_probe, ends_at_once_when_the_server_goes_away)
{
    static const struct {
        uint32_t operation;
        size_t skip;
        enum kmip_probe_step step;
    } cases[] = {
        {KMIP_ENCRYPT, 0, KMIP_PROBE_WRAP},
        {KMIP_DECRYPT, 0, KMIP_PROBE_UNWRAP},
        {KMIP_DECRYPT, 1, KMIP_PROBE_DAMAGE},
        {KMIP_DECRYPT, 3, KMIP_PROBE_DAMAGE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
        struct kmip_probe probed;

        kmip_script_begin(&script, NULL);
        kmip_cluster_fault(
            &script, 0,
            &(struct scripted_fault){
                .kind = SCRIPTED_CUT_AT, .operation = cases[i].operation, .skip = cases[i].skip, .at = 20});
        cr_assert_eq(probe(&script, &none, &probed), SEALIFT_UNAVAILABLE, "%zu: %s", i, script.err.message);
        cr_assert_eq(probed.step, cases[i].step);
        cr_assert_not(kmip_mode_is_known(&probed.mode));
        cr_assert_eq(scripted_kmip_count(script.servers[0], KMIP_ENCRYPT), 1);
    }
}

/* What answers there is no KMIP server any more: not for another mode to cure. */
Test(kmip_probe, ends_at_once_when_something_else_answers)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_probe probed;

    kmip_script_begin(&script, NULL);
    kmip_cluster_fault(&script, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_INSTEAD,
                                                .operation = KMIP_DECRYPT,
                                                .text = "HTTP/1.1 400 Bad Request\r\n\r\n"});
    cr_assert_eq(probe(&script, &none, &probed), SEALIFT_INVALID, "%s", script.err.message);
    kmip_script_expect(&script, 1, 1);
}
