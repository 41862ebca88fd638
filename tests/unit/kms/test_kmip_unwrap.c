#include "kmip_unwrap.h"

#include "kmip_script.h"
#include "scoped.h"

static const struct kmip_mode gcm = {KMIP_AES_GCM, false};
static const struct kmip_mode cbc = {KMIP_AES_CBC, false};

/* A fresh KEK, wrapped by that key. */
static void
wrap(struct kmip_cluster *script, const char *uid, const struct kmip_mode *mode, struct secret **ret_kek,
     struct kmip_sealed *ret_sealed)
{
    struct kmip_key key = kmip_script_key(script);
    bool try_another;

    key.uid = uid;
    *ret_kek = kmip_script_kek(script);
    cr_assert_eq(kmip_wrap(&key, mode, *ret_kek, ret_sealed, NULL, &try_another, &script->err), SEALIFT_OK, "%s",
                 script->err.message);
}

/* With "1", and `other_uid`. */
static enum sealift_status
unwrap(struct kmip_cluster *script, const char *other_uid, const struct kmip_sealed *sealed)
{
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_key key = kmip_script_key(script);
    const char *uid;
    enum sealift_status status = kmip_unwrap(&key, other_uid, sealed, &kek, &uid, &script->err);

    cr_assert_eq(status == SEALIFT_OK, kek != NULL);
    return status;
}

static void
expect_comes_back(struct kmip_cluster *script, const char *other_uid, const struct kmip_sealed *sealed,
                  const struct secret *kek)
{
    SCOPED(secret_free) struct secret *again = NULL;
    struct kmip_key key = kmip_script_key(script);
    const char *uid;

    cr_assert_eq(kmip_unwrap(&key, other_uid, sealed, &again, &uid, &script->err), SEALIFT_OK, "%s",
                 script->err.message);
    cr_assert(secret_equal(kek, again));
}

/* --- A key that moved, a version that was pinned --- */

static const struct scripted_kmip_model field = {.keys = {{.uid = "1"}, {.uid = "2", .material = {2}}},
                                                 .tag = SCRIPTED_TAG_FIELD};
static const struct scripted_kmip_model appended = {.keys = {{.uid = "1"}, {.uid = "2", .material = {2}}},
                                                    .tag = SCRIPTED_TAG_APPENDED};

static void
expect_moves(const struct scripted_kmip_model *from, const struct scripted_kmip_model *to, const char *wrapped_by,
             size_t decrypts)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, from);
    wrap(&script, wrapped_by, &gcm, &kek, &sealed);
    scripted_kmip_change(script.servers[0], to);
    expect_comes_back(&script, wrapped_by[0] == '1' ? NULL : wrapped_by, &sealed, kek);
    kmip_script_expect(&script, 1, decrypts);
}

Test(kmip_unwrap, needs_one_decrypt_where_all_is_as_it_was)
{
    expect_moves(&field, &field, "1", 1);
    expect_moves(&appended, &appended, "1", 1);
}

Test(kmip_unwrap, tries_the_other_key_before_the_other_place)
{
    expect_moves(&field, &field, "2", 2);
    expect_moves(&appended, &appended, "2", 2);
}

Test(kmip_unwrap, finds_the_tag_a_place_when_the_key_moved_to_another_vendors_server)
{
    expect_moves(&field, &appended, "1", 2);
    expect_moves(&appended, &field, "1", 2);
    expect_moves(&field, &appended, "2", 4);
    expect_moves(&appended, &field, "2", 4);
}

/* The tag goes to the end of Data, as that version has it. */
Test(kmip_unwrap, obeys_a_pin_below_the_version_that_wrapped)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, NULL);
    wrap(&script, "1", &gcm, &kek, &sealed);
    cr_assert(sealed.has_tag);
    kmip_client_free(&script.client);

    script.config.kmip.version = KMIP_1_2;
    script.config.kmip.version_is_pinned = true;
    expect_comes_back(&script, NULL, &sealed, kek);
    cr_assert_eq(scripted_kmip_count(script.servers[0], KMIP_DECRYPT), 2);
    cr_assert_eq(scripted_kmip_last(script.servers[0], KMIP_DECRYPT).seen.version, 0x0102);
}

/* It is not our version that such a server finds wrong, but what is in the request. */
Test(kmip_unwrap, obeys_a_pin_where_the_server_does_not_know_the_field)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, &(struct scripted_kmip_model){.refuses_later_fields = true});
    wrap(&script, "1", &gcm, &kek, &sealed);
    kmip_client_free(&script.client);

    script.config.kmip.version = KMIP_1_3;
    script.config.kmip.version_is_pinned = true;
    expect_comes_back(&script, NULL, &sealed, kek);
    cr_assert_not_null(strstr(scripted_kmip_complaint(script.servers[0]), "4200ff"), "it did not mind the field");
    kmip_cluster_kill(&script, 0); /* for it has a complaint */
}

/* PyKMIP up to 1.3 neither knows the field nor reads a tag at the end of Data. */
Test(kmip_unwrap, says_in_which_version_it_was_wrapped_where_the_pinned_one_will_not_do)
{
    static const struct scripted_kmip_model like_pykmip = {.tag = SCRIPTED_TAG_FIELD, .refuses_later_fields = true};
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, &like_pykmip);
    wrap(&script, "1", &gcm, &kek, &sealed);
    kmip_client_free(&script.client);

    script.config.kmip.version = KMIP_1_2;
    script.config.kmip.version_is_pinned = true;
    cr_assert_eq(unwrap(&script, NULL, &sealed), SEALIFT_INVALID, "%s", script.err.message);
    kmip_script_expect_said(&script.err, "which is pinned: pin another");
    kmip_script_expect_said(&script.err, "it was wrapped in KMIP 1.4, with a tag for which versions before 1.4");
    kmip_cluster_kill(&script, 0); /* for it has a complaint */
}

/* --- What does not open --- */

Test(kmip_unwrap, asks_once_where_there_is_no_tag)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, NULL);
    wrap(&script, "1", &cbc, &kek, &sealed);
    sealed.data[sealed.data_len - 1] ^= 1; /* the padding, too */
    cr_assert_eq(unwrap(&script, NULL, &sealed), SEALIFT_KEY);
    kmip_script_expect(&script, 1, 1);
}

Test(kmip_unwrap, names_each_key_with_what_was_said_to_it)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, &field);
    wrap(&script, "1", &gcm, &kek, &sealed);
    sealed.iv[0] ^= 1;
    cr_assert_eq(unwrap(&script, "3", &sealed), SEALIFT_KEY);
    kmip_script_expect_said(&script.err, "decrypt with key 1: it does not open");
    kmip_script_expect_said(&script.err, "nor with the key that it names: KMIP ");
    kmip_script_expect_said(&script.err, "decrypt with key 3: there is no such key");
}

/* Not allowed to use the key that wrapped it: that is what can be cured. */
Test(kmip_unwrap, says_denied_when_the_other_key_is)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, &field);
    wrap(&script, "2", &gcm, &kek, &sealed);
    kmip_cluster_fault(&script, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_FAIL,
                                                .operation = KMIP_DECRYPT,
                                                .skip = 1,
                                                .times = 1,
                                                .reason = KMIP_REASON_NOT_AUTHORISED});
    kmip_cluster_fault(&script, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_FAIL,
                                                .operation = KMIP_DECRYPT,
                                                .skip = 3,
                                                .times = 1,
                                                .reason = KMIP_REASON_NOT_AUTHORISED});
    cr_assert_eq(unwrap(&script, "2", &sealed), SEALIFT_DENIED, "%s", script.err.message);
    cr_assert_eq(scripted_kmip_faults(script.servers[0]), 2);
}

Test(kmip_unwrap, asks_no_other_key_for_what_no_key_cures)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(secret_free) struct secret *again = NULL;
    struct kmip_sealed sealed;
    struct kmip_key key;
    const char *uid;

    kmip_script_begin(&script, &field);
    wrap(&script, "2", &gcm, &kek, &sealed);
    kmip_cluster_fault(&script, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_CUT_AT, .operation = KMIP_DECRYPT, .at = 20});
    key = kmip_script_key(&script);
    key.once = true;
    cr_assert_eq(kmip_unwrap(&key, "2", &sealed, &again, &uid, &script.err), SEALIFT_UNAVAILABLE);
    kmip_script_expect(&script, 1, 1);
}

Test(kmip_unwrap, moves_no_tag_for_a_key_that_is_not_there)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster script = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kmip_sealed sealed;

    kmip_script_begin(&script, &(struct scripted_kmip_model){.keys = {{.uid = "2"}}});
    wrap(&script, "2", &gcm, &kek, &sealed);
    cr_assert_eq(unwrap(&script, NULL, &sealed), SEALIFT_NOT_FOUND);
    kmip_script_expect(&script, 1, 1);
}
