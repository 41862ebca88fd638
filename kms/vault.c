#include "vault.h"

#include "error.h"
#include "scoped.h"
#include "vault_check.h"
#include "vault_key.h"
#include "vault_transit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct vault {
    struct kms kms;
    const struct world *world;
    struct kms_config config;
    struct vault_client *client;
    struct vault_login *login;

    pthread_mutex_t lock; /* guards key_is_good */
    bool key_is_good;     /* it was read, and may be used */
};

static struct vault *
vault_of(struct kms *kms)
{
    return (struct vault *)kms; /* its first member */
}

static struct vault_pace
pace_of(const struct kms_errand *errand)
{
    return (struct vault_pace){errand->once, errand->until_ns};
}

static struct vault_place
place_of(const struct kms_config *config, struct kms_errand *errand)
{
    return (struct vault_place){config->address, config->vault.name_space, config->vault.transit_path, config->key,
                                errand,          pace_of(errand)};
}

/* The configured key at the version that stands in the ciphertext: by that the server chose what it opened with. */
static struct kms_hint
hint_of(const struct kms_config *config, const char *wrapped)
{
    struct kms_hint hint;

    kms_config_place(config, &hint);
    hint.key_version = vault_transit_version(wrapped);
    return hint;
}

/* --- Wrapping --- */

static enum sealift_status
read_key_locked(struct vault *vault, const struct vault_place *place, struct sealift_error *err)
{
    struct vault_key key;
    const char *warning;

    if (vault->key_is_good)
        return SEALIFT_OK;
    TRY(vault_key_read(vault->login, place, &key, err));
    TRY(vault_key_check(&key, place, err));
    for (size_t i = 0; (warning = vault_key_warning(&key, i)) != NULL; i++)
        world_log(vault->world, LOG_WARNING, "Vault key %s/%s: %s", place->mount, place->name, warning);
    vault->key_is_good = true;
    return SEALIFT_OK;
}

static enum sealift_status
ensure_key(struct vault *vault, const struct vault_place *place, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&vault->lock);
    status = read_key_locked(vault, place, err);
    pthread_mutex_unlock(&vault->lock);
    return status;
}

/* What the server wrapped, with the version that its text names. */
static enum sealift_status
hand_over(const struct vault *vault, struct buf *wrapped, struct kms_hint *ret_hint, struct buf *out,
          struct sealift_error *err)
{
    const char *text;

    TRY(buf_text(wrapped, &text, err));
    TRY(buf_append_text(out, text, err));
    *ret_hint = hint_of(&vault->config, text);
    return SEALIFT_OK;
}

static enum sealift_status
vault_wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint,
           struct buf *out, struct sealift_error *err)
{
    struct vault *vault = vault_of(kms);
    struct vault_place place = place_of(&vault->config, errand);
    SCOPED(buf_done) struct buf wrapped = {0};

    TRY(ensure_key(vault, &place, err));
    TRY(vault_transit_wrap(vault->login, &place, kek, &wrapped, err));
    return hand_over(vault, &wrapped, ret_hint, out, err);
}

static enum sealift_status
vault_rewrap(struct kms *kms, struct kms_errand *errand, const char *wrapped_kek, struct kms_hint *ret_hint,
             struct buf *out, struct sealift_error *err)
{
    struct vault *vault = vault_of(kms);
    struct vault_place place = place_of(&vault->config, errand);
    SCOPED(buf_done) struct buf wrapped = {0};

    TRY(ensure_key(vault, &place, err));
    TRY(vault_transit_rewrap(vault->login, &place, wrapped_kek, &wrapped, err));
    return hand_over(vault, &wrapped, ret_hint, out, err);
}

static enum sealift_status
key_state(struct kms *kms, struct kms_errand *errand, struct kms_key_state *ret_state, struct sealift_error *err)
{
    struct vault *vault = vault_of(kms);
    struct vault_place place = place_of(&vault->config, errand);
    struct vault_key key;

    TRY(vault_key_read(vault->login, &place, &key, err));
    *ret_state = (struct kms_key_state){key.latest_version, key.min_decryption_version};
    return SEALIFT_OK;
}

/* --- Unwrapping --- */

static bool
names_another_key(const struct vault *vault, const struct kms_hint *hint)
{
    return strcmp(hint->mount, vault->config.vault.transit_path) != 0 ||
           strcmp(hint->key_identifier, vault->config.key) != 0;
}

/* The hint comes from the bucket, so whoever may write there chooses it. It must look like a mount and a key, and be a
 * transit key, before anything is sent to it: else a POST to .../decrypt/... might be a write to some other engine. */
static enum sealift_status
unwrap_as_hinted(struct vault *vault, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped,
                 struct secret **ret_kek, struct sealift_error *err)
{
    struct kms_config hinted = vault->config;
    struct vault_place place;
    struct vault_key key;

    memcpy(hinted.vault.transit_path, hint->mount, sizeof(hinted.vault.transit_path));
    memcpy(hinted.key, hint->key_identifier, sizeof(hinted.key));
    if (kms_config_check(&hinted, err) != SEALIFT_OK)
        return error_set(err, SEALIFT_KEY, "\"%s/%s\" names no key of Vault", hint->mount, hint->key_identifier);
    place = place_of(&hinted, errand);
    errand->by = hint_of(&hinted, wrapped);
    TRY(vault_key_read(vault->login, &place, &key, err));
    return vault_transit_unwrap(vault->login, &place, wrapped, ret_kek, err);
}

/* Own keys are where a namespace is named; by which command depends on what is done, and the options are the same. */
static enum sealift_status
ask_for_namespace(const struct kms_hint *hint, const struct sealift_error *first, struct sealift_error *err)
{
    const bool named = hint->name_space[0] != '\0';

    return error_set(
        err, SEALIFT_DENIED,
        "%s; what is to be unwrapped names the key %s/%s in %s%s, for which there are no credentials here: "
        "configure it with \"sealift kms set vault\"%s%s%s",
        first->message, hint->mount, hint->key_identifier, named ? "namespace " : "the root namespace",
        hint->name_space, named ? " and --namespace " : ", without --namespace", hint->name_space,
        named ? ", or as a filesystem's own key (--kms-namespace, --kms-key-identifier)" : "");
}

static enum sealift_status
vault_unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
             struct secret **ret_kek, struct sealift_error *err)
{
    struct vault *vault = vault_of(kms);
    struct vault_place place = place_of(&vault->config, errand);
    struct sealift_error first, second;
    enum sealift_status status;

    if (vault_transit_version(wrapped_kek) == 0)
        return error_set(err, SEALIFT_KEY, "the wrapped key is damaged: it is no \"vault:v1:...\" of Vault");
    TRY(vault_login_ensure(vault->login, pace_of(errand), err));
    errand->by = hint_of(&vault->config, wrapped_kek);

    /* The configured key first: the hint may be out of date, for mounts are moved and keys restored under other names.
     * But when the server is away, or we are told to stop, another key would do no better. */
    status = vault_transit_unwrap(vault->login, &place, wrapped_kek, ret_kek, err);
    if (status == SEALIFT_OK || error_ends_trying(status))
        return status;
    first = *err;
    if (strcmp(hint->name_space, vault->config.vault.name_space) != 0)
        return ask_for_namespace(hint, &first, err);
    if (!names_another_key(vault, hint))
        return status;

    status = unwrap_as_hinted(vault, errand, hint, wrapped_kek, ret_kek, err);
    if (status == SEALIFT_OK || error_ends_trying(status))
        return status;
    second = *err;
    return error_set(err, status == SEALIFT_DENIED ? status : first.status, "%s; nor with the key that it names: %s",
                     first.message, second.message);
}

/* --- The rest --- */

static enum sealift_status
check_all(struct kms *kms, struct kms_errand *errand, kms_each_finding *each, void *context, struct sealift_error *err)
{
    struct vault *vault = vault_of(kms);
    struct vault_check check = {vault->world, &vault->config, vault->client, vault->login, errand, each, context};

    return vault_check(&check, err);
}

static void
keep_alive(struct kms *kms)
{
    vault_login_keep_alive(vault_of(kms)->login);
}

static void
vault_free(struct vault **vault)
{
    if (*vault == NULL)
        return;
    vault_login_free(&(*vault)->login);
    vault_client_free(&(*vault)->client);
    pthread_mutex_destroy(&(*vault)->lock);
    free(*vault);
    *vault = NULL;
}

static void
free_kms(struct kms *kms)
{
    struct vault *vault = vault_of(kms);

    vault_free(&vault);
}

static const struct kms_ops vault_ops = {
    .type = "vault",
    .wrap = vault_wrap,
    .unwrap = vault_unwrap,
    .rewrap = vault_rewrap,
    .key_state = key_state,
    .check = check_all,
    .keep_alive = keep_alive,
    .free = free_kms,
};

enum sealift_status
vault_open(const struct world *world, const struct kms_config *config, struct kms **ret_kms, struct sealift_error *err)
{
    SCOPED(vault_free) struct vault *vault = calloc(1, sizeof(*vault));

    if (vault == NULL)
        return error_no_memory(err);
    vault->kms.ops = &vault_ops;
    vault->kms.world = world;
    vault->world = world;
    vault->config = *config;
    pthread_mutex_init(&vault->lock, NULL);
    TRY(kms_config_check(&vault->config, err));
    TRY(vault_client_new(world, &vault->config, &vault->client, err));
    TRY(vault_login_new(world, &vault->config, vault->client, &vault->login, err));
    *ret_kms = &TAKE(vault)->kms;
    return SEALIFT_OK;
}
