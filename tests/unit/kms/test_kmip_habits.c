/* The habits of KMIP servers, each with all that we ask of one: a check, a wrap, and an unwrap by a later process. The
 * server reads as strictly as any: what it has against a request's bytes fails the test. */
#include "kmip_mode.h"
#include "kmip_ordeal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const enum kmip_version all[] = {KMIP_1_2, KMIP_1_3, KMIP_1_4, KMIP_2_0, KMIP_2_1};

static void
begin(struct kmip_ordeal *ordeal, const struct scripted_kmip_model *model)
{
    kmip_script_begin(&ordeal->cluster, model);
    ordeal->cluster.config.kmip.version = KMIP_VERSION_UNKNOWN;
    ordeal->kek = kmip_script_kek(&ordeal->cluster);
    kmip_ordeal_open(ordeal);
}

/* Checks, wraps, and unwraps with what was learned, as a later process would. */
static void
go_round(struct kmip_ordeal *ordeal)
{
    struct kms_config *config = &ordeal->cluster.config;

    cr_assert_eq(kmip_ordeal_check(ordeal), SEALIFT_OK, "%s", ordeal->err.message);
    kms_learned(ordeal->kms, config);
    cr_assert_eq(kmip_ordeal_wrap(ordeal), SEALIFT_OK, "%s", ordeal->err.message);
    kmip_ordeal_open(ordeal);
    cr_assert_eq(kmip_ordeal_unwrap(ordeal, &ordeal->last_hint, &ordeal->last_wrapped), SEALIFT_OK, "%s",
                 ordeal->err.message);
    cr_assert_str_empty(scripted_kmip_complaint(ordeal->cluster.servers[0]));
}

/* Leads to that mode and no other. */
static void
expect_mode(const struct scripted_kmip_model *model, enum kmip_version version, enum kmip_cipher cipher, bool own_iv)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_kmip_model only = *model;
    const struct kmip_config *learned = &ordeal.cluster.config.kmip;

    only.versions[0] = (uint16_t)version;
    begin(&ordeal, &only);
    go_round(&ordeal);
    cr_assert_eq(learned->version, version);
    cr_assert_eq(learned->mode.cipher, cipher, "KMIP %s: %s", kmip_version_text(version),
                 kmip_mode_words(&learned->mode));
    cr_assert_eq(learned->mode.own_iv, own_iv, "KMIP %s: %s", kmip_version_text(version),
                 kmip_mode_words(&learned->mode));
}

Test(kmip_habits, every_version_works_as_specified)
{
    for (size_t i = 0; i < COUNT(all); i++)
        expect_mode(&(struct scripted_kmip_model){0}, all[i], KMIP_AES_GCM, false);
}

Test(kmip_habits, the_tag_is_where_the_server_puts_it)
{
    static const enum scripted_tag rules[] = {SCRIPTED_TAG_USUAL, SCRIPTED_TAG_FIELD, SCRIPTED_TAG_APPENDED,
                                              SCRIPTED_TAG_COSMIAN};

    for (size_t k = 0; k < COUNT(rules); k++)
        for (size_t i = 0; i < COUNT(all); i++)
            expect_mode(&(struct scripted_kmip_model){.tag = rules[k]}, all[i], KMIP_AES_GCM, false);
}

Test(kmip_habits, a_lost_tag_leads_to_cbc)
{
    struct scripted_kmip_model pykmip = {
        .tag = SCRIPTED_TAG_PYKMIP, .refuses_later_fields = true, .gcm_iv_len = 16, .damage_reason = 0x100};
    struct scripted_kmip_model lost = {.tag = SCRIPTED_TAG_LOST};

    for (size_t i = 0; i < COUNT(all); i++) {
        expect_mode(&pykmip, all[i], all[i] < KMIP_1_4 ? KMIP_AES_CBC : KMIP_AES_GCM, false);
        expect_mode(&lost, all[i], KMIP_AES_CBC, false);
    }
}

Test(kmip_habits, the_iv_is_made_by_whom_the_server_wants)
{
    static const enum kmip_version versions[] = {KMIP_1_2, KMIP_1_4, KMIP_2_1};

    for (size_t i = 0; i < COUNT(versions); i++) {
        expect_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_OURS}, versions[i], KMIP_AES_GCM, false);
        expect_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_OURS, .gcm_iv_len = 16}, versions[i],
                    KMIP_AES_GCM, false);
        expect_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_CLIENTS}, versions[i], KMIP_AES_GCM, true);
        expect_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_FORGOTTEN}, versions[i], KMIP_AES_GCM, true);
        expect_mode(&(struct scripted_kmip_model){.without_gcm = true, .cbc_iv = SCRIPTED_IV_OURS}, versions[i],
                    KMIP_AES_CBC, false);
        expect_mode(&(struct scripted_kmip_model){.without_gcm = true, .cbc_iv = SCRIPTED_IV_CLIENTS}, versions[i],
                    KMIP_AES_CBC, true);
        expect_mode(&(struct scripted_kmip_model){.without_gcm = true, .cbc_iv = SCRIPTED_IV_FORGOTTEN}, versions[i],
                    KMIP_AES_CBC, true);
    }
}

Test(kmip_habits, a_mode_is_refused_for_many_reasons)
{
    static const uint32_t reasons[] = {
        KMIP_REASON_INVALID_FIELD,
        KMIP_REASON_FEATURE_NOT_SUPPORTED,
        KMIP_REASON_CRYPTOGRAPHIC_FAILURE,
        KMIP_REASON_BAD_CRYPTOGRAPHIC_PARAMETERS,
        KMIP_REASON_MISSING_INITIALIZATION_VECTOR,
        KMIP_REASON_UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS,
        KMIP_REASON_GENERAL_FAILURE,
        0x80000007,
    };

    for (size_t i = 0; i < COUNT(reasons); i++)
        expect_mode(&(struct scripted_kmip_model){.without_gcm = true, .mode_reason = reasons[i]}, KMIP_1_4,
                    KMIP_AES_CBC, false);
}

/* It gives back what was altered: of AES-GCM nothing is left that AES-CBC has not, and that one is known for it. */
Test(kmip_habits, a_server_that_ignores_damage_is_asked_for_cbc)
{
    expect_mode(&(struct scripted_kmip_model){.ignores_damage = true}, KMIP_1_4, KMIP_AES_CBC, false);
}

static void
expect_refused(const struct scripted_kmip_model *model, enum sealift_status expected, const char *said)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    enum sealift_status status;

    begin(&ordeal, model);
    status = kmip_ordeal_check(&ordeal);
    cr_assert_eq(status, expected, "%d: %s", status, ordeal.err.message);
    kmip_script_expect_said(&ordeal.err, said);
    status = kmip_ordeal_wrap(&ordeal);
    cr_assert_neq(status, SEALIFT_OK);
    cr_assert_str_empty(scripted_kmip_complaint(ordeal.cluster.servers[0]));
}

Test(kmip_habits, nothing_is_wrapped_by_a_server_that_will_not_do)
{
    expect_refused(&(struct scripted_kmip_model){.without_gcm = true, .without_cbc = true}, SEALIFT_KEY,
                   "the server has no mode in which a key comes back whole");
    expect_refused(&(struct scripted_kmip_model){.damages = true}, SEALIFT_KEY,
                   "what it encrypted came back as something else");
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "another"}}}, SEALIFT_NOT_FOUND,
                   "there is no such key");
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "1", .state = 1}}}, SEALIFT_KEY, "Pre-Active");
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "1", .state = 3}}}, SEALIFT_KEY, "deactivated");
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "1", .state = 4}}}, SEALIFT_KEY, "compromised");
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "1", .object_type = 4, .algorithm = 4}}}, SEALIFT_KEY,
                   "private key");
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "1", .has_mask = true, .mask = 4}}}, SEALIFT_KEY,
                   "Decrypt");
}

/* The same, when Get Attributes tells nothing and only using the key does. */
Test(kmip_habits, a_key_that_will_not_do_is_found_out_by_using_it)
{
    static const unsigned nothing = SCRIPTED_OMITS_TYPE | SCRIPTED_OMITS_ALGORITHM | SCRIPTED_OMITS_LENGTH |
                                    SCRIPTED_OMITS_MASK | SCRIPTED_OMITS_STATE;

    expect_mode(&(struct scripted_kmip_model){.keys = {{.uid = "1", .omits = nothing}}}, KMIP_2_1, KMIP_AES_GCM, false);
    expect_mode(&(struct scripted_kmip_model){.get_attributes_reason = KMIP_REASON_PERMISSION_DENIED}, KMIP_1_4,
                KMIP_AES_GCM, false);
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "1", .state = 1, .omits = nothing}}}, SEALIFT_KEY,
                   "not Active");
    expect_refused(&(struct scripted_kmip_model){.keys = {{.uid = "1", .has_mask = true, .mask = 8, .omits = nothing}}},
                   SEALIFT_KEY, "Usage Mask");
}

Test(kmip_habits, smaller_keys_work)
{
    static const size_t sizes[] = {16, 24, 32};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct scripted_kmip_model model = {.keys = {{.uid = "1", .len = sizes[i]}}};

        expect_mode(&model, KMIP_1_4, KMIP_AES_GCM, false);
        model.without_gcm = true;
        expect_mode(&model, KMIP_1_4, KMIP_AES_CBC, false);
    }
}

/* --- Versions --- */

Test(kmip_habits, versions_are_agreed_on_however_one_is_refused)
{
    static const enum scripted_refusal refusals[] = {SCRIPTED_REFUSES_LIKE_PYKMIP, SCRIPTED_REFUSES_ECHOING,
                                                     SCRIPTED_REFUSES_BY_NAME, SCRIPTED_REFUSES_CLOSING};
    static const struct {
        uint16_t has[SCRIPTED_KMIP_VERSIONS];
        enum kmip_version version;
    } cases[] = {
        {{0x0102}, KMIP_1_2},         {{0x0103}, KMIP_1_3},
        {{0x0104}, KMIP_1_4},         {{0x0200}, KMIP_2_0},
        {{0x0201}, KMIP_2_1},         {{0x0201, 0x0200}, KMIP_2_1},
        {{0x0102, 0x0103}, KMIP_1_3}, {{0x0200, 0x0104, 0x0103, 0x0102, 0x0101, 0x0100}, KMIP_1_4},
        {{0x0300, 0x0201}, KMIP_2_1}, {{0x0102, 0x0300}, KMIP_1_2},
    };

    for (size_t r = 0; r < COUNT(refusals); r++) {
        for (size_t i = 0; i < COUNT(cases); i++) {
            SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
            struct scripted_kmip_model model = {.refusal = refusals[r]};

            memcpy(model.versions, cases[i].has, sizeof(model.versions));
            begin(&ordeal, &model);
            go_round(&ordeal);
            cr_assert_eq(ordeal.cluster.config.kmip.version, cases[i].version, "case %zu, refusal %zu: %s", i, r,
                         kmip_version_text(ordeal.cluster.config.kmip.version));
        }
    }
}

/* 1.2 is what Encrypt came with. */
Test(kmip_habits, no_version_in_common_is_said_with_what_each_speaks)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_kmip_model model = {.versions = {0x0101, 0x0100}};

    begin(&ordeal, &model);
    cr_assert_eq(kmip_ordeal_check(&ordeal), SEALIFT_INVALID, "%s", ordeal.err.message);
    kmip_script_expect_said(&ordeal.err, "no version in common");
    kmip_script_expect_said(&ordeal.err, scripted_kmip_address(ordeal.cluster.servers[0]));
    cr_assert_eq(kmip_ordeal_wrap(&ordeal), SEALIFT_INVALID, "%s", ordeal.err.message);
}

/* Upgraded, or downgraded, since the configuration was made. */
Test(kmip_habits, a_version_that_is_gone_is_agreed_on_anew)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    begin(&ordeal, &(struct scripted_kmip_model){.versions = {0x0104}});
    go_round(&ordeal);
    cr_assert_eq(ordeal.cluster.config.kmip.version, KMIP_1_4);
    scripted_kmip_change(ordeal.cluster.servers[0], &(struct scripted_kmip_model){.versions = {0x0201}});
    go_round(&ordeal);
    cr_assert_eq(ordeal.cluster.config.kmip.version, KMIP_2_1);
}

/* --- What else servers do --- */

Test(kmip_habits, extras_do_no_harm)
{
    for (size_t i = 0; i < COUNT(all); i++)
        expect_mode(&(struct scripted_kmip_model){.server_correlation = true, .vendor = "\x1b[31mred\n"}, all[i],
                    KMIP_AES_GCM, false);
    expect_mode(&(struct scripted_kmip_model){.query_reason = KMIP_REASON_PERMISSION_DENIED}, KMIP_1_4, KMIP_AES_GCM,
                false);
    expect_mode(&(struct scripted_kmip_model){.query_without_get_attributes = true}, KMIP_1_4, KMIP_AES_GCM, false);
    expect_mode(&(struct scripted_kmip_model){.discover_reason = KMIP_REASON_OPERATION_NOT_SUPPORTED}, KMIP_1_3,
                KMIP_AES_GCM, false);
}

Test(kmip_habits, a_server_that_offers_no_encrypt_is_told_to_the_admin)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    begin(&ordeal, &(struct scripted_kmip_model){.query_without_encrypt = true});
    cr_assert_eq(kmip_ordeal_check(&ordeal), SEALIFT_INVALID, "%s", ordeal.err.message);
    kmip_script_expect_said(&ordeal.err, "it does not offer Encrypt to us");
}

Test(kmip_habits, a_username_and_its_password_are_sent)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_kmip_model model = {.username = "alice", .password = "s3cret"};
    struct kms_config *config = &ordeal.cluster.config;

    kmip_script_begin(&ordeal.cluster, &model);
    ordeal.kek = kmip_script_kek(&ordeal.cluster);
    kmip_ordeal_open(&ordeal);
    cr_assert_eq(kmip_ordeal_check(&ordeal), SEALIFT_DENIED, "%s", ordeal.err.message);
    kmip_script_expect_said(&ordeal.err, "--username");

    strcpy(config->kmip.username, "alice");
    config->credential = (struct credential_source){CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_PASSWORD"};
    setenv("SEALIFT_TEST_PASSWORD", "s3cret", 1);
    kmip_ordeal_open(&ordeal);
    go_round(&ordeal);
    setenv("SEALIFT_TEST_PASSWORD", "an0ther", 1);
    kmip_ordeal_open(&ordeal);
    cr_assert_eq(kmip_ordeal_check(&ordeal), SEALIFT_DENIED, "%s", ordeal.err.message);
    cr_assert_null(strstr(ordeal.err.message, "an0ther"));
}
