/* Which KMS is asked to open an envelope, and which are known. */
#include "toy_routes.h"

static const struct kms_ops other_ops = {.type = "other", .unwrap = toy_unwrap, .free = toy_free};

/* --- Who is asked --- */

Test(kms_routes, ask_who_wraps_there_then_who_has_the_namespace_then_the_clusters)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_KEY), former = toy_of("former", "old", "k", SEALIFT_KEY),
               neighbour = toy_of("neighbour", "a", "k2", SEALIFT_KEY), exact = toy_of("exact", "a", "k1", SEALIFT_KEY);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_FORMER, &former);
    adopt(routes, KMS_ROLE_OWN, &neighbour);
    adopt(routes, KMS_ROLE_OWN, &exact);
    expect(routes, place("a", "k1"), SEALIFT_KEY, "exact neighbour cluster former");
    cr_assert_not_null(strstr(err.message, "exact will not"), "the most fitting one's failure: %s", err.message);
}

Test(kms_routes, stop_at_the_first_that_opens)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK), own = toy_of("own", "a", "k1", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    struct kms_errand errand = {0};

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_OWN, &own);
    expect(routes, place("a", "k1"), SEALIFT_OK, "own");
    expect(routes, place("", "k"), SEALIFT_OK, "cluster");
    cr_assert_eq(open_at(routes, place("a", "renamed"), &errand), SEALIFT_OK);
    cr_assert_str_eq(errand.by.key_identifier, "k1", "who opened it is proven, not claimed");
}

Test(kms_routes, never_ask_a_tenant_about_another_namespace)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_DENIED), tenant_a = toy_of("A", "a", "k1", SEALIFT_OK),
               tenant_b = toy_of("B", "b", "k1", SEALIFT_KEY);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_OWN, &tenant_a);
    adopt(routes, KMS_ROLE_OWN, &tenant_b);
    expect(routes, place("b", "k1"), SEALIFT_KEY, "B cluster");
    expect(routes, place("c", "k1"), SEALIFT_DENIED, "cluster");
    cr_assert_eq(tenant_a.asked, 0);
}

Test(kms_routes, never_ask_a_kms_of_another_type)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    cluster.kms.ops = &other_ops;
    strcpy(cluster.kms.place.type, "other");
    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    expect(routes, place("", "k"), SEALIFT_DENIED, "");
}

Test(kms_routes, without_credentials_name_the_key_that_is_needed)
{
    struct toy tenant = toy_of("A", "a", "k1", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_OWN, &tenant);
    expect(routes, place("b", "k7"), SEALIFT_DENIED, "");
    cr_assert_not_null(strstr(err.message, "transit/k7 in namespace b"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "sealift kms set"), "%s", err.message);
    cr_assert_null(strstr(err.message, "fs update"), "who recovers has no filesystem yet: %s", err.message);
    expect(routes, place("", "k7"), SEALIFT_DENIED, "");
    cr_assert_not_null(strstr(err.message, "in no namespace"), "%s", err.message);
}

Test(kms_routes, speak_of_no_namespace_where_there_are_none)
{
    struct toy tenant = toy_of("A", "a", "k1", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    struct kms_hint without_mount = place("", "k7");

    adopt(routes, KMS_ROLE_OWN, &tenant);
    without_mount.mount[0] = '\0';
    expect(routes, without_mount, SEALIFT_DENIED, "");
    cr_assert_not_null(strstr(err.message, "key k7, for which"), "%s", err.message);
}

Test(kms_routes, end_the_search_at_a_kms_that_is_away)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK), own = toy_of("own", "a", "k1", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    char fs_text[UUID_TEXT_SIZE];

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_OWN, &own);
    expect(routes, place("a", "k1"), SEALIFT_UNAVAILABLE, "own");
    uuid_format(&fs, fs_text);
    cr_assert_not_null(strstr(err.message, fs_text), "which filesystem waits: %s", err.message);
    cr_assert_not_null(strstr(err.message, "transit/k1 (namespace a)"), "for what: %s", err.message);
}

/* While a move goes on: of two servers with a key of the same name, one does not speak for the other. */
Test(kms_routes, ask_another_kms_with_a_key_of_that_name_when_one_is_away)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_UNAVAILABLE);
    struct toy former = toy_of("former", "", "k", SEALIFT_OK), earlier = toy_of("earlier", "", "other", SEALIFT_KEY);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_FORMER, &earlier);
    adopt(routes, KMS_ROLE_FORMER, &former);
    expect(routes, place("", "k"), SEALIFT_OK, "cluster former");
    for (size_t i = 0; i < 4; i++)
        former.answer[i] = SEALIFT_KEY;
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "cluster former earlier");
    for (size_t i = 0; i < 4; i++)
        cluster.answer[i] = SEALIFT_KEY;
    expect(routes, place("", "k"), SEALIFT_KEY, "cluster former earlier");
    cr_assert_not_null(strstr(err.message, "cluster will not; nor through the KMS before: "), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "former will not"), "%s", err.message);
}

/* The one that is moved away from may be gone, with all it had at the new place. */
Test(kms_routes, go_on_after_a_former_kms_that_is_away)
{
    struct toy cluster = toy_of("cluster", "", "renamed", SEALIFT_OK);
    struct toy former = toy_of("former", "", "k", SEALIFT_UNAVAILABLE);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_FORMER, &former);
    expect(routes, place("", "k"), SEALIFT_OK, "former cluster");
    for (size_t i = 0; i < 4; i++)
        cluster.answer[i] = SEALIFT_KEY;
    expect(routes, place("", "k"), SEALIFT_UNAVAILABLE, "former cluster");
    cr_assert_not_null(strstr(err.message, "former will not"), "%s", err.message);
}

Test(kms_routes, go_on_after_a_refusal)
{
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK), own = toy_of("own", "a", "k1", SEALIFT_DENIED);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_OWN, &own);
    expect(routes, place("a", "k1"), SEALIFT_OK, "own cluster");
}

Test(kms_routes, ask_eight_at_most)
{
    struct toy toys[12];
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();

    for (size_t i = 0; i < 12; i++) {
        toys[i] = toy_of("n", "a", "other", SEALIFT_KEY);
        if (i == 11)
            toys[i] = toy_of("exact", "a", "k1", SEALIFT_KEY);
        adopt(routes, KMS_ROLE_OWN, &toys[i]);
    }
    expect(routes, place("a", "k1"), SEALIFT_KEY, "exact n n n n n n n");
}

/* --- What is told --- */

struct ear {
    struct kms_audit audit;
    char heard[256];
};

static enum sealift_status
hear(struct kms_audit *audit, const struct kms_event *event, struct sealift_error *error)
{
    (void)error;
    struct ear *ear = (struct ear *)audit;
    size_t at = strlen(ear->heard);

    snprintf(ear->heard + at, sizeof(ear->heard) - at, "%s %s/%s %s\n", event->operation, event->errand->by.name_space,
             event->errand->by.key_identifier, sealift_status_name(event->status));
    return SEALIFT_OK;
}

Test(kms_routes, tell_of_each_call_once_it_has_ended)
{
    struct ear ear = {.audit.note = hear};
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK), own = toy_of("own", "a", "k1", SEALIFT_DENIED);
    SCOPED(routes_done)
    struct kms_routes *routes =
        no_routes(&(struct kms_routes_options){.home = "/nonexistent", .audit = &ear.audit, .wait_seconds = 60});

    cluster.answer[0] = SEALIFT_UNAVAILABLE;
    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    adopt(routes, KMS_ROLE_OWN, &own);
    expect(routes, place("a", "k1"), SEALIFT_OK, "own cluster cluster");
    cr_assert_str_eq(ear.heard, "unwrap a/k1 denied\nunwrap /k ok\n");
}

static enum sealift_status
not_ready(struct kms_audit *audit, struct sealift_error *error)
{
    (void)audit;
    return error_set(error, SEALIFT_IO, "the log is full");
}

Test(kms_routes, ask_nobody_when_nobody_could_be_told)
{
    struct ear ear = {.audit = {.ready = not_ready, .note = hear}};
    struct toy cluster = toy_of("cluster", "", "k", SEALIFT_OK);
    SCOPED(routes_done)
    struct kms_routes *routes =
        no_routes(&(struct kms_routes_options){.home = "/nonexistent", .audit = &ear.audit, .wait_seconds = 60});

    adopt(routes, KMS_ROLE_CLUSTER, &cluster);
    expect(routes, place("", "k"), SEALIFT_IO, "");
    cr_assert_not_null(strstr(err.message, "the log is full"), "%s", err.message);
    cr_assert_str_eq(ear.heard, "");
}

/* --- Which there are --- */

static struct kms_config
vault_at(const char *name_space, const char *key)
{
    struct kms_config config = {
        .type = KMS_VAULT,
        .address = "http://127.0.0.1:1",
        .vault = {.transit_path = "transit", .auth = KMS_AUTH_APPROLE, .auth_path = "approle", .role_id = "r"},
        .credential = {CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_SECRET_ID"},
    };

    snprintf(config.vault.name_space, sizeof(config.vault.name_space), "%s", name_space);
    snprintf(config.key, sizeof(config.key), "%s", key);
    return config;
}

static struct kms *
get(struct kms_routes *routes, const struct kms_config *config)
{
    struct kms *kms = NULL;

    cr_assert_eq(kms_routes_get(routes, config, &kms, &err), SEALIFT_OK, "%s", err.message);
    return kms;
}

static void
add(struct kms_routes *routes, enum kms_role role, const struct kms_config *config)
{
    cr_assert_eq(kms_routes_add(routes, role, config, &err), SEALIFT_OK, "%s", err.message);
}

Test(kms_routes, of_the_same_configuration_are_one)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config cluster = vault_at("", "k"), own = vault_at("a", "k");
    struct kms *kms;

    add(routes, KMS_ROLE_CLUSTER, &cluster);
    add(routes, KMS_ROLE_OWN, &own);
    add(routes, KMS_ROLE_OWN, &own);
    add(routes, KMS_ROLE_OWN, &cluster);
    cr_assert_eq(get(routes, &own), get(routes, &own));
    cr_assert_neq(get(routes, &own), get(routes, &cluster));
    cr_assert_eq(kms_routes_first(routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
    cr_assert_eq(kms, get(routes, &cluster), "the role that came first stays");
    cr_assert_eq(kms_routes_first(routes, KMS_ROLE_OWN, &kms, &err), SEALIFT_OK);
    cr_assert_eq(kms, get(routes, &own));
}

Test(kms_routes, differ_by_the_login_alone)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config one = vault_at("a", "k");
    struct kms_config other = one;

    strcpy(other.vault.role_id, "r2");
    add(routes, KMS_ROLE_OWN, &one);
    add(routes, KMS_ROLE_OWN, &other);
    cr_assert_neq(get(routes, &one), get(routes, &other));
}

Test(kms_routes, are_not_made_by_asking)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config config = vault_at("a", "k");
    struct kms *kms;

    cr_assert_eq(kms_routes_get(routes, &config, &kms, &err), SEALIFT_NOT_FOUND);
    cr_assert_eq(kms_routes_first(routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_NOT_FOUND);
}

Test(kms_routes, refuse_a_configuration_that_cannot_be)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config config = vault_at("a", "../sys");

    cr_assert_eq(kms_routes_add(routes, KMS_ROLE_OWN, &config, &err), SEALIFT_INVALID);
}

Test(kms_routes, know_the_places_where_they_wrap)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config config = vault_at("a", "k");
    struct kms_hint hint;

    add(routes, KMS_ROLE_OWN, &config);
    kms_config_place(&config, &hint);
    cr_assert(kms_routes_knows(routes, &hint));
    hint.key_version = 7;
    cr_assert(kms_routes_knows(routes, &hint), "a version is no place");
    strcpy(hint.name_space, "b");
    cr_assert_not(kms_routes_knows(routes, &hint));
}

/* A table with thousands of filesystems is opened for one of them. */
Test(kms_routes, by_the_thousand_are_found)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    char name[32];

    for (int i = 0; i < 3000; i++) {
        struct kms_config config;

        snprintf(name, sizeof(name), "tenant-%d", i);
        config = vault_at(name, "k");
        add(routes, KMS_ROLE_OWN, &config);
    }
    for (int i = 0; i < 3000; i += 1000) {
        struct kms_config config;

        snprintf(name, sizeof(name), "tenant-%d", i);
        config = vault_at(name, "k");
        cr_assert_str_eq(get(routes, &config)->place.name_space, name);
    }
}

/* --- Through one of them first --- */

static enum sealift_status
open_first(struct kms_routes *routes, struct toy *first, struct kms_hint hint, bool *ret_by_first)
{
    const struct envelope envelope = envelope_at(hint);
    SCOPED(secret_free) struct secret *opened = NULL;
    struct kms_errand errand = {0};

    asked[0] = '\0';
    return kms_routes_open_first(routes, &first->kms, &errand, &envelope, &opened, NULL, ret_by_first, &err);
}

Test(kms_routes, ask_the_first_one_before_all_others_and_only_once)
{
    struct toy target = toy_of("target", "", "k", SEALIFT_KEY), former = toy_of("former", "", "k", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    bool by_first;

    adopt(routes, KMS_ROLE_CLUSTER, &target);
    adopt(routes, KMS_ROLE_FORMER, &former);
    cr_assert_eq(open_first(routes, &target, place("", "k"), &by_first), SEALIFT_OK);
    cr_assert_str_eq(asked, "target former");
    cr_assert_not(by_first);
    former.asked = 0;
    former.answer[0] = SEALIFT_KEY;
    cr_assert_eq(open_first(routes, &target, place("", "k"), &by_first), SEALIFT_KEY);
    cr_assert_str_eq(asked, "target former");
    cr_assert_not_null(strstr(err.message, "target will not; nor through the KMS before: "), "%s", err.message);
    target.asked = 0;
    target.answer[0] = SEALIFT_OK;
    cr_assert_eq(open_first(routes, &target, place("elsewhere", "x"), &by_first), SEALIFT_OK);
    cr_assert_str_eq(asked, "target");
    cr_assert(by_first);
}

Test(kms_routes, ask_nobody_else_when_the_first_one_is_away)
{
    struct toy target = toy_of("target", "", "k", SEALIFT_UNAVAILABLE), former = toy_of("former", "", "k", SEALIFT_OK);
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    bool by_first;

    adopt(routes, KMS_ROLE_CLUSTER, &target);
    adopt(routes, KMS_ROLE_FORMER, &former);
    cr_assert_eq(open_first(routes, &target, place("", "k"), &by_first), SEALIFT_UNAVAILABLE);
    cr_assert_str_eq(asked, "target");
    cr_assert_not(by_first);
}

/* --- Whose they are --- */

/* Vaults that are asked nothing: each writes down that it would have been, and opens nothing. */
static struct kms_ops mute_ops;
static struct kms *first_asked;

static enum sealift_status
note_and_refuse(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
                struct secret **ret_kek, struct sealift_error *error)
{
    size_t at = strlen(asked), len = strlen(kms->place.key_identifier);

    (void)errand;
    (void)hint;
    (void)wrapped_kek;
    (void)ret_kek;
    if (at == 0)
        first_asked = kms;
    cr_assert_lt(at + 1 + len, sizeof(asked));
    if (at > 0)
        asked[at++] = ' ';
    memcpy(asked + at, kms->place.key_identifier, len + 1);
    return error_set(error, SEALIFT_KEY, "%s will not", kms->place.key_identifier);
}

static void
mute(struct kms *kms)
{
    mute_ops = *kms->ops;
    mute_ops.unwrap = note_and_refuse;
    kms->ops = &mute_ops;
}

static void
add_cluster(struct kms_routes *routes)
{
    const struct kms_config config = vault_at("", "cluster");

    add(routes, KMS_ROLE_CLUSTER, &config);
    mute(get(routes, &config));
}

static struct kms *
add_own(struct kms_routes *routes, const struct uuid *owner, const struct kms_config *config)
{
    cr_assert_eq(kms_routes_add_own(routes, owner, config, &err), SEALIFT_OK, "%s", err.message);
    mute(get(routes, config));
    return get(routes, config);
}

static void
expect_asked(struct kms_routes *routes, const char *name_space, const char *key, const char *whom)
{
    struct kms_hint hint = place(name_space, key);
    struct kms_errand errand = {0};

    strcpy(hint.type, "vault");
    asked[0] = '\0';
    cr_assert_neq(open_at(routes, hint, &errand), SEALIFT_OK);
    cr_assert_str_eq(asked, whom);
}

/* Who writes the bucket says what he likes of where a key is; that keeps nobody from opening it. */
Test(kms_routes, ask_the_clusters_and_the_filesystems_own_whatever_the_hint_says)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config own = vault_at("a", "own"), neighbour = vault_at("a", "neighbour"),
                            stranger = vault_at("b", "stranger");
    const struct uuid others = {{4, 5, 6}};

    add_cluster(routes);
    add_own(routes, &others, &neighbour);
    add_own(routes, &others, &stranger);
    add_own(routes, &fs, &own);
    expect_asked(routes, "a", "own", "own neighbour cluster");
    expect_asked(routes, "a", "forged", "own neighbour cluster");
    expect_asked(routes, "forged", "own", "cluster own");
    expect_asked(routes, "", "cluster", "cluster own");
    expect_asked(routes, "b", "stranger", "stranger cluster own");
}

Test(kms_routes, ask_with_the_filesystems_own_login_before_anothers)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct uuid others = {{4, 5, 6}};
    struct kms_config config = vault_at("a", "shared");
    struct kms *own;

    strcpy(config.vault.role_id, "of another");
    add_own(routes, &others, &config);
    strcpy(config.vault.role_id, "its own");
    own = add_own(routes, &fs, &config);
    expect_asked(routes, "a", "shared", "shared shared");
    cr_assert_eq(first_asked, own);
}

Test(kms_routes, are_not_so_many_that_its_own_is_left_out)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config own = vault_at("a", "own");
    const struct uuid others = {{4, 5, 6}};

    add_cluster(routes);
    for (int i = 0; i < 20; i++) {
        struct kms_config config = vault_at("b", "x");

        snprintf(config.vault.role_id, sizeof(config.vault.role_id), "role-%d", i);
        add_own(routes, &others, &config);
    }
    add_own(routes, &fs, &own);
    expect_asked(routes, "b", "x", "x x x x x x x x cluster own");
}

/* As when the filesystem is listed once more, and when it gets the key that another one has. */
Test(kms_routes, may_be_of_several_filesystems)
{
    SCOPED(routes_done) struct kms_routes *routes = empty_routes();
    const struct kms_config own = vault_at("a", "own");
    const struct uuid others = {{4, 5, 6}};

    add_own(routes, &others, &own);
    expect_asked(routes, "forged", "own", "");
    add_own(routes, &fs, &own);
    add_own(routes, &fs, &own);
    expect_asked(routes, "forged", "own", "own");
}
