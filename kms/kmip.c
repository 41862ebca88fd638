#include "kmip.h"

#include "error.h"
#include "kmip_check.h"
#include "kmip_mode.h"
#include "kmip_probe.h"
#include "kmip_unwrap.h"
#include "kmip_wrap.h"
#include "scoped.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kmip {
    struct kms kms;
    const struct world *world;
    struct kms_config config;
    struct kmip_client *client;

    pthread_mutex_t lock;  /* guards what follows; held while modes are probed, so that it happens once */
    struct kmip_mode mode; /* in which is wrapped */
};

static struct kmip *
kmip_of(struct kms *kms)
{
    return (struct kmip *)kms; /* its first member */
}

static struct kmip_key
configured_key(const struct kmip *kmip, struct kms_errand *errand)
{
    return (struct kmip_key){
        .world = kmip->world,
        .client = kmip->client,
        .uid = kmip->config.key,
        .once = errand->once,
        .until_ns = errand->until_ns,
        .errand = errand,
    };
}

/* --- Wrapping --- */

static enum sealift_status
probe_locked(struct kmip *kmip, struct kms_errand *errand, struct sealift_error *err)
{
    struct kmip_key key = configured_key(kmip, errand);
    struct kmip_probe probe;

    key.errand = NULL; /* what is tried there is no call of its */
    TRY(kmip_probe(&key, &kmip->mode, &probe, err));
    if (kmip_mode_is_known(&kmip->mode) && !kmip_mode_equal(&kmip->mode, &probe.mode))
        world_log(kmip->world, LOG_WARNING,
                  "KMIP key %s: the servers no longer encrypt in the mode that is configured, and %s is used; set the "
                  "KMS again (\"sealift kms set kmip\") and it is remembered",
                  kmip->config.key, kmip_mode_words(&probe.mode));
    kmip->mode = probe.mode;
    return SEALIFT_OK;
}

/* `refused`: the mode that a server would not have; NULL: any that is known will do. When another thread has found
 * another one meanwhile, that one counts. */
static enum sealift_status
choose_mode(struct kmip *kmip, struct kms_errand *errand, const struct kmip_mode *refused, struct kmip_mode *ret_mode,
            struct sealift_error *err)
{
    enum sealift_status status = SEALIFT_OK;

    pthread_mutex_lock(&kmip->lock);
    if (!kmip_mode_is_known(&kmip->mode) || (refused != NULL && kmip_mode_equal(&kmip->mode, refused)))
        status = probe_locked(kmip, errand, err);
    *ret_mode = kmip->mode;
    pthread_mutex_unlock(&kmip->lock);
    return status;
}

static enum sealift_status
wrap_in_some_mode(struct kmip *kmip, struct kms_errand *errand, const struct secret *kek,
                  struct kmip_sealed *ret_sealed, struct sealift_error *err)
{
    struct kmip_key key = configured_key(kmip, errand);
    struct kmip_mode mode, refused;
    bool try_another;
    enum sealift_status status;

    TRY(choose_mode(kmip, errand, NULL, &mode, err));
    status = kmip_wrap(&key, &mode, kek, ret_sealed, NULL, &try_another, err);
    if (status == SEALIFT_OK || !try_another)
        return status;
    refused = mode;
    TRY(choose_mode(kmip, errand, &refused, &mode, err));
    return kmip_wrap(&key, &mode, kek, ret_sealed, NULL, &try_another, err);
}

static enum sealift_status
wrap(struct kms *kms, struct kms_errand *errand, const struct secret *kek, struct kms_hint *ret_hint, struct buf *out,
     struct sealift_error *err)
{
    struct kmip *kmip = kmip_of(kms);
    struct kms_hint hint = {.type = "kmip"};
    struct kmip_sealed sealed;

    TRY(wrap_in_some_mode(kmip, errand, kek, &sealed, err));
    TRY(kmip_sealed_format(&sealed, &hint, out, err));
    memcpy(hint.key_identifier, kmip->config.key, sizeof(hint.key_identifier));
    *ret_hint = hint;
    return SEALIFT_OK;
}

/* --- Unwrapping --- */

/* The hint comes from the bucket, so whoever may write there chooses it: only a name that `kms set` would have taken is
 * asked for. A KMIP server has neither namespaces nor mounts, so what a hint says of them counts for nothing. */
static bool
names_another_key(const struct kmip *kmip, const struct kms_hint *hint)
{
    struct kms_config hinted = kmip->config;
    struct sealift_error ignored;

    memcpy(hinted.key, hint->key_identifier, sizeof(hinted.key));
    return strcmp(hinted.key, kmip->config.key) != 0 && kms_config_check(&hinted, &ignored) == SEALIFT_OK;
}

static enum sealift_status
unwrap(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
       struct secret **ret_kek, struct sealift_error *err)
{
    struct kmip *kmip = kmip_of(kms);
    struct kmip_key key = configured_key(kmip, errand);
    struct kmip_sealed sealed;
    const char *opened_by;

    TRY(kmip_sealed_parse(hint, wrapped_kek, &sealed, err));
    TRY(kmip_unwrap(&key, names_another_key(kmip, hint) ? hint->key_identifier : NULL, &sealed, ret_kek, &opened_by,
                    err));
    snprintf(errand->by.key_identifier, sizeof(errand->by.key_identifier), "%s", opened_by);
    return SEALIFT_OK;
}

/* --- The rest --- */

static enum sealift_status
check_all(struct kms *kms, struct kms_errand *errand, kms_each_finding *each, void *context, struct sealift_error *err)
{
    struct kmip *kmip = kmip_of(kms);
    struct kmip_check check = {
        .world = kmip->world,
        .config = &kmip->config,
        .client = kmip->client,
        .errand = errand,
        .each = each,
        .context = context,
    };
    enum sealift_status status = kmip_check(&check, err);

    if (kmip_mode_is_known(&check.mode)) {
        pthread_mutex_lock(&kmip->lock);
        kmip->mode = check.mode;
        pthread_mutex_unlock(&kmip->lock);
    }
    return status;
}

/* Nothing to renew: a server is only spared a connection that nobody uses for hours. */
static void
keep_alive(struct kms *kms)
{
    kmip_client_close_idle(kmip_of(kms)->client);
}

static void
learned(struct kms *kms, struct kms_config *config)
{
    struct kmip *kmip = kmip_of(kms);
    enum kmip_version version = kmip_client_version(kmip->client);

    if (!config->kmip.version_is_pinned && version != KMIP_VERSION_UNKNOWN)
        config->kmip.version = version;
    pthread_mutex_lock(&kmip->lock);
    config->kmip.mode = kmip->mode;
    pthread_mutex_unlock(&kmip->lock);
}

static void
kmip_free(struct kmip **kmip)
{
    if (*kmip == NULL)
        return;
    kmip_client_free(&(*kmip)->client);
    pthread_mutex_destroy(&(*kmip)->lock);
    free(*kmip);
    *kmip = NULL;
}

static void
free_kms(struct kms *kms)
{
    struct kmip *kmip = kmip_of(kms);

    kmip_free(&kmip);
}

static const struct kms_ops kmip_ops = {
    .type = "kmip",
    .wrap = wrap,
    .unwrap = unwrap,
    .check = check_all,
    .keep_alive = keep_alive,
    .learned = learned,
    .free = free_kms,
};

enum sealift_status
kmip_open(const struct world *world, const struct kms_config *config, const struct kmip_client_options *options,
          struct kms **ret_kms, struct sealift_error *err)
{
    SCOPED(kmip_free) struct kmip *kmip = calloc(1, sizeof(*kmip));

    if (kmip == NULL)
        return error_no_memory(err);
    kmip->kms.ops = &kmip_ops;
    kmip->kms.world = world;
    kmip->world = world;
    kmip->config = *config;
    kmip->mode = config->kmip.mode;
    pthread_mutex_init(&kmip->lock, NULL);
    TRY(kms_config_check(&kmip->config, err));
    TRY(kmip_client_new(world, &kmip->config, options, &kmip->client, err));
    *ret_kms = &TAKE(kmip)->kms;
    return SEALIFT_OK;
}
