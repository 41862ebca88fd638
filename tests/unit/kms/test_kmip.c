#include "keyring.h"
#include "kmip_mode.h"
#include "kmip_script.h"
#include "scoped.h"

static struct kms_errand errand = {.fs = {{1, 2, 3}}};
static const struct kmip_mode unknown = {0};
static const struct kmip_mode gcm = {KMIP_AES_GCM, false};
static const struct kmip_mode cbc = {KMIP_AES_CBC, false};

/* What stands in an envelope. */
struct wrapped {
    struct kms_hint hint;
    struct buf text;
};

static void
wrapped_done(struct wrapped *wrapped)
{
    buf_done(&wrapped->text);
}

static struct kms *
open_kms(struct kmip_cluster *script, const struct scripted_kmip_model *model, const struct kmip_mode *mode)
{
    kmip_script_begin(script, model);
    script->config.kmip.mode = *mode;
    return kmip_script_open(script);
}

static enum sealift_status
wrap(struct kmip_cluster *script, struct kms *kms, const struct secret *kek, struct wrapped *ret_wrapped)
{
    buf_clear(&ret_wrapped->text);
    return kms_wrap(kms, &errand, kek, &ret_wrapped->hint, &ret_wrapped->text, &script->err);
}

static void
must_wrap(struct kmip_cluster *script, struct kms *kms, const struct secret *kek, struct wrapped *ret_wrapped)
{
    cr_assert_eq(wrap(script, kms, kek, ret_wrapped), SEALIFT_OK, "%s", script->err.message);
}

static enum sealift_status
unwrap(struct kmip_cluster *script, struct kms *kms, struct wrapped *wrapped, struct secret **ret_kek)
{
    const char *text;

    cr_assert_eq(buf_text(&wrapped->text, &text, &script->err), SEALIFT_OK);
    return kms_unwrap(kms, &errand, &wrapped->hint, text, ret_kek, &script->err);
}

static void
expect_comes_back(struct kmip_cluster *script, struct kms *kms, struct wrapped *wrapped, const struct secret *kek)
{
    SCOPED(secret_free) struct secret *again = NULL;

    cr_assert_eq(unwrap(script, kms, wrapped, &again), SEALIFT_OK, "%s", script->err.message);
    cr_assert(secret_equal(kek, again));
}

/* --- Which calls, and how many --- */

Test(kmip, wraps_with_one_encrypt_and_unwraps_with_one_decrypt)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;

    kms = open_kms(&script, NULL, &gcm);
    kek = kmip_script_kek(&script);
    cr_assert_eq(scripted_kmip_connections(script.servers[0]), 0, "it connects before it is needed");
    must_wrap(&script, kms, kek, &wrapped);
    expect_comes_back(&script, kms, &wrapped, kek);
    kmip_script_expect(&script, 1, 1);
    cr_assert_eq(scripted_kmip_requests(script.servers[0]), 2, "something else was asked for, too");
    cr_assert_str_eq(wrapped.hint.type, "kmip");
    cr_assert_str_eq(wrapped.hint.key_identifier, "1");
    cr_assert_str_empty(wrapped.hint.mount);
    cr_assert_str_empty(wrapped.hint.name_space);
}

Test(kmip, seals_an_envelope_with_one_encrypt_and_its_proof)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct envelope envelope;

    kms = open_kms(&script, NULL, &gcm);
    fs_key = kmip_script_kek(&script);
    cr_assert_eq(keyring_seal(kms, &errand, fs_key, NULL, &envelope, &script.err), SEALIFT_OK, "%s",
                 script.err.message);
    kmip_script_expect(&script, 1, 1);
    cr_assert_eq(keyring_open(kms, &errand, &envelope, &again, NULL, &script.err), SEALIFT_OK, "%s",
                 script.err.message);
    cr_assert(secret_equal(fs_key, again));
    kmip_script_expect(&script, 1, 2);
    cr_assert_eq(scripted_kmip_requests(script.servers[0]), 3);
}

/* --- The mode --- */

Test(kmip, finds_out_a_mode_once_where_none_is_remembered)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;

    kms = open_kms(&script, NULL, &unknown);
    kek = kmip_script_kek(&script);
    must_wrap(&script, kms, kek, &wrapped);
    kmip_script_expect(&script, 2, 4);
    must_wrap(&script, kms, kek, &wrapped);
    kmip_script_expect(&script, 3, 4);
    expect_comes_back(&script, kms, &wrapped, kek);
    cr_assert_str_empty(script.scripted.log);
}

Test(kmip, finds_another_mode_when_the_remembered_one_is_refused)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_config learned = {0};

    kms = open_kms(&script, &(struct scripted_kmip_model){.without_gcm = true}, &gcm);
    kek = kmip_script_kek(&script);
    must_wrap(&script, kms, kek, &wrapped);
    kmip_script_expect(&script, 1 + 3 + 1, 2); /* refused; GCM twice and CBC tried; wrapped */
    must_wrap(&script, kms, kek, &wrapped);
    kmip_script_expect(&script, 6, 2);
    expect_comes_back(&script, kms, &wrapped, kek);
    cr_assert_not_null(strstr(script.scripted.log, "AES-CBC with an IV of the server's is used; set the KMS again"),
                       "%s", script.scripted.log);
    kms_learned(kms, &learned);
    cr_assert(kmip_mode_equal(&learned.kmip.mode, &cbc));
}

Test(kmip, does_not_wrap_where_no_mode_works)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;

    kms = open_kms(&script, &(struct scripted_kmip_model){.without_gcm = true, .without_cbc = true}, &unknown);
    kek = kmip_script_kek(&script);
    cr_assert_eq(wrap(&script, kms, kek, &wrapped), SEALIFT_KEY);
    kmip_script_expect_said(&script.err, "no mode in which a key comes back whole");
    cr_assert_eq(wrapped.text.len, 0);
}

/* --- The hint --- */

static const struct scripted_kmip_model two_keys = {.keys = {{.uid = "1"}, {.uid = "2", .material = {2}}}};

/* Wrapped by "2"; "1" is what is configured now. */
static struct kms *
begin_with_another_key(struct kmip_cluster *script, struct wrapped *ret_wrapped, struct secret **ret_kek)
{
    struct kms *kms;

    kmip_script_begin(script, &two_keys);
    script->config.kmip.mode = gcm;
    strcpy(script->config.key, "2");
    kms = kmip_script_open(script);
    *ret_kek = kmip_script_kek(script);
    must_wrap(script, kms, *ret_kek, ret_wrapped);
    kms_free(&kms);
    strcpy(script->config.key, "1");
    return kmip_script_open(script);
}

Test(kmip, unwraps_with_the_key_that_the_hint_names)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = begin_with_another_key(&script, &wrapped, &kek);

    expect_comes_back(&script, kms, &wrapped, kek);
    kmip_script_expect(&script, 1, 2);
}

/* A key that is registered anew has another identifier; the envelope still names the old one. */
Test(kmip, unwraps_with_the_configured_key_first)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = begin_with_another_key(&script, &wrapped, &kek);
    static const struct scripted_kmip_model moved = {.keys = {{.uid = "1", .material = {2}}}};

    scripted_kmip_change(script.servers[0], &moved);
    expect_comes_back(&script, kms, &wrapped, kek);
    kmip_script_expect(&script, 1, 1);
}

Test(kmip, names_both_keys_when_neither_opens_it)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(kms_free) struct kms *kms = begin_with_another_key(&script, &wrapped, &kek);

    scripted_kmip_change(script.servers[0], &(struct scripted_kmip_model){.keys = {{.uid = "1"}}});
    cr_assert_eq(unwrap(&script, kms, &wrapped, &again), SEALIFT_KEY);
    kmip_script_expect_said(&script.err, "decrypt with key 1: it does not open");
    kmip_script_expect_said(&script.err, "nor with the key that it names: KMIP ");
    kmip_script_expect_said(&script.err, "decrypt with key 2: there is no such key");
    cr_assert_null(again);
}

/* Whoever may write to the bucket chooses it. */
Test(kmip, asks_for_no_key_that_could_not_have_been_configured)
{
    static const char *const names[] = {"", "1", "2\n", "k\xc3\xa9y", "\x1b[31m"};
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = begin_with_another_key(&script, &wrapped, &kek);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        SCOPED(secret_free) struct secret *again = NULL;

        strcpy(wrapped.hint.key_identifier, names[i]);
        cr_assert_eq(unwrap(&script, kms, &wrapped, &again), SEALIFT_KEY, "%s", script.err.message);
        cr_assert_null(strstr(script.err.message, "nor with"), "%s", script.err.message);
        kmip_script_expect(&script, 1, 2 * (i + 1));
    }
}

/* A KMIP server has neither. */
Test(kmip, does_not_look_at_a_namespace_or_a_mount)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = begin_with_another_key(&script, &wrapped, &kek);

    strcpy(wrapped.hint.name_space, "team/b");
    strcpy(wrapped.hint.mount, "../transit");
    wrapped.hint.key_version = -7;
    expect_comes_back(&script, kms, &wrapped, kek);
}

Test(kmip, asks_nobody_for_what_no_server_can_have_made)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_hint hint = {.type = "kmip", .key_identifier = "1", .details = "{}"};

    kms = open_kms(&script, NULL, &unknown);
    cr_assert_eq(kms_unwrap(kms, &errand, &hint, "kmip:v1:AAAA", &kek, &script.err), SEALIFT_KEY);
    strcpy(hint.type, "vault");
    cr_assert_eq(kms_unwrap(kms, &errand, &hint, "vault:v1:AAAA", &kek, &script.err), SEALIFT_DENIED);
    cr_assert_eq(scripted_kmip_connections(script.servers[0]), 0);
}

/* --- What CBC cannot notice, and what does --- */

/* The first digit of the IV in the details is another. */
static void
flip_iv(struct envelope *envelope)
{
    char *iv = strstr(envelope->kms.details, "\"iv\":\"");

    cr_assert_not_null(iv, "%s", envelope->kms.details);
    iv += strlen("\"iv\":\"");
    *iv = *iv == '0' ? '1' : '0';
}

static void
seal(struct kmip_cluster *script, struct kms *kms, const struct secret *fs_key, struct envelope *ret_envelope)
{
    cr_assert_eq(keyring_seal(kms, &errand, fs_key, NULL, ret_envelope, &script->err), SEALIFT_OK, "%s",
                 script->err.message);
}

Test(kmip, an_altered_iv_passes_the_server_in_cbc_and_not_the_envelope)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *right = NULL;
    SCOPED(secret_free) struct secret *wrong = NULL;
    SCOPED(secret_free) struct secret *opened = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct envelope envelope;

    kms = open_kms(&script, NULL, &cbc);
    fs_key = kmip_script_kek(&script);
    seal(&script, kms, fs_key, &envelope);
    cr_assert_eq(kms_unwrap(kms, &errand, &envelope.kms, envelope.wrapped_kek, &right, &script.err), SEALIFT_OK);

    flip_iv(&envelope);
    cr_assert_eq(kms_unwrap(kms, &errand, &envelope.kms, envelope.wrapped_kek, &wrong, &script.err), SEALIFT_OK,
                 "the server noticed, so there is nothing to show: %s", script.err.message);
    cr_assert_neq(right->bytes[0], wrong->bytes[0]);
    cr_assert_arr_eq(right->bytes + 1, wrong->bytes + 1, KEY_SIZE - 1, "more than the flipped byte is another");

    cr_assert_eq(keyring_open(kms, &errand, &envelope, &opened, NULL, &script.err), SEALIFT_CORRUPT);
    cr_assert_null(opened, "an FS key came of it");
}

/* The ciphertext, too: its first block is garbled then, and the same bit of its second flipped. */
Test(kmip, an_altered_ciphertext_passes_the_server_in_cbc_and_not_the_envelope)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *wrong = NULL;
    SCOPED(secret_free) struct secret *opened = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct envelope envelope;
    char *data;

    kms = open_kms(&script, NULL, &cbc);
    fs_key = kmip_script_kek(&script);
    seal(&script, kms, fs_key, &envelope);
    data = envelope.wrapped_kek + strlen("kmip:v1:");
    *data = *data == 'A' ? 'B' : 'A';
    cr_assert_eq(kms_unwrap(kms, &errand, &envelope.kms, envelope.wrapped_kek, &wrong, &script.err), SEALIFT_OK,
                 "the server noticed, so there is nothing to show: %s", script.err.message);
    cr_assert_eq(keyring_open(kms, &errand, &envelope, &opened, NULL, &script.err), SEALIFT_CORRUPT);
    cr_assert_null(opened, "an FS key came of it");
}

Test(kmip, an_altered_iv_does_not_pass_the_server_in_gcm)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *opened = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct envelope envelope;

    kms = open_kms(&script, NULL, &gcm);
    fs_key = kmip_script_kek(&script);
    seal(&script, kms, fs_key, &envelope);
    flip_iv(&envelope);
    cr_assert_eq(keyring_open(kms, &errand, &envelope, &opened, NULL, &script.err), SEALIFT_KEY);
    cr_assert_null(opened);
}

/* --- The rest --- */

Test(kmip, goes_on_with_the_next_server_between_two_calls)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;

    kmip_script_begin(&script, NULL);
    kmip_cluster_add(&script, NULL);
    script.config.kmip.mode = gcm;
    kms = kmip_script_open(&script);
    kek = kmip_script_kek(&script);
    must_wrap(&script, kms, kek, &wrapped);
    kmip_cluster_kill(&script, 0);
    expect_comes_back(&script, kms, &wrapped, kek);
    cr_assert_eq(scripted_kmip_count(script.servers[1], KMIP_DECRYPT), 1);
}

Test(kmip, learns_the_version_and_the_mode_unless_the_version_is_pinned)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(wrapped_done) struct wrapped wrapped = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_config open_one = {0}, pinned = {.kmip = {.version = KMIP_1_2, .version_is_pinned = true}};

    kmip_script_begin(&script, &(struct scripted_kmip_model){.versions = {0x0102, 0x0201}});
    script.config.kmip.version = KMIP_VERSION_UNKNOWN;
    kms = kmip_script_open(&script);
    kek = kmip_script_kek(&script);
    must_wrap(&script, kms, kek, &wrapped);
    kms_learned(kms, &open_one);
    kms_learned(kms, &pinned);
    cr_assert_eq(open_one.kmip.version, KMIP_2_1);
    cr_assert(kmip_mode_equal(&open_one.kmip.mode, &gcm));
    cr_assert_eq(pinned.kmip.version, KMIP_1_2);
}

Test(kmip, does_not_open_with_a_configuration_that_lacks_something)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(kms_free) struct kms *kms = NULL;

    kmip_script_begin(&script, NULL);
    script.config.kmip.client_cert[0] = '\0';
    cr_assert_eq(kms_open(script.world, &script.config, "/nowhere", &kms, &script.err), SEALIFT_INVALID);
    cr_assert_null(kms);
}

/* An upload calls the KMS at its beginning and at its end. */
Test(kmip, closes_a_connection_that_long_work_does_not_use)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(kms_free) struct kms *kms = open_kms(&script, NULL, &gcm);
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(wrapped_done) struct wrapped wrapped = {0};

    kek = kmip_script_kek(&script);
    must_wrap(&script, kms, kek, &wrapped);
    kms_keep_alive(kms);
    cr_assert_eq(scripted_kmip_open_connections(script.servers[0]), 1);
    script.scripted.clock.sleep_ns(&script.scripted.clock, 30 * NS_PER_S, &script.scripted.cancel);
    kms_keep_alive(kms);
    cr_assert(scripted_kmip_all_closed(script.servers[0]));
    expect_comes_back(&script, kms, &wrapped, kek);
}
