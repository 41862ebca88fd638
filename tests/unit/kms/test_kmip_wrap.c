#include "kmip_wrap.h"

#include "kmip_mode.h"
#include "kmip_script.h"
#include "scoped.h"

static const struct kmip_mode gcm = {KMIP_AES_GCM, false};
static const struct kmip_mode cbc = {KMIP_AES_CBC, false};

static enum sealift_status
wrap(struct kmip_cluster *script, const struct kmip_mode *mode, struct kmip_sealed *ret_sealed, bool *ret_try_another)
{
    SCOPED(secret_free) struct secret *kek = kmip_script_kek(script);
    struct kmip_key key = kmip_script_key(script);

    return kmip_wrap(&key, mode, kek, ret_sealed, NULL, ret_try_another, &script->err);
}

static struct kmip_sealed
wrapped(struct kmip_cluster *script, const struct kmip_mode *mode)
{
    struct kmip_sealed sealed;
    bool try_another;

    cr_assert_eq(wrap(script, mode, &sealed, &try_another), SEALIFT_OK, "%s", script->err.message);
    return sealed;
}

static enum sealift_status
decrypt(struct kmip_cluster *script, const struct kmip_sealed *sealed, enum kmip_verdict *ret_verdict)
{
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_key key = kmip_script_key(script);
    enum sealift_status status = kmip_decrypt(&key, sealed, &kek, ret_verdict, &script->err);

    cr_assert_eq(status == SEALIFT_OK, kek != NULL);
    return status;
}

static void
expect_opens(struct kmip_cluster *script, const struct kmip_sealed *sealed)
{
    enum kmip_verdict verdict;

    cr_assert_eq(decrypt(script, sealed, &verdict), SEALIFT_OK, "%s", script->err.message);
    cr_assert_eq(verdict, KMIP_OPENED);
}

Test(kmip_wrap, brings_a_key_back_in_each_mode_and_version)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    size_t rounds = 0;

    kmip_script_begin(&script, NULL);
    kek = kmip_script_kek(&script);
    for (size_t v = 0; v < KMIP_VERSION_COUNT; v++) {
        script.config.kmip.version = kmip_versions[v];
        for (size_t m = 0; m < KMIP_MODE_COUNT; m++) {
            SCOPED(secret_free) struct secret *again = NULL;
            struct kmip_key key = kmip_script_key(&script);
            struct kmip_sealed sealed;
            enum kmip_verdict verdict;
            const char *server;
            bool try_another;

            cr_assert_eq(kmip_wrap(&key, &kmip_modes[m], kek, &sealed, &server, &try_another, &script.err), SEALIFT_OK,
                         "%s: %s", kmip_mode_words(&kmip_modes[m]), script.err.message);
            cr_assert_eq(kmip_decrypt(&key, &sealed, &again, &verdict, &script.err), SEALIFT_OK, "%s",
                         script.err.message);
            cr_assert(secret_equal(kek, again));
            cr_assert_eq(sealed.version, kmip_versions[v]);
            cr_assert_eq(sealed.has_tag, kmip_modes[m].cipher == KMIP_AES_GCM && kmip_versions[v] >= KMIP_1_4);
            cr_assert_str_eq(server, scripted_kmip_address(script.servers[0]));
            rounds++;
        }
        kmip_client_free(&script.client);
    }
    kmip_script_expect(&script, rounds, rounds);
}

/* An IV of ours is drawn anew each time, and has the length that each mode wants. */
Test(kmip_wrap, makes_ivs_when_it_is_told_to)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    struct kmip_sealed first = wrapped(&script, &kmip_modes[1]);
    struct kmip_sealed second = wrapped(&script, &kmip_modes[1]);
    struct kmip_sealed third = wrapped(&script, &kmip_modes[3]);
    cr_assert_eq(first.iv_len, 12);
    cr_assert_arr_neq(first.iv, second.iv, 12);
    cr_assert_eq(third.iv_len, 16);
}

static bool
last_encrypt_has(struct kmip_cluster *script, const uint8_t *item, size_t len)
{
    struct scripted_request request = scripted_kmip_last(script->servers[0], KMIP_ENCRYPT);

    return memmem(request.bytes, request.len, item, len) != NULL;
}

/* Whole items, padding included. */
Test(kmip_wrap, asks_for_what_each_mode_needs_and_for_nothing_else)
{
    static const uint8_t random_iv[] = {0x42, 0x00, 0xc5, 6, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t pkcs5[] = {0x42, 0x00, 0x5f, 5, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 0};
    static const uint8_t tag_of_16[] = {0x42, 0x00, 0xce, 2, 0, 0, 0, 4, 0, 0, 0, 16, 0, 0, 0, 0};
    static const uint8_t aes[] = {0x42, 0x00, 0x28, 5, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 0};
    static const uint8_t iv_length[] = {0x42, 0x00, 0xcd};
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};

    kmip_script_begin(&script, NULL);
    for (size_t i = 0; i < KMIP_MODE_COUNT; i++) {
        wrapped(&script, &kmip_modes[i]);
        cr_assert_eq(last_encrypt_has(&script, random_iv, sizeof(random_iv)), !kmip_modes[i].own_iv);
        cr_assert_eq(last_encrypt_has(&script, pkcs5, sizeof(pkcs5)), kmip_modes[i].cipher == KMIP_AES_CBC);
        cr_assert_eq(last_encrypt_has(&script, tag_of_16, sizeof(tag_of_16)), kmip_modes[i].cipher == KMIP_AES_GCM);
        cr_assert(last_encrypt_has(&script, aes, sizeof(aes)));
        cr_assert_not(last_encrypt_has(&script, iv_length, sizeof(iv_length)));
    }
}

Test(kmip_wrap, takes_the_tag_from_where_the_server_puts_it)
{
    static const struct {
        enum scripted_tag tag;
        enum kmip_version version;
        bool apart;
    } cases[] = {
        {SCRIPTED_TAG_APPENDED, KMIP_1_4, false}, {SCRIPTED_TAG_APPENDED, KMIP_2_1, false},
        {SCRIPTED_TAG_FIELD, KMIP_1_2, true},     {SCRIPTED_TAG_COSMIAN, KMIP_1_2, false},
        {SCRIPTED_TAG_COSMIAN, KMIP_1_3, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
        struct kmip_sealed sealed;

        kmip_script_begin(&script, &(struct scripted_kmip_model){.tag = cases[i].tag});
        script.config.kmip.version = cases[i].version;
        sealed = wrapped(&script, &gcm);
        cr_assert_eq(sealed.has_tag, cases[i].apart);
        cr_assert_eq(sealed.data_len, cases[i].apart ? 32 : 48);
        expect_opens(&script, &sealed);
        kmip_script_expect(&script, 1, 1);
    }
}

Test(kmip_wrap, keeps_the_servers_iv_whatever_its_length)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_sealed sealed;

    kmip_script_begin(&script, &(struct scripted_kmip_model){.gcm_iv_len = 16});
    sealed = wrapped(&script, &gcm);
    cr_assert_eq(sealed.iv_len, 16);
    expect_opens(&script, &sealed);
}

/* --- What another mode may cure --- */

static void
expect_other_mode(const struct scripted_kmip_model *model, const struct kmip_mode *mode, const char *because)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_sealed sealed;
    bool try_another;

    kmip_script_begin(&script, model);
    cr_assert_eq(wrap(&script, mode, &sealed, &try_another), SEALIFT_KEY, "not: %s", because);
    cr_assert(try_another, "%s", script.err.message);
    kmip_script_expect_said(&script.err, because);
    kmip_script_expect_said(&script.err, scripted_kmip_address(script.servers[0]));
    kmip_script_expect(&script, 1, 0);
}

Test(kmip_wrap, says_when_another_mode_may_do)
{
    static const uint32_t reasons[] = {0x06, 0x07, 0x08, 0x0a, 0x24, 0x34, 0x3e, 0x100, 0x80000001};

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        expect_other_mode(&(struct scripted_kmip_model){.without_gcm = true, .mode_reason = reasons[i]}, &gcm,
                          "encrypt with key 1");
    expect_other_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_CLIENTS}, &gcm, "encrypt with key 1");
    expect_other_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_OURS}, &kmip_modes[1], "encrypt with key 1");
}

Test(kmip_wrap, does_not_take_what_nobody_could_open)
{
    expect_other_mode(&(struct scripted_kmip_model){.tag = SCRIPTED_TAG_LOST}, &gcm, "there is no tag");
    expect_other_mode(&(struct scripted_kmip_model){.gcm_iv = SCRIPTED_IV_FORGOTTEN}, &gcm, "its answer has none");
    expect_other_mode(&(struct scripted_kmip_model){.cbc_iv = SCRIPTED_IV_FORGOTTEN}, &cbc, "its answer has none");
}

Test(kmip_wrap, does_not_try_elsewhere_what_is_about_the_key_or_about_us)
{
    static const struct {
        uint32_t reason;
        enum sealift_status expected;
    } cases[] = {{0x01, SEALIFT_NOT_FOUND}, {0x03, SEALIFT_DENIED}, {0x0c, SEALIFT_DENIED},
                 {0x29, SEALIFT_KEY},       {0x36, SEALIFT_KEY},    {0x43, SEALIFT_KEY}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
        struct kmip_sealed sealed;
        bool try_another = true;

        kmip_script_begin(&script, &(struct scripted_kmip_model){.without_gcm = true, .mode_reason = cases[i].reason});
        cr_assert_eq(wrap(&script, &gcm, &sealed, &try_another), cases[i].expected, "0x%x: %s", cases[i].reason,
                     script.err.message);
        cr_assert_not(try_another, "0x%x", cases[i].reason);
    }
}

Test(kmip_wrap, calls_an_iv_of_an_absurd_length_corrupt)
{
    static const size_t lengths[] = {1, 7, 65, 128};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
        struct kmip_sealed sealed;
        bool try_another = true;

        kmip_script_begin(&script, &(struct scripted_kmip_model){.gcm_iv_len = lengths[i]});
        cr_assert_eq(wrap(&script, &gcm, &sealed, &try_another), SEALIFT_CORRUPT, "%zu: %s", lengths[i],
                     script.err.message);
        cr_assert_not(try_another);
        kmip_script_expect_said(&script.err, "the IV has ");
    }
}

Test(kmip_decrypt, raises_a_version_that_has_no_field_for_the_tag)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_sealed sealed;

    kmip_script_begin(&script, NULL);
    script.config.kmip.version = KMIP_2_0;
    sealed = wrapped(&script, &gcm);
    kmip_client_free(&script.client);

    script.config.kmip.version = KMIP_1_2;
    expect_opens(&script, &sealed);
    kmip_script_expect(&script, 1, 1);
    cr_assert_eq(scripted_kmip_last(script.servers[0], KMIP_DECRYPT).seen.version, 0x0104);
}

/* --- What does not open --- */

Test(kmip_decrypt, refuses_what_was_damaged)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_sealed sealed;
    enum kmip_verdict verdict;

    kmip_script_begin(&script, NULL);
    sealed = wrapped(&script, &gcm);
    sealed.tag[0] ^= 1;
    cr_assert_eq(decrypt(&script, &sealed, &verdict), SEALIFT_KEY);
    cr_assert_eq(verdict, KMIP_REFUSED);
    kmip_script_expect_said(&script.err, "decrypt with key 1: it does not open");
}

/* Padding that is valid by chance, and padding that is not: whoever sees the errors must not learn which it was. */
Test(kmip_decrypt, says_the_same_of_another_length_as_of_a_refusal)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *longer = NULL;
    struct kmip_sealed sealed;
    struct sealift_error refused;
    enum kmip_verdict verdict;
    struct kmip_key key;
    bool try_another;

    kmip_script_begin(&script, NULL);
    key = kmip_script_key(&script);
    cr_assert_eq(secret_random(script.world, KEY_SIZE + 8, &longer, &script.err), SEALIFT_OK);
    cr_assert_eq(kmip_wrap(&key, &gcm, longer, &sealed, NULL, &try_another, &script.err), SEALIFT_OK, "%s",
                 script.err.message);
    cr_assert_eq(decrypt(&script, &sealed, &verdict), SEALIFT_KEY);
    cr_assert_eq(verdict, KMIP_OPENED);

    sealed.data[0] ^= 1;
    refused = script.err;
    cr_assert_eq(decrypt(&script, &sealed, &verdict), SEALIFT_KEY);
    cr_assert_eq(verdict, KMIP_REFUSED);
    cr_assert_str_eq(script.err.message, refused.message);
}

Test(kmip_decrypt, tells_silence_from_a_refusal)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    struct kmip_sealed sealed;
    enum kmip_verdict verdict;

    kmip_script_begin(&script, NULL);
    sealed = wrapped(&script, &gcm);
    kmip_cluster_fault(&script, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_CLOSE_AT, .operation = KMIP_DECRYPT, .at = 0});
    cr_assert_eq(decrypt(&script, &sealed, &verdict), SEALIFT_UNAVAILABLE);
    cr_assert_eq(verdict, KMIP_SILENT);

    scripted_kmip_clear_faults(script.servers[0]);
    strcpy(script.config.key, "2");
    cr_assert_eq(decrypt(&script, &sealed, &verdict), SEALIFT_NOT_FOUND);
    cr_assert_eq(verdict, KMIP_REFUSED);
}
